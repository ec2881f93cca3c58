"""What lies over the embedding map: hollow dots of generated samples, the one under the mouse."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.core.data_type import Tiles
from pushforward.studio.app.design.theme import colors, font

__all__ = ["HollowDots", "PointedPicture"]

Places = NDArray[np.float64]
LARGEST = 3000  # pixels of the picture of all rings; farther in only those seen are painted
HOLE, RING = 4.0, 3.2  # pixels across, and of the radius
SIDE, PAD, WIDE, LINE = 64, 8, 168, 16  # pixels of the picture under the mouse and its words


class HollowDots:
    """Paints generated dots as rings, to distinguish them from real ones without colour. While the
    map is dragged the picture of all rings is moved.
    """

    printed = True

    def __init__(self, moving: Callable[[], bool]) -> None:
        self._moving = moving
        self.places: Places = np.empty((0, 2))
        self.inks: Colours = np.empty(0, np.uint32)
        self._drawn: tuple[object, ...] = ()  # what the picture is of
        self._picture, self._corner = QImage(), (0.0, 0.0)

    def paint(self, painter: QPainter, camera: Camera, style: CanvasStyle) -> None:
        """Paint the rings; not while the dots move to other places."""
        if self._moving() or not len(self.places):
            return
        sx, ox, sy, oy = camera.affine()
        pixels = self.places * (sx, sy)
        low, high = pixels.min(axis=0) - PAD, pixels.max(axis=0) + PAD
        device = painter.device()
        if not isinstance(device, QImage | QWidget) or (high - low).max() > LARGEST:
            pixels = camera.to_pixels(self.places)
            room = (camera.width + PAD, camera.height + PAD)
            seen = np.flatnonzero(((pixels > -PAD) & (pixels < room)).all(axis=1))
            self._paint(painter, pixels[seen], self.inks[seen], style)
            return
        ratio = device.devicePixelRatioF()
        drawn = (sx, sy, ratio, style.background)
        if not self._is_drawn(drawn):
            self._draw(pixels - low, high - low, ratio, style)
            self._drawn, self._corner = (self.places, self.inks, drawn), (low[0], low[1])
        painter.drawImage(QPointF(self._corner[0] + ox, self._corner[1] + oy), self._picture)

    def _is_drawn(self, drawn: tuple[object, ...]) -> bool:
        """Return whether the picture is of the present rings."""
        known = self._drawn
        return bool(known) and (
            known[0] is self.places and known[1] is self.inks and known[2] == drawn
        )

    def _draw(self, pixels: Places, size: Places, ratio: float, style: CanvasStyle) -> None:
        """Draw all rings into the picture."""
        wide, high = (ratio * size).astype(int) + 1
        self._picture = QImage(int(wide), int(high), QImage.Format.Format_ARGB32_Premultiplied)
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(Qt.GlobalColor.transparent)
        with QPainter(self._picture) as painter:
            self._paint(painter, pixels, self.inks, style)

    @staticmethod
    def _paint(painter: QPainter, pixels: Places, inks: Colours, style: CanvasStyle) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hole = QPen(QColor(style.background), HOLE)
        hole.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(hole)
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in pixels.tolist()]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink in np.unique(inks).tolist():
            painter.setPen(QPen(QColor.fromRgba(ink), 1.2))
            for x, y in pixels[inks == ink].tolist():
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
