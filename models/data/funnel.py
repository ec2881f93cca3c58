"""Neal's funnel: a wide mouth and an ever narrower neck."""

from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import PLANE, data_generator
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["FunnelConfig", "funnel"]


class FunnelConfig(Config, frozen=True):
    """Width of the funnel."""

    width: Annotated[
        float,
        param(
            "Width",
            "Standard deviation across, at height 0; it grows e-fold for each unit upwards.",
            above=0.0,
            high=10.0,
        ),
    ] = 0.1


@dataset(
    "funnel",
    title="Funnel",
    summary="Ten times narrower in the neck than in the mouth: one step size does not fit both.",
    source="After Neal 2003, doi:10.1214/aos/1056562461, section 8; narrower, as in Yi 2023",
    holds="points",
    config=FunnelConfig,
)
def funnel(config: FunnelConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2): y ~ N(0, 1), x given y ~ N(0, (width e^y)^2)."""
    z = torch.randn((n, 2), generator=data_generator(n, seed))
    y = z[:, 1]
    return PointSet(torch.stack([config.width * y.exp() * z[:, 0], y], dim=1), PLANE)
