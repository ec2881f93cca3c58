"""Intervals of metrics over users, and paired comparisons of models.

Users are resampled (bootstrap; Efron 1979, doi:10.1214/aos/1176344552). Values of several training
seeds are averaged per user first: one seed's interval leaves out how much training varies, which is
reported next to it. Several comparisons are corrected by Holm's method (1979, jstor 4615733).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Comparison", "Estimate", "compare_models", "compare_pairs", "estimate_mean", "holm"]

RESAMPLES = 2000
_STREAM = 32
_AT_ONCE = 4_000_000  # users that are drawn at once


@dataclass(frozen=True)
class Estimate:
    """A mean over users.

    Attributes:
        mean: over users, and over training seeds.
        low, high: 95 % interval over users.
        spread: standard deviation of the mean over training seeds; 0 for one seed.
        n: number of users.
    """

    mean: float
    low: float
    high: float
    spread: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Comparison:
    """The difference of two models on the same users.

    Attributes:
        difference: mean of the first less the second.
        low, high: 95 % interval over users.
        p: two-sided p-value of the bootstrap, corrected if several models were compared.
        share: share of users for whom the first is better, of those for whom they differ.
    """

    difference: float
    low: float
    high: float
    p: float
    share: float

    @property
    def is_significant(self) -> bool:
        """Whether the corrected p-value is below 0.05."""
        return self.p < 0.05

    def __str__(self) -> str:
        return f"{self.difference:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def estimate_mean(values: ArrayLike, seed: int = 0) -> Estimate:
    """Return the mean of a metric with its interval.

    Args:
        values: (n,) one value per user, or (seeds, n) with a line for each training seed.
        seed: of the resampling.
    """
    runs = np.atleast_2d(_array(values))
    each, means = runs.mean(axis=0), runs.mean(axis=1)
    low, high = _interval(resampled_means(each, seed))
    spread = float(means.std(ddof=1)) if len(runs) > 1 else 0.0
    return Estimate(float(each.mean()), low, high, spread, len(each))


def compare_models(
    first: Mapping[str, ArrayLike], second: ArrayLike, seed: int = 0
) -> dict[str, Comparison]:
    """Compare models with one reference on the same users; p-values are corrected by Holm's method.

    Args:
        first: (n,) one value per user, by the name of the model.
        second: (n,) those of the reference.
        seed: of the resampling.
    """
    pairs = [(values, second) for values in first.values()]
    return dict(zip(first, compare_pairs(pairs, seed), strict=True))


def compare_pairs(pairs: Sequence[tuple[ArrayLike, ArrayLike]], seed: int = 0) -> list[Comparison]:
    """Compare pairs of models, each on its own users (n,); the p-values are corrected by Holm's
    method for the number of pairs.
    """
    found = [_compare(_array(first) - _array(second), seed) for first, second in pairs]
    corrected = holm([each.p for each in found])
    return [replace(each, p=p) for each, p in zip(found, corrected, strict=True)]


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number m: the smallest times m, the next times m - 1."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    found, largest = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        found[i] = largest
    return found


def resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return the means of values (n,) over users drawn with replacement, (RESAMPLES,)."""
    rng, n = np.random.default_rng((seed, _STREAM)), len(values)
    step = max(1, _AT_ONCE // max(1, n))
    parts = [min(step, RESAMPLES - start) for start in range(0, RESAMPLES, step)]
    return np.concatenate([values[rng.integers(n, size=(m, n))].mean(axis=1) for m in parts])


def _array(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, np.float64)


def _compare(difference: NDArray[np.float64], seed: int) -> Comparison:
    means = resampled_means(difference, seed)
    low, high = _interval(means)
    # Achieved significance level, both sides; at least one resample.
    tail = min(int((means <= 0).sum()), int((means >= 0).sum()))
    p = min(1.0, 2 * (tail + 1) / (len(means) + 1))
    differing = int((difference != 0).sum())
    share = int((difference > 0).sum()) / differing if differing else 0.5
    return Comparison(float(difference.mean()), low, high, p, share)


def _interval(means: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
