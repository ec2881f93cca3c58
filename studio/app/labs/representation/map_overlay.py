"""What lies over the embedding map: hollow dots of generated samples, the one under the mouse."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.core.data_type import Tiles
from pushforward.studio.app.design.theme import colors, font

__all__ = ["HollowDots", "PointedPicture"]

Places = NDArray[np.float64]
HOLE, RING = 4.0, 3.2  # pixels across, and of the radius
SIDE, PAD, WIDE, LINE = 64, 8, 168, 16  # pixels of the picture under the mouse and its words


class HollowDots:
    """Paints generated dots as rings, to distinguish them from real ones without colour."""

    printed = True

    def __init__(self, moving: Callable[[], bool]) -> None:
        self._moving = moving
        self.places: Places = np.empty((0, 2))
        self.inks: Colours = np.empty(0, np.uint32)

    def paint(self, painter: QPainter, camera: Camera, style: CanvasStyle) -> None:
        """Paint the rings; not while the dots move to other places."""
        if self._moving() or not len(self.places):
            return
        pixels = camera.to_pixels(self.places)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hole = QPen(QColor(style.background), HOLE)
        hole.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(hole)
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in pixels.tolist()]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink in np.unique(self.inks).tolist():
            painter.setPen(QPen(QColor.fromRgba(ink), 1.2))
            for x, y in pixels[self.inks == ink].tolist():
                painter.drawEllipse(QPointF(x, y), RING, RING)
        painter.restore()


class PointedPicture:
    """Paints the sample under the mouse with a few words about it."""

    printed = False

    def __init__(self) -> None:
        self.tiles: Tiles | None = None
        self.row = -1
        self.place = (0.0, 0.0)
        self.words: tuple[str, ...] = ()

    def paint(self, painter: QPainter, camera: Camera, style: CanvasStyle) -> None:
        """Paint a box next to the dot, inside of what is seen."""
        if self.tiles is None or self.row < 0:
            return
        tokens = colors()
        x, y = camera.to_pixels(np.array(self.place)).tolist()
        wide, high = SIDE + WIDE, SIDE + 2 * PAD
        left = x + 12 if x + 12 + wide < camera.width else x - 12 - wide
        left = min(max(4.0, left), max(4.0, camera.width - wide - 4))
        top = min(max(4.0, y - high / 2), max(4.0, camera.height - high - 4))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(x, y), 6, 6)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(QRectF(left, top, wide, high), 6, 6)
        self.tiles.paint(painter, QRectF(left + PAD, top + PAD, SIDE, SIDE), self.row, tokens)
        painter.setFont(font(11))
        for line, words in enumerate(self.words):
            painter.setPen(QColor(tokens.muted if line else tokens.text))
            room = QRectF(left + SIDE + 2 * PAD, top + PAD + line * LINE, WIDE - 2 * PAD, LINE)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()
