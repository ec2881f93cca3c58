"""The rule by which metrics of samples decide whether these differ from real data.

A noise floor is the mean and the standard deviation (SD) of a metric over `PAIRS` pairs of real
sets. A value of real data differs from the mean by chance: (value - mean) / (SD sqrt(1 + 1/PAIRS))
has Student's t distribution with PAIRS - 1 degrees of freedom where values are normal. Distances
are positive and skewed; they are compared as log-normal values of the same mean and SD. An
evaluation of m metrics of quality makes m such comparisons, so each is made at level `LEVEL` / m
(Bonferroni; Dunn 1961, doi:10.1080/01621459.1961.10482090). The metrics of memorisation are a
family of their own: measuring one leaves the limits of quality as they are.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pushforward.observables.student_t import quantile
from pushforward.studio.protocol.events import FEW, SPREAD

__all__ = [
    "ENOUGH",
    "LEVEL",
    "MEMORY",
    "NEAR",
    "PAIRS",
    "REAL",
    "RULE",
    "Measured",
    "Stand",
    "band",
    "compare_with_floor",
    "deviation",
    "distance_from_best",
    "edges",
    "find_difference",
    "finite_pool_factor",
    "is_few",
    "is_floor",
    "reach",
]

PAIRS = 8
"""Number of pairs of real sets for a noise floor."""
LEVEL = 0.05
"""Share of evaluations of real data in which at least one metric exceeds its limit."""
MEMORY = ("authenticity", "nearness", "copies", "new-graphs", "new-molecules")
"""Metrics of memorisation; the first measured one represents the run."""
ENOUGH = 1000
"""Samples from which on a value within the band may count as no difference."""
REAL = "real against real"
"""What the reference of a metric begins with where it is a noise floor."""
NEAR = "near"
RULE = (
    "Samples differ from real data if at least one metric is worse than its floor by more than its "
    f"limit. The limits are set so that real data exceed one in about {LEVEL:.0%} of evaluations "
    "(Student's t; distances log-normal; Bonferroni correction, one for the metrics of quality and "
    "one for those of memorisation)."
)

Stand = Literal["same", "better", "worse", "few", ""]


@dataclass(frozen=True)
class Measured:
    """A value of a metric with all that it is compared by.

    Attributes:
        slug: of the metric.
        value: of the metric.
        n: number of samples, None if unknown.
        floors: means and spreads of the evaluation, by metric.
        better: "lower", "higher" or "near" the floor.
        reference: what the value is compared with, in words.
        conditional: whether it measures how samples fit their conditions; such a metric says
            nothing of the difference from real data.
    """

    slug: str
    value: float
    n: int | None
    floors: Mapping[str, float]
    better: str = "lower"
    reference: str = ""
    conditional: bool = False

    @property
    def has_floor(self) -> bool:
        """Whether the value is compared with a noise floor, and not with a baseline."""
        return is_floor(self.reference) and self.slug in self.floors

    @property
    def spread(self) -> float:
        """The standard deviation of the floor, 0 if it is unknown or the floor never varied."""
        return self.floors.get(SPREAD + self.slug, 0.0)

    @property
    def reach(self) -> float:
        """The limit of the metric in this evaluation, in SD of its floor."""
        return reach(self.floors, self.slug, self.better)


def is_floor(reference: str) -> bool:
    """Return whether a metric is compared with real data."""
    return not reference or reference.startswith(REAL)


def reach(floors: Mapping[str, float], slug: str, better: str = "lower") -> float:
    """Return by how many SD a metric may be worse than its floor before it differs.

    Args:
        floors: of all metrics of the evaluation, with their spreads.
        slug: of the metric; it is compared along with those of its family, quality or memorisation.
        better: of the metric; one that is better near its floor has a limit on both sides.
    """
    varying = [name for name, spread in floors.items() if name.startswith(SPREAD) and spread > 0]
    of_memory = [name.removeprefix(SPREAD) in MEMORY for name in varying]
    metrics = of_memory.count(slug in MEMORY)
    return _limit(max(1, metrics) * (2 if better == NEAR else 1))


def _limit(tests: int) -> float:
    """Return the limit of one of ``tests`` one-sided comparisons, in SD of the floor."""
    return quantile(LEVEL / tests, PAIRS - 1) * math.sqrt(1 + 1 / PAIRS)


def finite_pool_factor(n: int, pool: int) -> float:
    """Return the factor on the SD of a floor whose pairs are disjoint parts of one pool, for a
    metric of the n samples of one part alone.

    Parts that are drawn without replacement vary by S² (1/n - 1/pool) (Cochran 1977, Sampling
    Techniques, theorem 2.2); samples of a model by S²/n, and the pool, to which the floor belongs,
    by S²/pool. With the factor, SD sqrt(1 + 1/PAIRS) is the standard deviation of a value of real
    data around the floor. It is 1 for an endless pool and 5/3 for halves. A distance of two parts
    needs none: they differ as two independent samples do.
    """
    share = n / pool
    between = (1.0 - share) * (1.0 + 1.0 / PAIRS)
    return math.sqrt((1.0 + share + (1.0 - share) / PAIRS) / between)


def band(found: Measured) -> tuple[float, float] | None:
    """Return the values between which a metric does not differ from real data; None for too few
    samples, a baseline, or a floor of unknown spread.
    """
    if is_few(found.n) or not found.has_floor or not found.spread:
        return None
    return edges(found.floors[found.slug], found.spread, found.reach, found.better)


def edges(floor: float, spread: float, limit: float, better: str) -> tuple[float, float]:
    """Return the ends of the band around a floor, ``limit`` SD from it."""
    if not _is_skewed(floor, spread, better):
        return floor - limit * spread, floor + limit * spread
    middle, sigma = _log_moments(floor, spread)
    return math.exp(middle - limit * sigma), math.exp(middle + limit * sigma)


def _is_skewed(floor: float, spread: float, better: str) -> bool:
    """Return whether a metric is a distance: positive, and better when it is lower.

    The floor of an unbiased estimate of a squared distance is 0 on average, so that its sign is
    chance; the mean of eight pairs is hardly ever one SD above 0.
    """
    return better == "lower" and floor > spread


def _log_moments(mean: float, sd: float) -> tuple[float, float]:
    """Return mean and SD of the logarithm of a log-normal variable."""
    variance = math.log1p((sd / mean) ** 2)
    return math.log(mean) - variance / 2, math.sqrt(variance)


def is_few(n: int | None) -> bool:
    """Return whether a number of samples is too small for any statement."""
    return n is not None and n < FEW


def deviation(found: Measured) -> float:
    """Return by how many SD a value is worse than its floor, negative if it is better; infinite
    where the floor never varied.
    """
    floor, spread = found.floors[found.slug], found.spread
    if spread and _is_skewed(floor, spread, found.better):
        middle, sigma = _log_moments(floor, spread)
        return (math.log(found.value) - middle) / sigma if found.value > 0 else -math.inf
    worse = found.value - floor
    worse = {"higher": -worse, NEAR: abs(worse)}.get(found.better, worse)
    if spread:
        return worse / spread
    return math.copysign(math.inf, worse) if worse else 0.0


def compare_with_floor(found: Measured) -> Stand:
    """Return how a value compares with its noise floor.

    Returns:
        "same" within the limit of the metric, "better" or "worse" beyond it; "" without a floor.
        "few" where there are too few samples to say "same" or "better". Below `FEW` samples "worse"
        takes twice the limit.
    """
    known = found.has_floor and math.isfinite(found.value)
    if is_few(found.n):
        far = known and bool(found.spread) and deviation(found) > 2 * found.reach
        return "worse" if far else "few"
    if not known:
        return ""
    worse = deviation(found)
    if worse > found.reach:
        return "worse"
    if found.n is not None and found.n < ENOUGH:
        return "few"
    return "same" if found.spread and worse >= -found.reach else "better"


def distance_from_best(better: str, value: float, floor: float | None = None) -> float:
    """Return a number that is smaller where a value of a metric is better, for sorting; infinite
    where the value is not finite, or the floor is unknown of a metric that is better near it.

    Args:
        better: "lower", "higher", or "near" its noise floor.
        value: of the metric.
        floor: its noise floor.
    """
    if not math.isfinite(value):
        return math.inf
    if better == NEAR:
        return abs(value - floor) if floor is not None else math.inf
    return -value if better == "higher" else value


def find_difference(metrics: Iterable[Measured]) -> str:
    """Return the slug of the metric by which samples differ most from real data, "" if by none.

    Conditional metrics and floors that never varied are left out.
    """
    worse = [m for m in metrics if not m.conditional and m.spread]
    worse = [m for m in worse if compare_with_floor(m) == "worse"]
    return max(worse, key=deviation).slug if worse else ""
