"""Where places of nodes are on the screen."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

__all__ = ["REACH", "Paper"]

REACH = 1.7  # of a tile, around its middle; nodes are about 1 away from it
CROWD = 0.12  # of the side, by the root of how many nodes there are: they stay apart
SMALLEST = 1.2  # pixels of the radius of a node
ROOM, MARGIN = 1.15, 0.5  # around the farthest node; and at least so far from the middle


@dataclass(frozen=True)
class Paper:
    """Where places of nodes (N, 2) are in a rectangle: all as large as any other graph, or with
    ``filled`` as large as there is room.
    """

    rect: QRectF
    places: NDArray[np.float64]
    filled: bool = False

    @property
    def side(self) -> float:
        """The side of the square in which the graph is."""
        return min(self.rect.width(), self.rect.height())

    @property
    def scale(self) -> float:
        """Pixels for each unit; no node is out of the rectangle, also where one is far away."""
        if self.filled and len(self.places):
            across, up = (ROOM * np.abs(self.places).max(axis=0)).clip(MARGIN).tolist()
            return float(min(self.rect.width() / across, self.rect.height() / up) / 2.0)
        furthest = 1.1 * float(np.abs(self.places).max(initial=0.0))
        return self.side / (2.0 * max(REACH, furthest))

    def radius(self, share: float, least: float) -> float:
        """Return the radius of a node in pixels: a fraction of the side, at least ``least`` unless
        there are too many nodes.
        """
        usual = max(least, share * self.side)
        return max(SMALLEST, min(usual, CROWD * self.side / math.sqrt(max(1, len(self.places)))))

    @property
    def points(self) -> list[QPointF]:
        """Where each node is."""
        return self.points_of(self.places)

    def points_of(self, places: NDArray[np.floating]) -> list[QPointF]:
        """Return where any places (m, 2) are."""
        middle, scale = self.rect.center(), self.scale
        across = (middle.x() + scale * places[:, 0]).tolist()
        return list(map(QPointF, across, (middle.y() - scale * places[:, 1]).tolist()))
