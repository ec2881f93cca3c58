"""Data, lessons and baselines of the claims about recommenders.

Baselines are tuned on validation data, so that a network has to beat them at their best. A model is
trained once for all claims of a process.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from torch import Tensor

from pushforward.models.data.streaming import streaming_users
from pushforward.models.ranking.evaluation import UserMetrics, score_lists
from pushforward.models.ranking.protocols import Protocol, ProtocolName, split_histories
from pushforward.verify.recommend.movielens import MISSING, find_movielens, read_movielens
from pushforward.verify.recommend.training import Lesson, evaluate, fit_recommender

__all__ = [
    "LESSONS",
    "METRIC",
    "MOVIELENS",
    "STREAMING",
    "available",
    "best_possible",
    "measure",
    "measure_tuned",
    "missing_note",
    "per_user",
    "split_of",
]

STREAMING, MOVIELENS = "streaming", "MovieLens 100K"
METRIC = "ndcg@10"
_USERS = 1300
_LEAST, _LONGEST = 4.0, 101  # the rating filter of the paper, and items of a history


def _network(lr: float, **more: Any) -> dict[str, Any]:
    optimizer = {"kind": "adamw", "lr": lr, "weight_decay": 1e-4, "schedule": "constant"}
    return {"optimizer": {**optimizer, "clip": 1.0}, "dropout": 0.3, **more}


LESSONS: Mapping[str, Lesson] = {
    "GRU4Rec": Lesson("gru4rec", _network(5e-3, ema=0.0)),
    "SASRec": Lesson("sasrec", _network(3e-3, ema=0.0)),
    "Caser": Lesson("caser", _network(3e-3, ema=0.0)),
    "BERT4Rec": Lesson("bert4rec", _network(3e-3), epochs=20, patience=8),
    "SVAE": Lesson("svae", _network(4e-3), epochs=16, patience=8),
    "Mult-VAE": Lesson("mult-vae", {}, epochs=40, patience=12, batch=64),
    "BPR-MF": Lesson("bpr", {}, epochs=20, patience=6),
    "FPMC": Lesson("fpmc", {}, epochs=20, patience=6),
    "ACVAE": Lesson("acvae", _network(4e-3), epochs=14, patience=8),
    # At low noise the answer shows through, and the history is not needed.
    "Embedding diffusion": Lesson(
        "embedding-diffusion",
        {**_network(3e-3), "dropout": 0.1, "density_mean": 2.5, "s_max": 80.0},
        epochs=40,
        patience=12,
    ),
    "ACVAE without contrast": Lesson("acvae", _network(4e-3, contrast=0.0), epochs=14, patience=8),
    "ACVAE without convolution": Lesson(
        "acvae", _network(4e-3, convolution=False), epochs=14, patience=8
    ),
    "Gaussian VAE": Lesson(
        "acvae", _network(4e-3, contrast=0.0, posterior="gaussian"), epochs=14, patience=8
    ),
    "Random": Lesson("random-items", {}),
    "POP": Lesson("pop", {}),
    "Recently popular": Lesson("recent-pop", {}),
    "Markov": Lesson("markov", {}),
    "Item-kNN": Lesson("item-knn", {}),
}
"""How each model is trained; settings of reference calibrations on MovieLens 100K."""

_GRIDS: Mapping[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "Windowed": (
        "windowed",
        tuple(
            {"lags": lags, "last": last, "decay": decay}
            for lags in (5, 20)
            for last in (10, 20)
            for decay in (0.1, 0.4)
        ),
    ),
    "EASE": (
        "ease",
        tuple({"penalty": p, "last": n} for p in (100.0, 300.0, 1000.0) for n in (5, 10, 20)),
    ),
}


@lru_cache(maxsize=8)
def split_of(data: str, protocol: ProtocolName = "ratio", users: int = _USERS) -> Protocol:
    """Return a data set, split.

    Raises:
        FileNotFoundError: MovieLens is not on this computer.
    """
    if data == STREAMING:
        return split_histories(streaming_users(users, 0), protocol)
    path = find_movielens()
    if path is None:
        raise FileNotFoundError(MISSING)
    return split_histories(read_movielens(path, _LEAST), protocol, longest=_LONGEST)


def available() -> list[str]:
    """Return the data sets that can be read here."""
    return [STREAMING, *([MOVIELENS] if find_movielens() else [])]


def missing_note() -> str:
    """Say which data set was skipped, and why; "" for none."""
    return "" if find_movielens() else f"; skipped: {MISSING}"


@lru_cache(maxsize=512)
def measure(
    model: str, data: str, protocol: ProtocolName = "ratio", seed: int = 0, users: int = _USERS
) -> UserMetrics:
    """Return the test metrics per user of a model of `LESSONS`, or of a tuned baseline."""
    split = split_of(data, protocol, users)
    if model in _GRIDS:
        return measure_tuned(model, data, protocol, users)
    return evaluate(fit_recommender(LESSONS[model], split, seed), split)


@lru_cache(maxsize=64)
def measure_tuned(model: str, data: str, protocol: ProtocolName, users: int) -> UserMetrics:
    """Return the test metrics of a baseline with the settings that are best on validation data."""
    family, grid = _GRIDS[model]
    split = split_of(data, protocol, users)
    tuning = replace(split, train=split.learning, test=split.validation)
    scores = [
        evaluate(fit_recommender(Lesson(family, config), tuning), tuning).mean(METRIC)
        for config in grid
    ]
    best = grid[scores.index(max(scores))]
    return evaluate(fit_recommender(Lesson(family, best), split), split)


def per_user(
    model: str, data: str, seeds: list[int], metric: str = METRIC, protocol: ProtocolName = "ratio"
) -> list[Tensor]:
    """Return a metric of each user, for each training seed."""
    return [measure(model, data, protocol, seed).values[metric] for seed in seeds]


def best_possible(data: str, protocol: ProtocolName = "ratio", users: int = _USERS) -> UserMetrics:
    """Return the test metrics of the known distribution of simulated data."""
    test = split_of(data, protocol, users).test
    held = test.held_out()
    return score_lists(test.best_scores(), held.histories, held.targets)
