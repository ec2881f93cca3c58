"""Energy distance."""

from typing import Annotated

from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric, check, subsample
from pushforward.models.metrics.samples.pairwise import pair_sum, self_sum
from pushforward.models.registry import metric

__all__ = ["EnergyConfig", "EnergyDistance", "energy_distance"]


class EnergyConfig(Config, frozen=True):
    """How many points are compared."""

    most: Annotated[
        int,
        param(
            "At most",
            "Maximum number of samples on each side: more are subsampled at random, as the cost "
            "is quadratic.",
            low=10,
            high=50_000,
            log=True,
            unit="samples",
            advanced=True,
        ),
    ] = 5000


def energy_distance(samples: Tensor, reference: Tensor) -> float:
    """Return 2 E|X - Y| - E|X - X'| - E|Y - Y'| over samples (n, d) and reference (m, d).

    The V-statistic: pairs of a point with itself count, so it is never negative, and between two
    real samples it is about E|X - X'| (1/n + 1/m) (Szekely and Rizzo 2013,
    doi:10.1016/j.jspi.2013.03.018, eq. 6.1).
    """
    check(samples, reference)
    reference = reference.to(samples)
    n, m = len(samples), len(reference)

    def same(distance: Tensor) -> Tensor:
        return distance

    between = pair_sum(samples, reference, same) / (n * m)
    within = self_sum(samples, same) / n**2 + self_sum(reference, same) / m**2
    return 2.0 * between - within


@metric(
    "energy-distance",
    title="Energy distance",
    summary="Zero only if both distributions are equal; no kernel and no other settings.",
    source="Szekely and Rizzo 2013, doi:10.1016/j.jspi.2013.03.018, eq. 6.1",
    config=EnergyConfig,
    kinds=("points",),
    unit="data units",
)
class EnergyDistance(SampleMetric[EnergyConfig]):
    """Energy distance as a metric."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = (subsample(x, self.config.most, evidence.rng) for x in evidence.sides())
        return Figure(energy_distance(made, real), n=len(made))
