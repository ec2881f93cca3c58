"""What the experiments on five Gaussians share: how a family is trained on the ring, and judged.

Importing this module registers nothing.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.kinds.points import PointSet
from pushforward.models.metrics.base import floor, fresh_pairs
from pushforward.models.metrics.points.modes import mode_masses
from pushforward.models.metrics.samples.sliced import SlicedConfig, SlicedW1, sliced_wasserstein
from pushforward.models.tensors import make_generator
from pushforward.verify.claim import Null, Outcome
from pushforward.verify.lookalike_distributions import best_gaussian
from pushforward.verify.null_models import (
    copy_rows,
    sample_annulus,
    sample_centres,
    sample_marginals,
    turn_ring,
)

__all__ = [
    "SEEDS",
    "Score",
    "Trained",
    "judge",
    "null_scores",
    "prior",
    "real_floor",
    "simple_nulls",
    "train",
]

SEEDS = [0, 1, 2]
_POINTS = 100_000
_BATCHES, _PRIOR = 3005, 3100
_UNSEEN = 900_000


@dataclass(frozen=True)
class Score:
    """Sliced W1 to unseen data, and the shares of the lightest and heaviest mode."""

    sw1: float
    lightest: float
    heaviest: float

    def __str__(self) -> str:
        return f"sw1 {self.sw1:.3f}, modes {self.lightest:.2f}-{self.heaviest:.2f}"


@dataclass(frozen=True)
class Trained:
    """A family after its training, and how many seconds of CPU that took."""

    family: Family[Any]
    spec: DataSpec
    seconds: float


def train(
    make: Callable[..., Family[Any]],
    config: Config,
    seed: int,
    *,
    steps: int,
    batch: int,
    spec: DataSpec | None = None,
    look: Callable[[int, Family[Any]], None] | None = None,
) -> Trained:
    """Train a family on 100,000 points of the ring, in the units of ``spec`` (by default its own).
    ``look`` is called with the number of steps done, after each.
    """
    points = ring_of_five(RingOfFiveConfig(), _POINTS, seed)
    spec = spec or points.spec()
    data = spec.standardise(points.x)
    family = make(config, spec, horizon=steps, seed=seed, device=torch.device("cpu"))
    order = make_generator(seed, _BATCHES)
    start = time.process_time()
    for step in range(1, steps + 1):
        family.step(data[torch.randint(_POINTS, (batch,), generator=order)])
        if look is not None:
            look(step, family)
    return Trained(family, spec, time.process_time() - start)


def prior(family: Family[Any], seed: int, n: int) -> Batch:
    """Draw n latents to judge a family by; always the same of one seed."""
    return family.prior(n, make_generator(seed, _PRIOR))


def judge(samples: Tensor, seed: int) -> Score:
    """Compare samples (n, 2), in the units of the ring, with as many points no training saw."""
    unseen = ring_of_five(RingOfFiveConfig(), len(samples), _UNSEEN + seed)
    shares = mode_masses(samples, unseen)
    return Score(sliced_wasserstein(samples, unseen.x, 1), float(shares.min()), float(shares.max()))


_DUMB: Mapping[str, Callable[[PointSet, int, int], Tensor]] = {
    "the best single Gaussian": lambda points, n, seed: best_gaussian(points.x, n, seed),
    "an annulus without modes": lambda points, n, seed: sample_annulus(points.x, n, seed),
    "the ring, turned between its modes": lambda points, n, seed: turn_ring(points.x, n, seed, 5),
    "the five centres": lambda points, n, seed: sample_centres(_modes(points), n, seed),
    "both coordinates, each for itself": (
        lambda points, n, seed: sample_marginals(points.x, n, seed)
    ),
    "copies of training points": lambda points, n, seed: copy_rows(points.x, n, seed),
}
COPIES = "copies of training points"


def null_scores(title: str, n: int) -> list[Score]:
    """Return the scores of n draws of a model that learns nothing, one a seed."""
    found = []
    for seed in SEEDS:
        points = ring_of_five(RingOfFiveConfig(), _POINTS, seed)
        found.append(judge(_DUMB[title](points, n, seed), seed))
    return found


def simple_nulls(measure: Callable[[str], Outcome]) -> tuple[list[Null], list[Null]]:
    """Return null models that learn nothing, each measured by its title, and as a baseline the
    copies of training points, which no distance to the data can tell.
    """
    wrong = [Null(title, partial(measure, title)) for title in _DUMB if title != COPIES]
    return wrong, [Null(COPIES, partial(measure, COPIES))]


def _modes(points: PointSet) -> Tensor:
    assert points.modes is not None
    return points.modes


def real_floor(n: int) -> str:
    """Say what real data score against real data, n points a side."""
    found = floor(
        SlicedW1(SlicedConfig()), fresh_pairs(ring_of_five, RingOfFiveConfig(), n), repeats=10
    )
    return f"sw1 {found}; each mode .20"
