"""A rolled-up line, or sheet."""

import math
from typing import Annotated, Literal

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import PLANE, data_generator
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["SwissRollConfig", "swiss_roll"]


class SwissRollConfig(Config, frozen=True):
    """Turns, noise, and whether the roll is a line in the plane or a sheet in space."""

    dimension: Annotated[
        Literal["2", "3"],
        param(
            "Dimension",
            "A curve in the plane, or a sheet in space.",
            choices={"2": "Line in 2-D", "3": "Sheet in 3-D"},
        ),
    ] = "2"
    turns: Annotated[float, param("Turns", "Number of turns.", low=0.25, high=10.0)] = 1.5
    noise: Annotated[
        float,
        param("Noise", "Standard deviation around a roll of outer radius 1.", low=0.0, high=1.0),
    ] = 0.02


@dataset(
    "swiss-roll",
    title="Swiss roll",
    summary="A spiral line or sheet whose windings nearly touch.",
    source="Marsland 2009, Machine Learning: An Algorithmic Perspective (scikit-learn's roll)",
    holds="points",
    config=SwissRollConfig,
)
def swiss_roll(config: SwissRollConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2) or (n, 3), uniform in the winding angle; outer radius 1, width 1."""
    generator = data_generator(n, seed)
    # From half a turn outwards, so that the centre is not a blot: scikit-learn starts at 3 pi / 2.
    first, last = math.pi, math.pi + 2.0 * math.pi * config.turns
    angle = first + (last - first) * torch.rand(n, generator=generator)
    x = (angle / last)[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    columns: tuple[str, ...] = PLANE
    if config.dimension == "3":
        height = torch.rand((n, 1), generator=generator) - 0.5
        x = torch.cat([x, height], dim=1)
        columns = (*PLANE, "z")
    return PointSet(x + config.noise * torch.randn(x.shape, generator=generator), columns)
