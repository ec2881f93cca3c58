"""RV10 to RV12: exact properties of metrics and models."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.histories import PADDING
from pushforward.models.ranking.evaluation import rank_users
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.recommend.setups import STREAMING, split_of
from pushforward.verify.recommend.training import Lesson, fit_recommender

__all__ = ["metrics_are_exact", "no_look_ahead", "padding_is_inert"]

_EXACT = 1e-9
_CLOSE = 1e-4
_FEW = 200
_ORDERED = ("gru4rec", "sasrec", "caser", "fpmc", "bpr", "svae", "acvae", "embedding-diffusion")
"""Models with a state after each place of a history."""


def _by_hand(scores: list[float], history: set[int], targets: set[int], k: int) -> list[float]:
    """Return recall, NDCG and reciprocal rank of one user, item by item."""
    order = sorted(
        (i for i in range(len(scores)) if i + 1 not in history), key=lambda i: -scores[i]
    )
    ranks = [r for r, i in enumerate(order[:k], 1) if i + 1 in targets]
    ideal = sum(1 / math.log2(r + 1) for r in range(1, min(k, len(targets)) + 1))
    gain = sum(1 / math.log2(r + 1) for r in ranks)
    return [len(ranks) / len(targets), gain / ideal, 1 / ranks[0] if ranks else 0.0]


def _metrics(divisor: int | None) -> Outcome:
    """Compare metrics with a loop; NDCG over the ideal of ``divisor`` targets, None for those that
    a user has.
    """
    split = split_of(STREAMING)
    test = split.test.take(torch.arange(_FEW))
    held, model = test.held_out(), fit_recommender(Lesson("ease", {}), split)
    found = rank_users(model, held, (10,))  # type: ignore[arg-type]
    scores = model.recommend(held.histories).tolist()  # type: ignore[attr-defined]
    worst = 0.0
    for u in range(_FEW):
        history = {i for i in held.histories.x[u].tolist() if i}
        targets = set(held.targets.values[held.targets.rows == u].tolist())
        by_hand = _by_hand(scores[u], history, targets, 10)
        if divisor is not None:
            own = sum(1 / math.log2(r + 1) for r in range(1, min(10, len(targets)) + 1))
            fixed = sum(1 / math.log2(r + 1) for r in range(1, divisor + 1))
            by_hand[1] *= own / fixed
        names = ("recall@10", "ndcg@10", "mrr@10")
        mine = [float(found.values[name][u]) for name in names]
        worst = max(worst, *(abs(a - b) for a, b in zip(mine, by_hand, strict=True)))
    return Outcome(f"largest difference {worst:.1e}", {"difference": worst}, worst <= _EXACT,
                   f"a loop over {_FEW} users in Python", [0])  # fmt: skip


@experiment(
    "RV10",
    title="Metrics of lists",
    claim="Recall, NDCG and reciprocal rank of a user are those of a loop over the ranked items.",
    pass_line=f"within {_EXACT:g} for each user",
    group="R",
    source="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418",
    nulls=[Null("NDCG over the ideal of ten targets", lambda: _metrics(10))],
)
def metrics_are_exact() -> Outcome:
    """Measure EASE both ways."""
    return _metrics(None)


def _models(data: InteractionSet) -> list[tuple[str, Any]]:
    """Return models after a few steps, by slug."""
    found: list[tuple[str, Any]] = []
    for entry in registry.all("family"):
        if "recommend" not in entry.capabilities:
            continue
        lesson = Lesson(entry.slug, {}, epochs=1)
        split = split_of(STREAMING, users=200)
        found.append((entry.slug, fit_recommender(lesson, replace(split, learning=data))))
    return found


def _worst(change: str) -> Outcome:
    """Return by how much scores change with the places after a history."""
    data = split_of(STREAMING, users=200).learning.take(torch.arange(48))
    x = data.x[:, :12]
    worst: dict[str, float] = {}
    for slug, model in _models(data):
        recommend = model.recommend
        if change == "pads":
            other = torch.nn.functional.pad(x, (0, 7))
            worst[slug] = _gap(recommend(x), recommend(other))
        elif slug in _ORDERED:
            worst[slug] = _future(model, x, leaks=change == "leak")
    largest = max(worst.values())
    text = f"largest relative change {largest:.1e}, of {len(worst)} models"
    return Outcome(text, dict(worst), largest <= _CLOSE, "0 up to rounding", [0])


def _future(model: Any, x: Tensor, *, leaks: bool) -> float:
    """Return the change of the states up to place 6 if what follows is replaced; if it leaks, the
    states of all places are compared.
    """
    full = x[(x != PADDING).all(dim=1)]
    other = full.clone()
    other[:, 6:] = full[:, 6:].flip(1)
    until = 12 if leaks else 6
    states = _states_of(model)
    with torch.no_grad():
        return _gap(states(full)[:, :until], states(other)[:, :until])


def _states_of(model: Any) -> Callable[[Tensor], Tensor]:
    """Return the function from histories to the states after all places, with fixed noise."""
    if hasattr(model, "sample"):  # of a variational model
        return lambda rows: model.sample(model.states.items(rows), make_generator(3))[0]
    net = model._trained.net
    return getattr(net, "encoder", net).states  # type: ignore[no-any-return]


def _gap(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max() / a.abs().max().clamp_min(1e-12))


@experiment(
    "RV11",
    title="No look into the future",
    claim="The state after a place of a history, with fixed noise, does not depend on later items.",
    pass_line=f"relative change at most {_CLOSE:g} for each network that reads places in order",
    group="R",
    source="Xie et al. 2021, arXiv:2103.10693, section 3.2 (causal convolution)",
    nulls=[Null("states of the replaced places themselves", lambda: _worst("leak"))],
)
def no_look_ahead() -> Outcome:
    """Replace the later half of histories."""
    return _worst("future")


@experiment(
    "RV12",
    title="Padding does not matter",
    claim="More padding after a history changes no score.",
    pass_line=f"relative change at most {_CLOSE:g} for each model",
    group="R",
    source="by definition",
    no_null="a model that reads padding would be an error of this program, which tests would find",
)
def padding_is_inert() -> Outcome:
    """Ask all models about histories with and without seven more padded places."""
    return _worst("pads")
