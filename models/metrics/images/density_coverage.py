"""Density and coverage: precision and recall that a few stray images cannot raise.

Both use balls around real samples, with the distance to the k-th nearest other real sample as
radius. Density counts the balls that contain a sample, coverage the fraction of balls with a sample
in them. For samples with the distribution of the data their expectations do not depend on it:
density is 1, and coverage of n samples by n data is 1 - prod_i (n - i) / (2n - i), i from 1 to k,
nearly 1 - 2^-k (Naeem et al. 2020, arXiv:2002.09797, section 3.2).
"""

from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric, check
from pushforward.models.metrics.intervals import of_mean, wilson
from pushforward.models.metrics.samples.precision_recall import ManifoldConfig, radii
from pushforward.models.registry import metric

__all__ = ["BallsConfig", "Coverage", "Density", "balls_hit", "expected_coverage"]

_ROWS = 1024  # of distances that are in memory at once
_SOURCE = "Naeem et al. 2020, arXiv:2002.09797, eqs. 3 and 4"


class BallsConfig(ManifoldConfig, frozen=True):
    """How wide the balls are, and how many of them there are."""

    neighbours: Annotated[
        int,
        param(
            "Neighbours",
            "k of the k-nearest-neighbour balls. Values with different k cannot be compared.",
            low=1,
            high=100,
        ),
    ] = 5


def balls_hit(made: Tensor, real: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return in how many balls each of samples (n, d) lies, and which of real data (m, d) have one
    in theirs: (n,) and (m,).

    Raises:
        ValueError: they do not fit each other, or there are not more than k data.
        ArithmeticError: a number is not finite.
    """
    check(made, real, minimum=1)
    # In float64, or a sample that is a datum may be just outside its own ball of width 0.
    points, centres = made.cpu().double(), real.cpu().double()
    reach = radii(centres, k)
    counts, hit = [], torch.zeros(len(centres), dtype=torch.bool)
    for start in range(0, len(points), _ROWS):
        # The matrix-product form loses all digits of small distances.
        far = torch.cdist(
            points[start : start + _ROWS], centres, compute_mode="donot_use_mm_for_euclid_dist"
        )
        inside = far <= reach
        counts.append(inside.sum(dim=1))
        hit |= inside.any(dim=0)
    return torch.cat(counts), hit


def expected_coverage(n: int, m: int, k: int) -> float:
    """Return the expected coverage of m data points by n samples of the same distribution. A point
    is not covered if its k nearest of both sides are all data.
    """
    missed = 1.0
    for i in range(1, k + 1):
        missed *= (m - i) / (n + m - i)
    return 1.0 - missed


class _Balls(SampleMetric[BallsConfig]):
    def measure(self, evidence: Evidence) -> Figure:
        k = self.config.neighbours
        made, real = evidence.seen(self.config.most, minimum=k + 1)
        return self.summarise(*balls_hit(made, real, k))

    @abstractmethod
    def summarise(self, counts: Tensor, hit: Tensor) -> Figure:
        """Return the figure of what `balls_hit` says."""


@metric(
    "density",
    title="Density",
    summary="Mean number of real neighbourhoods that contain a sample, relative to its "
    "expectation for real images: 1 for real data, above 1 if samples concentrate in "
    "the middle. In features of the reference classifier; see coverage.",
    source=_SOURCE,
    config=BallsConfig,
    kinds=("images",),
    better="higher",
    minimum=6,
)
class Density(_Balls):
    """The mean over samples of the balls that hold it, over k, as a metric."""

    def summarise(self, counts: Tensor, hit: Tensor) -> Figure:
        each = counts.double() / self.config.neighbours
        low, high = of_mean(each)
        return Figure(float(each.mean()), max(0.0, low), high, len(each))


@metric(
    "coverage",
    title="Coverage",
    summary="Fraction of real images with a sample in their neighbourhood, in features of the "
    "reference classifier. Real data reach 0.97 with 5 neighbours; a single image close "
    "to 0.",
    source=_SOURCE,
    config=BallsConfig,
    kinds=("images",),
    better="higher",
    minimum=6,
)
class Coverage(_Balls):
    """The share of the data's balls that hold a sample as a metric."""

    def summarise(self, counts: Tensor, hit: Tensor) -> Figure:
        share = float(hit.double().mean())
        return Figure(share, *wilson(share, len(hit)), len(counts))
