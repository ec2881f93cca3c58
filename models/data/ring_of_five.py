"""Five Gaussians on a circle, wide enough to overlap a little."""

import math
from typing import Annotated

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator, gaussians, ring
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["RingOfFiveConfig", "ring_of_five"]


class RingOfFiveConfig(Config, frozen=True):
    """Size of the ring and of its modes."""

    radius: Annotated[
        float, param("Radius", "Distance of the modes from the centre.", above=0.0, high=100.0)
    ] = 3.0
    std: Annotated[
        float,
        param("Spread", "Standard deviation of each mode.", above=0.0, high=100.0),
    ] = 0.5


@dataset(
    "ring-of-five",
    title="Ring of five",
    summary="Five Gaussians on a circle of radius 3: the toy of the particle-model papers.",
    source="Franceschi et al. 2023, arXiv:2305.16150, 2-D experiments (radius 3, deviation 0.5)",
    holds="points",
    config=RingOfFiveConfig,
)
def ring_of_five(config: RingOfFiveConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2) from the ring; the first mode is at the top."""
    centres = ring(5, config.radius, math.pi / 2)
    return gaussians(centres, config.std, n, data_generator(n, seed))
