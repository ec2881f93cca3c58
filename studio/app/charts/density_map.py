"""A map of a log-density on a plane, and what it is under the mouse."""

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.chart import Chart
from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.plot_plane import Plane, pen
from pushforward.studio.app.text import number_format

__all__ = ["DEPTH", "DensityMap"]

Values = NDArray[np.float32]
DEPTH = 10.0
"""Nats below the maximum that are resolved."""


class _Smooth(pg.ImageItem):  # type: ignore[misc]
    """Values between two places are between theirs."""

    def paint(self, painter: QPainter, *arguments: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *arguments)


class DensityMap(Chart):
    """Shows log p (m, m), rows from below, over ``bounds`` x0, x1, y0, y1. Maps that are shown with
    the same ``top`` have the same colours.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(title, least=(200, 200), square=True, parent=parent)
        self._values: Values | None = None
        self._bounds = (0.0, 1.0, 0.0, 1.0)
        self._top = 0.0
        self._image = _Smooth(axisOrder="row-major")
        self._image.setZValue(-10)
        self.plane.keep(self._image)
        self.restyle()

    def show_values(
        self, values: Values, bounds: tuple[float, float, float, float], top: float
    ) -> None:
        """Show a map whose brightest colour stands for ``top``."""
        self._values, self._bounds, self._top = values, bounds, top
        self.redraw()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return the bounds of the map."""
        x0, x1, y0, y1 = self._bounds
        return (x0, x1), (y0, y1)

    def write_heading(self) -> None:
        """Write the title and the colours, or the log-density under the mouse."""
        at = self._under
        found = self._value_at(at) if at is not None else None
        self.plane.heading.tell(self._title, self._key() if self._values is not None else [])
        if found is not None and at is not None:
            place = f"{number_format.figure(at.x())}, {number_format.figure(at.y())}"
            told = f"{self._title} at {place}: log p {number_format.figure(found)}"
            self.plane.heading.say(told, names=False)

    def redraw(self) -> None:
        """Draw the map again."""
        if self._values is not None:
            x0, x1, y0, y1 = self._bounds
            shades = pg.ColorMap(None, [QColor(self.style_.background), *self._shades()])
            self._image.setLookupTable(shades.getLookupTable(nPts=256))
            known = np.nan_to_num(self._values, nan=-np.inf, neginf=self._top - DEPTH)
            self._image.setImage(known, levels=(self._top - DEPTH, self._top), autoLevels=False)
            self._image.setRect(QRectF(x0, y0, x1 - x0, y1 - y0))
        super().redraw()

    def _key(self) -> list[tuple[str, QPen]]:
        """Return how far below the top each colour stands: of log p much is seen that is rare."""
        shades = self._shades()
        depths = [DEPTH * (1 - place / len(shades)) for place in range(1, len(shades) + 1)]
        names = [f"−{depth:.0f}" if depth > 0.5 else "top of log p" for depth in depths]
        return [(name, pen(shade, 8.0)) for name, shade in zip(names, shades, strict=True)]

    def _shades(self) -> tuple[QColor, ...]:
        style = self.style_
        return QColor(style.cold_heat), QColor(style.accent), QColor(style.warm)

    def _value_at(self, at: QPointF) -> float | None:
        if self._values is None:
            return None
        x0, x1, y0, y1 = self._bounds
        rows, columns = self._values.shape
        i = int((at.y() - y0) / (y1 - y0) * rows)
        j = int((at.x() - x0) / (x1 - x0) * columns)
        inside = 0 <= i < rows and 0 <= j < columns
        return float(self._values[i, j]) if inside else None
