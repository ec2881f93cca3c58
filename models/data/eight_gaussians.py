"""Eight Gaussians on a circle."""

from typing import Annotated

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator, gaussians, ring
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["EightGaussiansConfig", "eight_gaussians"]


class EightGaussiansConfig(Config, frozen=True):
    """Size of the ring and of its modes."""

    radius: Annotated[
        float, param("Radius", "Distance of the modes from the centre.", above=0.0, high=100.0)
    ] = 1.3
    std: Annotated[
        float,
        param("Spread", "Standard deviation of each mode.", above=0.0, high=100.0),
    ] = 0.12


@dataset(
    "eight-gaussians",
    title="Eight Gaussians",
    summary="Eight round modes on a circle: does the model find all of them, evenly?",
    source="Metz et al. 2017, arXiv:1611.02163, section 3.1 (a ring of eight Gaussians)",
    holds="points",
    config=EightGaussiansConfig,
)
def eight_gaussians(config: EightGaussiansConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2) from the ring."""
    return gaussians(ring(8, config.radius), config.std, n, data_generator(n, seed))
