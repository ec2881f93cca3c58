"""Guided samples over the data, with the class highlighted."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.chart import Chart
from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.plot_plane import Plane, dots

__all__ = ["LedPlot"]

Floats = NDArray[np.float32]


class LedPlot(Chart):
    """Shows points (n, 2) over ``real`` ones (r, 2), within ``bounds`` x0, x1, y0, y1."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, least=(200, 200), square=True, parent=parent)
        self.points: Floats = np.empty((0, 2), np.float32)
        self._real, self._own = self.points, self.points
        self._bounds = (0.0, 1.0, 0.0, 1.0)
        self.restyle()

    def show_points(
        self,
        points: Floats,
        real: Floats,
        own: NDArray[np.bool_],
        bounds: tuple[float, float, float, float],
        words: str,
    ) -> None:
        """Show points over real samples with a caption; ``own`` (r,) marks samples of the class."""
        self.points, self._real, self._own = points, real[~own], real[own]
        self._bounds, self._title = bounds, words
        self.redraw()

    @property
    def beyond(self) -> int:
        """How many points lie outside of the bounds."""
        x0, x1, y0, y1 = self._bounds
        x, y = self.points[:, 0], self.points[:, 1]
        return int(((x < x0) | (x > x1) | (y < y0) | (y > y1)).sum())

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return the bounds."""
        x0, x1, y0, y1 = self._bounds
        return (x0, x1), (y0, y1)

    def items(self) -> list[QGraphicsItem]:
        """Return the real samples, those of the class, and the generated ones."""
        style = self.style_
        layers = (
            (self._real, 2.5, colour(style.muted, 0.35)),
            (self._own, 3.0, colour(style.warm, 0.75)),
            (self.points, 4.0, QColor(style.accent)),
        )
        return [dots(at[:, 0], at[:, 1], size, ink) for at, size, ink in layers if len(at)]

    def write_heading(self) -> None:
        """Write the caption, and how many points are not seen."""
        far = f", {self.beyond:,} outside" if self.beyond else ""
        self.plane.heading.tell(f"{self._title}{far}", [])
