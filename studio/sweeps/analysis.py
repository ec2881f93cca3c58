"""What the runs of a sweep show: the best so far, the value of a budget, the importance of fields.

All scores are "lower is better" (`studio.significance.distance_from_best`). Importance is the share
of the variance of the score that a field explains alone (ω², Hays 1963; a first-order sensitivity
index). Numbers that were drawn are put into at most `BINS` groups of equal size first. The interval
is of a bootstrap over runs; the p value of a permutation test, in which the field's values are
shuffled between runs. Interactions of fields are in no share: what the shares leave is interactions
and chance.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Importance",
    "Outcome",
    "best_so_far",
    "budgets",
    "expected_best",
    "find_importance",
    "numbers_of",
]

BINS = 5
FEWEST = 4  # runs; fewer say nothing of importance
DRAWS = 500
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """A finished run of a sweep.

    Attributes:
        name: of the run.
        values: swept settings by key, and "seed".
        score: lower is better.
        value: of the metric.
        steps: of training.
        seconds: of training.
    """

    name: str
    values: Mapping[str, str]
    score: float
    value: float
    steps: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Importance:
    """The share of variance that a field explains alone, its 95 % interval, and the p value of the
    hypothesis that it explains none.
    """

    key: str
    share: float
    low: float
    high: float
    p: float


def best_so_far(scores: Sequence[float]) -> Doubles:
    """Return the lowest score among the first k runs, for each k."""
    return np.minimum.accumulate(np.asarray(scores, dtype=np.float64))


def expected_best(scores: Sequence[float], k: int) -> tuple[float, float]:
    """Return mean and standard deviation of the lowest score of k runs drawn without replacement.

    This is the result of a budget of k runs (Dodge et al. 2019, arXiv:1909.03004, there with
    replacement): the i-th lowest of n is the best of k with probability C(n-i, k-1) / C(n, k).

    Raises:
        ValueError: k is not between 1 and the number of runs.
    """
    ranked = np.sort(np.asarray(scores, dtype=np.float64))
    n = len(ranked)
    if not 1 <= k <= n:
        raise ValueError(f"a budget of 1 to {n} runs, not {k}")
    all_choices = math.comb(n, k)
    chances = np.array([math.comb(n - i, k - 1) / all_choices for i in range(1, n + 1)])
    seen = chances > 0  # an infinite score that is never the best does not count
    mean = float(chances[seen] @ ranked[seen])
    if not math.isfinite(mean):
        return mean, math.nan
    return mean, math.sqrt(max(0.0, float(chances[seen] @ (ranked[seen] - mean) ** 2)))


def numbers_of(texts: Sequence[str]) -> Doubles | None:
    """Return values as numbers, None unless all are."""
    try:
        found = np.array([float(text) for text in texts])
    except ValueError:
        return None
    return found if np.isfinite(found).all() else None


def find_importance(
    outcomes: Sequence[Outcome], seed: int = 0, draws: int = DRAWS
) -> list[Importance]:
    """Return the importance of each field that varies, the largest first; [] for too few runs.

    ``draws`` is the number of permutations and of bootstrap samples, from ``seed``.
    """
    known = [each for each in outcomes if math.isfinite(each.score)]
    if len(known) < FEWEST:
        return []
    scores = np.array([each.score for each in known])
    generator = np.random.default_rng(seed)
    keys = [key for key in known[0].values if all(key in each.values for each in known)]
    found = []
    for key in keys:
        groups = _group([each.values[key] for each in known])
        # A group for each run leaves no variance within groups to compare with.
        if 1 < len(np.unique(groups)) < len(known):
            found.append(_importance(key, groups, scores, generator, draws))
    return sorted(found, key=lambda each: -each.share)


def _importance(
    key: str,
    groups: NDArray[np.intp],
    scores: Doubles,
    generator: np.random.Generator,
    draws: int,
) -> Importance:
    share, n = _omega_squared(groups, scores), len(scores)
    shuffled = [_omega_squared(groups, generator.permutation(scores)) for _ in range(draws)]
    p = (1 + sum(each >= share for each in shuffled)) / (draws + 1)
    drawn = []
    for _ in range(draws):
        rows = generator.integers(n, size=n)
        if len(np.unique(groups[rows])) > 1:
            # The rows drawn twice agree by construction; the mean of the null takes that out.
            alike = _omega_squared(groups[rows], scores[rows])
            null = _omega_squared(groups[rows], generator.permutation(scores)[rows])
            drawn.append(alike - null)
    low, high = np.quantile(drawn, [0.025, 0.975]) if drawn else (0.0, 1.0)
    ends = float(np.clip(min(low, share), 0, 1)), float(np.clip(max(high, share), 0, 1))
    return Importance(key, float(np.clip(share, 0, 1)), *ends, p)


def _group(texts: Sequence[str]) -> NDArray[np.intp]:
    """Return the group of each value: equal ones, or for many different numbers, quantiles."""
    names, groups = np.unique(np.array(texts), return_inverse=True)
    numbers = numbers_of(texts)
    if numbers is None or len(names) <= BINS:
        return groups.astype(np.intp)
    ranks = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    bins = min(BINS, len(texts) // 2)
    return (ranks * bins // len(texts)).astype(np.intp)


def _omega_squared(groups: NDArray[np.intp], scores: Doubles) -> float:
    """Return ω² = (SSB - (g - 1) MSW) / (SST + MSW), which is 0 on average for equal groups."""
    n, counts = len(scores), np.bincount(groups)
    centred = scores - scores.mean()
    total, present = float(centred @ centred), int((counts > 0).sum())
    if total == 0.0 or n <= present:
        return 0.0
    sums = np.bincount(groups, centred)
    between = float((sums**2 / np.maximum(counts, 1)).sum())
    mean_within = (total - between) / (n - present)
    return (between - (present - 1) * mean_within) / (total + mean_within)


def budgets(n: int) -> list[int]:
    """Return the budgets of a table for n runs: 1, 2, 4, ... and n."""
    return sorted({n, *(2**k for k in range(n.bit_length()) if 2**k <= n)})
