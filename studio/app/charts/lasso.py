"""A lasso: a line drawn around particles, which selects those that are inside."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.canvas_tool import Place
from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.plot_style import CanvasStyle

__all__ = ["SAME_PLACE", "Lasso", "inside", "shared"]

SAME_PLACE = "Real, same place"
CORNERS = 400  # of the line at most; a longer one is drawn through fewer of its places


def inside(line: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which points (n, 2) a closed line (m, 2) goes around: those from which a ray crosses
    it an odd number of times. Points that are not finite are outside.
    """
    x, y = points[:, 0], points[:, 1]
    found = np.zeros(len(points), dtype=bool)
    for (x0, y0), (x1, y1) in zip(line, np.roll(line, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        found ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return found


def shared(
    name: str, line: NDArray[np.floating], points: NDArray[np.floating] | None
) -> tuple[str, int, int] | None:
    """Return how many of some other points (n, 2) a line goes around, under a name and with how
    many there are; None where there are none.
    """
    if points is None or not len(points):
        return None
    return name, int(inside(line, points).sum()), len(points)


class Lasso:
    """The lasso tool and its line.

    Args:
        canvas: the canvas.
        done: called with each finished line, (m, 2) in data units.
    """

    printed = False

    def __init__(self, canvas: ParticleCanvas, done: Callable[[NDArray[np.float64]], None]) -> None:
        self._canvas, self._done = canvas, done
        self._line: list[Place] = []

    def press(self, place: Place) -> None:
        self._line = [place]

    def move(self, place: Place | None) -> None:
        if self._line and place is not None:
            self._line.append(place)
            self._canvas.update()

    def release(self, place: Place) -> None:
        line, self._line = np.array([*self._line, place]), []
        self._canvas.update()
        self._done(line[:: -(-len(line) // CORNERS)])

    def paint(self, painter: QPainter, camera: Camera, style: CanvasStyle) -> None:
        """Paint the line so far and the enclosed area."""
        if len(self._line) < 2:
            return
        ground = QColor(style.accent)
        ground.setAlphaF(0.14)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(style.accent), 1.5))
        painter.setBrush(ground)
        places = [QPointF(*camera.to_pixels(np.array(each))) for each in self._line]
        painter.drawPolygon(QPolygonF(places), Qt.FillRule.OddEvenFill)
        painter.restore()
