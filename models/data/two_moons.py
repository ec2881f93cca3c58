"""Two interleaved half circles."""

import math
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import PLANE, data_generator
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["TwoMoonsConfig", "two_moons"]


class TwoMoonsConfig(Config, frozen=True):
    """How far the points stray from the half circles."""

    noise: Annotated[
        float,
        param(
            "Noise", "Standard deviation around the half circles of radius 1.", low=0.0, high=1.0
        ),
    ] = 0.08


@dataset(
    "two-moons",
    title="Two moons",
    summary="Two interleaved half circles.",
    source="Pedregosa et al. 2011 (scikit-learn), make_moons",
    holds="points",
    config=TwoMoonsConfig,
)
def two_moons(config: TwoMoonsConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2): the upper moon around (0, 0), the lower one around (1, 0.5); these
    are the classes.
    """
    generator = data_generator(n, seed)
    angle = math.pi * torch.rand(n, generator=generator)
    lower = torch.rand(n, generator=generator) < 0.5
    side = torch.where(lower, -1.0, 1.0)
    arc = torch.stack([side * angle.cos(), side * angle.sin()], dim=1)
    x = arc + lower[:, None] * torch.tensor([1.0, 0.5])
    x = x + config.noise * torch.randn((n, 2), generator=generator)
    return PointSet(x, PLANE, labels=lower.long(), names=("upper", "lower"))
