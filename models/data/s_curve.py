"""An S drawn with two half circles."""

import math
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import PLANE, data_generator
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["SCurveConfig", "s_curve"]


class SCurveConfig(Config, frozen=True):
    """Noise around the curve."""

    noise: Annotated[
        float,
        param("Noise", "Standard deviation around half circles of radius 1.", low=0.0, high=1.0),
    ] = 0.05


@dataset(
    "s-curve",
    title="S-curve",
    summary="Two half circles joined to an S: one thin curve.",
    source="scikit-learn's make_s_curve, seen from the side",
    holds="points",
    config=SCurveConfig,
)
def s_curve(config: SCurveConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2), uniform along the curve; each half circle has radius 1."""
    generator = data_generator(n, seed)
    angle = 3.0 * math.pi * (torch.rand(n, generator=generator) - 0.5)
    x = torch.stack([angle.sin(), angle.sign() * (angle.cos() - 1.0)], dim=1)
    return PointSet(x + config.noise * torch.randn(x.shape, generator=generator), PLANE)
