"""Spiral arms that leave a common centre."""

import math
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import PLANE, data_generator, numbered
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["SpiralsConfig", "spirals"]


class SpiralsConfig(Config, frozen=True):
    """Number and form of the arms."""

    arms: Annotated[int, param("Arms", "Number of arms.", low=1, high=12)] = 2
    turns: Annotated[float, param("Turns", "How far each arm winds around.", low=0.1, high=6.0)] = (
        1.5
    )
    noise: Annotated[
        float,
        param("Noise", "Standard deviation around an arm of length 1.", low=0.0, high=1.0),
    ] = 0.025


@dataset(
    "spirals",
    title="Spirals",
    summary="Arms winding out of one centre, denser inside: long thin structures.",
    source="Lang and Witbrock 1988, two spirals; as a density in arXiv:1810.01367, section 4.1",
    holds="points",
    config=SpiralsConfig,
)
def spirals(config: SpiralsConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2), about uniform along the arms, which are the classes; outer radius 1."""
    generator = data_generator(n, seed)
    # The arc length grows like the square of the angle.
    share = torch.rand(n, generator=generator).sqrt()
    arm = torch.randint(config.arms, (n,), generator=generator)
    angle = 2.0 * math.pi * (config.turns * share + arm / config.arms)
    x = share[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    x = x + config.noise * torch.randn((n, 2), generator=generator)
    return PointSet(x, PLANE, labels=arm, names=numbered(config.arms))
