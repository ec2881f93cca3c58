"""C3: going up the noise and down again edits, purifies and finds what is no datum."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from models.contracts.batch import Batch
from models.contracts.spec import LABEL
from models.data.two_moons import TwoMoonsConfig, two_moons
from models.experiments.asked import done, made
from models.experiments.base import Null, Outcome, experiment
from models.experiments.bench import Bench, Trial
from models.kinds.points import PointSet
from models.operators.outliers import auc
from models.tensors import make_generator

__all__ = ["anomalies", "edits", "purification"]

_SEEDS = [0, 1, 2]
_DISTURBANCE, _ODD = 3501, 3502
_N = 1000
_THIN = 0.03  # deviation of the moons


def _trial(steps: int) -> Trial:
    return Trial(
        "edm",
        "ring-of-five",
        steps,
        config={"conditional": True, "label_dropout": 0.15},
        training={"samples": 20_000, "batch": 256},
    )


def _rows(bench: Bench, steps: int, seed: int) -> tuple[Any, Batch, Tensor]:
    """Return a trained model, fresh points, and the centres of the classes."""
    learnt = bench.train(_trial(steps), seed)
    real, _ = learnt.pair(_N, 70 + seed)
    rows = real.rows(slice(None))
    centres = torch.stack([rows.x[rows.given[LABEL] == c].mean(dim=0) for c in range(5)])
    return learnt.learner, rows, centres


def _class(x: Tensor, centres: Tensor) -> Tensor:
    return torch.cdist(x, centres).argmin(dim=1)


def _outcome(found: list[dict[str, float]], passed: bool, floor: str, seeds: list[int]) -> Outcome:
    mean = {name: sum(f[name] for f in found) / len(found) for name in found[0]}
    told = ", ".join(f"{name} {value:.3f}" for name, value in mean.items())
    return Outcome(told, mean, passed, floor, seeds)


def _edited(bench: Bench, steps: int = 2000, noise: float = 2.0) -> Outcome:
    """Edit points towards the next class."""
    seeds, found = bench.seeds(_SEEDS), []
    for seed in seeds:
        model, rows, centres = _rows(bench, steps, seed)
        wanted = (rows.given[LABEL] + 1) % 5
        bare = Batch(rows.x, given={LABEL: wanted})
        edited = made("sdedit", model, {"rows": bare}, noise=noise, seed=seed)
        fresh = centres[wanted]
        found.append(
            {
                "of the class": float((_class(edited, centres) == wanted).float().mean()),
                "distance to its centre": float((edited - fresh).norm(dim=1).mean()),
                "moved": float((edited - rows.x).norm(dim=1).mean()),
            }
        )
    share, away = (sum(f[k] for f in found) / len(found) for k in list(found[0])[:2])
    floor = "points of the class lie 0.63 from its centre on average (std .5 in the plane)"
    return _outcome(found, share >= 0.95 and 0.5 <= away <= 0.8, floor, seeds)


@experiment(
    "C3-edit",
    title="SDEdit changes the class",
    claim="Points with noise of two standard deviations, taken down as the next class, are of it, "
    "and spread about its centre nearly as its points do.",
    pass_line=">= .95 nearest to the centre of the class that was asked for, mean distance from it "
    "in [.5, .8] (its own points: .63)",
    group="C",
    source="Meng et al. 2022, arXiv:2108.01073, algorithm 1",
    slow=True,
    nulls=[
        Null("as good as no noise", lambda bench: _edited(bench, noise=0.01)),
        Null("one step of training", lambda bench: _edited(bench, steps=1)),
    ],
)
def edits(bench: Bench) -> Outcome:
    """Train and edit."""
    return _edited(bench)


def _moons(n: int, seed: int) -> PointSet:
    """Return n fresh points of thin moons; the seed is mixed so that training data never recur."""
    return two_moons(TwoMoonsConfig(noise=_THIN), n, 5_000_011 + seed)


def _purified(bench: Bench, steps: int = 2000, noise: float = 0.33) -> Outcome:
    """Push points of two moons 0.35 in any direction, purify them, and ask of which moon the
    nearest of 4000 other points is.
    """
    seeds, found = bench.seeds(_SEEDS), []
    training = {"samples": 20_000, "batch": 256}
    trial = Trial("edm", "two-moons", steps, data={"noise": _THIN}, training=training)
    for seed in seeds:
        model = bench.train(trial, seed).learner
        others, points = _moons(4 * _N, 2 * seed), _moons(_N, 2 * seed + 1)
        assert others.labels is not None
        assert points.labels is not None
        way = torch.randn(_N, 2, generator=make_generator(seed, _DISTURBANCE))
        pushed = points.x + 0.35 * functional.normalize(way, dim=1)
        handed = {"rows": Batch(pushed)}
        pure = made("purify", model, handed, noise=noise, votes=8, seed=seed)
        each: dict[str, float] = {}
        for name, x in (("before", pushed), ("after", pure), ("never pushed", points.x)):
            near = torch.cdist(x, others.x).min(dim=1)
            each[f"distance {name}"] = float(near.values.mean())
            same = others.labels[near.indices] == points.labels
            each[f"right {name}"] = float(same.float().mean())
        found.append(each)
    mean = {k: sum(f[k] for f in found) / len(found) for k in found[0]}
    kept = mean["right after"] >= mean["right before"] - 0.03
    nearer = mean["distance after"] <= 0.6 * mean["distance before"]
    away, right = mean["distance never pushed"], mean["right never pushed"]
    floor = f"never pushed: distance {away:.3f}, {right:.3f} are right"
    return _outcome(found, kept and nearer, floor, seeds)


def _untold(rows: Batch) -> dict[str, Tensor]:
    return {LABEL: torch.full_like(rows.given[LABEL], -1)}


@experiment(
    "C3-purify",
    title="Purification undoes a disturbance",
    claim="Points of two moons that were pushed away come back to where data are, and hardly any "
    "to the other moon than they would be taken for anyway.",
    pass_line="mean distance to the nearest of 4000 other points falls to <= .6 of what it was, "
    "and the share whose nearest is of the right moon falls by at most .03",
    group="C",
    source="Nie et al. 2022, arXiv:2205.07460, section 3",
    slow=True,
    nulls=[
        Null("as good as no noise", lambda bench: _purified(bench, noise=0.01)),
        Null("noise that drowns all", lambda bench: _purified(bench, noise=10.0)),
        Null("one step of training", lambda bench: _purified(bench, steps=1)),
    ],
)
def purification(bench: Bench) -> Outcome:
    """Train and purify."""
    return _purified(bench)


def _scored(bench: Bench, steps: int = 2000) -> Outcome:
    """Score fresh points, and points of a wide Gaussian that are not near any class."""
    seeds, found = bench.seeds(_SEEDS), []
    for seed in seeds:
        model, rows, centres = _rows(bench, steps, seed)
        wide = 3.0 * torch.randn(4 * _N, 2, generator=make_generator(seed, _ODD))
        odd = wide[torch.cdist(wide, centres).min(dim=1).values > 1.5][:_N]
        label = torch.full((len(odd),), -1)
        scores = [
            done("anomaly", model, {"rows": Batch(x, given=given)}, seed=seed).arrays["score"]
            for x, given in ((odd, {LABEL: label}), (rows.x, _untold(rows)))
        ]
        found.append({"AUROC": float(auc(*scores)[0])})
    mean = sum(f["AUROC"] for f in found) / len(found)
    return _outcome(
        found, mean >= 0.9, "chance: .5; the exact density would order nearly all", seeds
    )


@experiment(
    "C3-anomaly",
    title="What is no datum is found",
    claim="Points that lie three standard deviations from every class are made out worse in noise "
    "than points of the data.",
    pass_line="AUROC >= .9 of the score, mean of three seeds",
    group="C",
    source="Graham et al. 2023, arXiv:2211.07740, section 3",
    slow=True,
    nulls=[Null("one step of training", lambda bench: _scored(bench, steps=1))],
)
def anomalies(bench: Bench) -> Outcome:
    """Train and score."""
    return _scored(bench)
