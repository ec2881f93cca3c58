"""A still picture of points: what a data set looks like, before anything moves."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS_PANEL
from pushforward.studio.literal import one_line

__all__ = ["PointsPreview", "scatter"]

Floats = NDArray[np.float32]
MARGIN = 0.06


class PointsPreview(QWidget):
    """The first two columns of a point set, both axes at the same scale."""

    def __init__(self) -> None:
        super().__init__()
        self._points: Floats | None = None
        self._columns: tuple[str, ...] = ()
        self._image: QImage | None = None
        self._key: tuple[object, ...] = ()
        self._message = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(160, 120))
        repaint_on_theme(self)

    def show_points(self, points: Floats | None, columns: tuple[str, ...], message: str) -> None:
        """Draw points (n, d), or say ``message`` where there are none."""
        self._points, self._message = points, one_line(message)
        self._columns = tuple(map(one_line, columns))
        self._key = ()
        count = 0 if points is None else len(points)
        self.setAccessibleName(f"{count:,} points" if count else message)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._key = ()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.setBrush(QColor(tokens.panel))
            painter.drawRoundedRect(area, RADIUS_PANEL, RADIUS_PANEL)
            if self._points is None or not len(self._points):
                painter.setPen(QColor(tokens.muted))
                words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.drawText(area.adjusted(24, 24, -24, -24), words, self._message)
                return
            painter.drawImage(QPointF(0, 0), self._picture())
            self._draw_axes(painter)

    def _draw_axes(self, painter: QPainter) -> None:
        """Name the two columns that are shown."""
        painter.setFont(font(11))
        painter.setPen(QColor(theme.colors().muted))
        names = (*self._columns, "x", "y")[:2] if len(self._columns) < 2 else self._columns[:2]
        metrics = QFontMetrics(font(11))
        below = metrics.elidedText(f"{names[0]} →", Qt.TextElideMode.ElideRight, 160)
        up = metrics.elidedText(f"↑ {names[1]}", Qt.TextElideMode.ElideRight, 160)
        width = metrics.horizontalAdvance(below)
        painter.drawText(QPointF(self.width() - width - 12, self.height() - 10.0), below)
        painter.drawText(QPointF(12, 20), up)

    def _picture(self) -> QImage:
        ratio = self.devicePixelRatioF()
        color = theme.colors().accent
        key = (self.width(), self.height(), ratio, color)
        if self._image is None or key != self._key:
            self._image = self._raster(round(self.width() * ratio), round(self.height() * ratio))
            self._image.setDevicePixelRatio(ratio)
            self._key = key
        return self._image

    def _raster(self, width: int, height: int) -> QImage:
        ratio = self.devicePixelRatioF()
        points = self._points if self._points is not None else np.empty((0, 2), np.float32)
        return scatter(points, width, height, max(2, round(2 * ratio)), theme.colors().accent)


def scatter(
    points: Floats, width: int, height: int, size: int, ink: str, like: Floats | None = None
) -> QImage:
    """Return points (n, d) as small squares of ``size`` pixels in an image, by their first two
    numbers, with the same scale on both axes; those that are not finite are left out. The image
    has room for all of them, or for as much as other points (m, d) that they are ``like`` need.
    """
    pixels = np.zeros((height, width), dtype=np.uint32)
    xy = _planar(points)
    if len(xy):
        seen = xy if like is None else _planar(like)
        low, high = seen.min(axis=0), seen.max(axis=0)
        span = np.maximum(high - low, 1e-9)
        scale = float(((1 - 2 * MARGIN) * np.array([width, height]) / span).min())
        middle = (low + high) / 2
        if like is not None:
            half = np.array([width, height]) / (2 * scale)
            xy = xy[(np.abs(xy - middle) < half).all(axis=1)]
        px = np.rint((xy[:, 0] - middle[0]) * scale + width / 2).astype(np.int64)
        py = np.rint(height / 2 - (xy[:, 1] - middle[1]) * scale).astype(np.int64)
        color = np.uint32(0xFF000000 | int(ink[1:], 16))
        for dx in range(size):
            for dy in range(size):
                x = np.clip(px + dx, 0, width - 1)
                y = np.clip(py + dy, 0, height - 1)
                pixels[y, x] = color
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.data, width, height, 4 * width, form).copy()


def _planar(points: Floats) -> Floats:
    """Return the first two numbers of points (n, d) that are finite."""
    xy = points[:, :2] if points.shape[1] > 1 else np.column_stack([points[:, 0]] * 2)
    return xy[np.isfinite(xy).all(axis=1)]
