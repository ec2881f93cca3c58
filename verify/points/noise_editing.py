"""C3: going up the noise and down again edits, purifies and finds what is no datum."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.data.two_moons import TwoMoonsConfig, two_moons
from pushforward.models.kinds.points import PointSet
from pushforward.models.operators.outliers import auc
from pushforward.models.tensors import make_generator
from pushforward.verify.bench import Bench, Learnt, Trial
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.operator_requests import done, run_operator
from pushforward.verify.sample_tests import find_neighbours

__all__ = ["anomalies", "edits", "purification"]

_SEEDS = [0, 1, 2]
_DISTURBANCE, _ODD, _ANY = 3501, 3502, 3503
_KEPT = 0.95
"""Of how far the difference of the centres moves a point: an edit keeps something of what it edits,
which a training point of the class does not."""
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


def _rows(bench: Bench, steps: int, seed: int) -> tuple[Learnt, Batch, Tensor]:
    """Return a trained model, fresh points, and the centres of the classes."""
    learnt = bench.train(_trial(steps), seed)
    real, _ = learnt.pair(_N, 70 + seed)
    rows = real.rows(slice(None))
    centres = torch.stack([rows.x[rows.given[LABEL] == c].mean(dim=0) for c in range(5)])
    return learnt, rows, centres


def _train(learnt: Learnt) -> Batch:
    """Return the rows that a model learned from."""
    assert learnt.learned is not None
    return learnt.learned.rows(slice(None))


def _look_up(train: Batch, x: Tensor, wanted: Tensor, nearest: bool, seed: int) -> Tensor:
    """Return for each of x (n, 2) a training point of the wanted class (n,), the nearest or any."""
    found = torch.zeros_like(x)
    for label in range(5):
        points, rows = train.x[train.given[LABEL] == label], wanted == label
        if nearest:
            found[rows] = points[find_neighbours(x[rows], points, 1)[1][:, 0]]
        else:
            some = torch.randint(
                len(points), (int(rows.sum()),), generator=make_generator(seed, _ANY)
            )
            found[rows] = points[some]
    return found


def _class(x: Tensor, centres: Tensor) -> Tensor:
    return torch.cdist(x, centres).argmin(dim=1)


def _outcome(found: list[dict[str, float]], passed: bool, floor: str, seeds: list[int]) -> Outcome:
    mean = {name: sum(f[name] for f in found) / len(found) for name in found[0]}
    told = ", ".join(f"{name} {value:.3f}" for name, value in mean.items())
    return Outcome(told, mean, passed, floor, seeds)


# Of training points, the points to edit, the wanted classes, centres and a seed: edited points.
Edit = Callable[[Batch, Batch, Tensor, Tensor, int], Tensor]


def _edited(
    bench: Bench, steps: int = 2000, noise: float = 2.0, null: Edit | None = None
) -> Outcome:
    """Edit points towards the next class; by a ``null`` model, which learned nothing."""
    seeds, found = bench.seeds(_SEEDS), []
    for seed in seeds:
        learnt, rows, centres = _rows(bench, steps, seed)
        wanted = (rows.given[LABEL] + 1) % 5
        bare = Batch(rows.x, given={LABEL: wanted})
        fresh, shift = centres[wanted], centres[wanted] - centres[rows.given[LABEL]]
        if null is None:
            edited = run_operator("sdedit", learnt.learner, {"rows": bare}, noise=noise, seed=seed)
        else:
            edited = null(_train(learnt), rows, wanted, shift, seed)
        found.append(
            {
                "of the class": float((_class(edited, centres) == wanted).float().mean()),
                "distance to its centre": float((edited - fresh).norm(dim=1).mean()),
                "moved": float((edited - rows.x).norm(dim=1).mean()),
                "moved, of the shift": float(
                    (edited - rows.x).norm(dim=1).mean() / shift.norm(dim=1).mean()
                ),
            }
        )
    share, away, _, kept = (sum(f[k] for f in found) / len(found) for k in found[0])
    floor = "points of the class lie 0.63 from its centre on average (std .5 in the plane)"
    near = share >= 0.95 and 0.5 <= away <= 0.8
    return _outcome(found, near and kept <= _KEPT, floor, seeds)


@experiment(
    "C3-edit",
    title="SDEdit changes the class",
    claim="Points with noise of two standard deviations, taken down as the next class, are of it, "
    "spread about its centre nearly as its points do, and keep something of what they were: they "
    "move less far than any training point of the class would be.",
    pass_line=">= .95 nearest to the centre of the class that was asked for, mean distance from it "
    f"in [.5, .8] (its own points: .63), moved by <= {_KEPT:g} of the difference of the centres",
    group="C",
    source="Meng et al. 2022, arXiv:2108.01073, algorithm 1",
    slow=True,
    nulls=[
        Null("as good as no noise", lambda bench: _edited(bench, noise=0.01)),
        Null(
            "any training point of the class",
            lambda bench: _edited(
                bench, 1, null=lambda t, rows, wanted, _, s: _look_up(t, rows.x, wanted, False, s)
            ),
        ),
        Null(
            "the nearest training point of the class",
            lambda bench: _edited(
                bench, 1, null=lambda t, rows, wanted, _, s: _look_up(t, rows.x, wanted, True, s)
            ),
        ),
        Null(
            "each point, moved by the difference of the centres",
            lambda bench: _edited(bench, 1, null=lambda t, rows, wanted, shift, s: rows.x + shift),
        ),
        Null("one step of training", lambda bench: _edited(bench, steps=1)),
    ],
)
def edits(bench: Bench) -> Outcome:
    """Train and edit."""
    return _edited(bench)


def _moons(n: int, seed: int) -> PointSet:
    """Return n fresh points of thin moons; the seed is mixed so that training data never recur."""
    return two_moons(TwoMoonsConfig(noise=_THIN), n, 5_000_011 + seed)


def _purified(
    bench: Bench, steps: int = 2000, noise: float = 0.33, *, look_up: bool = False
) -> Outcome:
    """Push points of two moons 0.35 in any direction, purify them, and classify them by the nearest
    of 4000 other points; with ``look_up`` the nearest training points are the pure ones.
    """
    seeds, found = bench.seeds(_SEEDS), []
    training = {"samples": 20_000, "batch": 256}
    trial = Trial("edm", "two-moons", steps, data={"noise": _THIN}, training=training)
    for seed in seeds:
        learnt = bench.train(trial, seed)
        others, points = _moons(4 * _N, 2 * seed), _moons(_N, 2 * seed + 1)
        assert others.labels is not None
        assert points.labels is not None
        way = torch.randn(_N, 2, generator=make_generator(seed, _DISTURBANCE))
        pushed = points.x + 0.35 * functional.normalize(way, dim=1)
        handed = {"rows": Batch(pushed)}
        if look_up:
            train = _train(learnt).x
            pure = train[find_neighbours(pushed, train, 1)[1][:, 0]]
        else:
            pure = run_operator("purify", learnt.learner, handed, noise=noise, votes=8, seed=seed)
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
    "to the other moon than they would be taken for anyway. The nearest training point does "
    "better: what is shown is that a diffusion model without the training points purifies.",
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
    baselines=[Null("the nearest training point", lambda bench: _purified(bench, 1, look_up=True))],
)
def purification(bench: Bench) -> Outcome:
    """Train and purify."""
    return _purified(bench)


def _scored(bench: Bench, steps: int = 2000, *, look_up: bool = False) -> Outcome:
    """Score fresh points, and points of a wide Gaussian that are not near any class; with
    ``look_up`` by the distance to the nearest training point.
    """
    seeds, found = bench.seeds(_SEEDS), []
    for seed in seeds:
        learnt, rows, centres = _rows(bench, steps, seed)
        wide = 3.0 * torch.randn(4 * _N, 2, generator=make_generator(seed, _ODD))
        odd = wide[torch.cdist(wide, centres).min(dim=1).values > 1.5][:_N]
        label = torch.full((len(odd),), -1)
        if look_up:
            train = _train(learnt).x
            scores = [find_neighbours(x, train, 1)[0][:, 0] for x in (odd, rows.x)]
        else:
            scores = [
                done("anomaly", learnt.learner, {"rows": Batch(x, given=given)}, seed=seed).arrays[
                    "score"
                ]
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
    "than points of the data. In the plane the distance to the nearest training point finds them "
    "better: what is shown is that the reconstruction error of a diffusion model is a score.",
    pass_line="AUROC >= .9 of the score, mean of three seeds",
    group="C",
    source="Graham et al. 2023, arXiv:2211.07740, section 3",
    slow=True,
    nulls=[Null("one step of training", lambda bench: _scored(bench, steps=1))],
    baselines=[
        Null(
            "distance to the nearest training point",
            lambda bench: _scored(bench, 1, look_up=True),
        )
    ],
)
def anomalies(bench: Bench) -> Outcome:
    """Train and score."""
    return _scored(bench)
