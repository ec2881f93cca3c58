"""Improved precision and recall: what share of the samples could be data, and of the data samples.

The support of a set is estimated by balls, one around each of its points, as wide as its k-th
nearest neighbour is away. Precision counts the samples inside the data's balls, recall the data
inside the samples': a model that shows few but perfect things has the first and not the second.
"""

from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric, check
from pushforward.models.metrics.intervals import wilson
from pushforward.models.registry import metric

__all__ = ["ManifoldConfig", "Precision", "Recall", "radii", "share_inside"]

_ROWS = 1024  # of distances that are in memory at once


class ManifoldConfig(Config, frozen=True):
    """How wide the balls are, and how many of them there are."""

    neighbours: Annotated[
        int,
        param(
            "Neighbours",
            "k of the k-nearest-neighbour balls. A larger k raises both precision and recall, "
            "also of poor models.",
            low=1,
            high=100,
        ),
    ] = 3
    most: Annotated[
        int,
        param(
            "At most",
            "Maximum number of samples on each side; more are subsampled at random, as the cost "
            "is quadratic. Values with different numbers cannot be compared.",
            low=10,
            high=50_000,
            log=True,
            unit="rows",
        ),
    ] = 5000


def radii(x: Tensor, k: int) -> Tensor:
    """Return how far the k-th nearest other row is from each of x (n, d), (n,).

    Raises:
        ValueError: there are not more than k of them.
    """
    if len(x) <= k:
        raise ValueError(f"at least {k + 1} rows are needed for {k} neighbours, got {len(x)}")
    found = []
    for start in range(0, len(x), _ROWS):
        distances = _distances(x[start : start + _ROWS], x)
        # A point is no neighbour of itself, but another one at the same place is.
        rows = torch.arange(len(distances))
        distances[rows, rows + start] = torch.inf
        found.append(distances.kthvalue(k, dim=1).values)
    return torch.cat(found)


def share_inside(x: Tensor, centres: Tensor, k: int) -> float:
    """Return the share of x (n, d) that lies in a ball around any of the centres (m, d).

    Raises:
        ValueError: they do not fit each other, or there are too few centres.
        ArithmeticError: a number is not finite.
    """
    check(x, centres, minimum=1)
    # In float64, or a point of one set that is in the other, too, may be just outside its ball.
    points, middles = x.cpu().double(), centres.cpu().double()
    reach = radii(middles, k)
    inside = 0
    for start in range(0, len(points), _ROWS):
        distances = _distances(points[start : start + _ROWS], middles)
        inside += int((distances <= reach).any(dim=1).sum())
    return inside / len(points)


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # The matrix-product form loses all digits of small distances.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")


class _Manifolds(SampleMetric[ManifoldConfig]):
    """What both share: which side is counted inside the balls of the other."""

    def measure(self, evidence: Evidence) -> Figure:
        k = self.config.neighbours
        counted, centres = self.roles(*evidence.seen(self.config.most, minimum=k + 1))
        share = share_inside(counted, centres, k)
        # Of other draws of those that are counted, with the balls as they are.
        return Figure(share, *wilson(share, len(counted)), n=len(counted))

    @abstractmethod
    def roles(self, made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is counted, and what has the balls, of samples and real data (n, d)."""


@metric(
    "precision",
    title="Precision",
    summary="Fraction of samples in the support of the data; for images in features of the "
    "reference classifier. Also high if a model repeats one good sample: see recall.",
    source="Kynkäänniemi et al. 2019, arXiv:1904.06991, eqs. 1 and 2",
    config=ManifoldConfig,
    kinds=("points", "images"),
    better="higher",
    minimum=4,
)
class Precision(_Manifolds):
    """The share of samples inside the data's balls, in [0, 1], as a metric."""

    def roles(self, made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        return made, real


@metric(
    "recall",
    title="Recall",
    summary="Fraction of real data in the support of the samples; for images in features of the "
    "reference classifier. Also high if samples scatter everywhere: see precision.",
    source="Kynkäänniemi et al. 2019, arXiv:1904.06991, eqs. 1 and 2",
    config=ManifoldConfig,
    kinds=("points", "images"),
    better="higher",
    minimum=4,
)
class Recall(_Manifolds):
    """The share of data inside the samples' balls, in [0, 1], as a metric."""

    def roles(self, made: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        return real, made
