"""The black squares of a chess board."""

import math
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import PLANE, data_generator
from pushforward.models.kinds.points import PointSet
from pushforward.models.registry import dataset

__all__ = ["CheckerboardConfig", "checkerboard"]


class CheckerboardConfig(Config, frozen=True):
    """Squares along a side of the board."""

    cells: Annotated[
        int, param("Cells", "Squares along each side, black and white.", low=2, high=32)
    ] = 4


@dataset(
    "checkerboard",
    title="Checkerboard",
    summary="Uniform on the black squares: sharp edges, which smooth models blur.",
    source="Grathwohl et al. 2019 (FFJORD), arXiv:1810.01367, section 4.1",
    holds="points",
    config=CheckerboardConfig,
)
def checkerboard(config: CheckerboardConfig, n: int, seed: int) -> PointSet:
    """Draw n points (n, 2), uniform on the black squares of the board [-2, 2] x [-2, 2].

    The modes are the centres of the squares. Their radius reaches the corners, so a quarter of a
    white square still counts to its black neighbours: the coverage is given, not the sharpness.
    """
    generator = data_generator(n, seed)
    side = 4.0 / config.cells
    index = torch.arange(config.cells)
    column, row = torch.meshgrid(index, index, indexing="ij")
    black = torch.stack([column, row], dim=2)[(column + row) % 2 == 0]
    centres = (black + 0.5) * side - 2.0
    label = torch.randint(len(centres), (n,), generator=generator)
    x = centres[label] + side * (torch.rand((n, 2), generator=generator) - 0.5)
    return PointSet(
        x,
        PLANE,
        modes=centres,
        mode_radius=side / math.sqrt(2.0),
        bandwidth=side / math.sqrt(12.0),
    )
