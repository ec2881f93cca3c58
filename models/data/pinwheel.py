"""Gaussian blades bent by a rotation that grows with the radius."""

import math
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import PLANE, data_generator, numbered
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["PinwheelConfig", "pinwheel"]


class PinwheelConfig(Config, frozen=True):
    """Number and form of the blades."""

    blades: Annotated[int, param("Blades", "Number of blades.", low=1, high=24)] = 5
    length: Annotated[
        float,
        param("Length", "Standard deviation along a blade, at radius 1.", above=0.0, high=1.0),
    ] = 0.3
    thickness: Annotated[
        float,
        param("Thickness", "Standard deviation across a blade, at radius 1.", above=0.0, high=1.0),
    ] = 0.1
    twist: Annotated[
        float,
        param(
            "Twist",
            "How strongly a blade bends: its angle grows by this times the exponential of the "
            "radius.",
            low=-2.0,
            high=2.0,
        ),
    ] = 0.25


@dataset(
    "pinwheel",
    title="Pinwheel",
    summary="Curved blades that are dense in the middle and thin at the ends.",
    source="Johnson et al. 2016, arXiv:1603.06277, section 5 (pinwheel data)",
    holds="points",
    config=PinwheelConfig,
)
def pinwheel(config: PinwheelConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2); the blades, which are the classes, have about radius 1."""
    generator = data_generator(n, seed)
    blade = torch.randint(config.blades, (n,), generator=generator)
    scale = torch.tensor([config.length, config.thickness])
    local = scale * torch.randn((n, 2), generator=generator) + torch.tensor([1.0, 0.0])
    along, across = local.unbind(dim=1)
    angle = 2.0 * math.pi * blade / config.blades + config.twist * along.exp()
    cos, sin = angle.cos(), angle.sin()
    x = torch.stack([cos * along - sin * across, sin * along + cos * across], dim=1)
    return PointSet(x, PLANE, labels=blade, names=numbered(config.blades))
