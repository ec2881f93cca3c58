"""A curve in the shape of an S."""

import math
from typing import Annotated

import torch

from models.base import PointSet
from models.config import Config, param
from models.data.common import PLANE, data_generator
from models.registry import register

__all__ = ["SCurveConfig", "s_curve"]


class SCurveConfig(Config, frozen=True):
    """How far the points stray from the curve."""

    noise: Annotated[
        float,
        param("Noise", "Standard deviation around two arcs of radius 1.", low=0.0, high=1.0),
    ] = 0.05


@register(
    "dataset",
    "s-curve",
    title="S-curve",
    summary="Two arcs that meet: one thin line without a gap.",
    source="Pedregosa et al. 2011 (scikit-learn), make_s_curve, seen from the side",
    config=SCurveConfig,
)
def s_curve(config: SCurveConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2): arcs around (0, -1) and (0, 1), three quarters of a turn each."""
    generator = data_generator(n, seed)
    angle = 3 * math.pi * (torch.rand(n, generator=generator) - 0.5)
    x = torch.stack([angle.sin(), angle.sign() * (angle.cos() - 1)], dim=1)
    return PointSet(x + config.noise * torch.randn((n, 2), generator=generator), PLANE)
