"""A curve without axes: where a figure comes from and where it goes, with its floor dashed."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.icons import repaint_on_theme
from studio.app.theme import font, theme

__all__ = ["Sparkline"]

POINTS = 160  # more cannot be told apart at this width


class Sparkline(QWidget):
    """Shows at most `POINTS` of a series; the last one and the first one always."""

    def __init__(self) -> None:
        super().__init__()
        self._x: NDArray[np.float64] = np.empty(0)
        self._y: NDArray[np.float64] = np.empty(0)
        self._floor: float | None = None
        self.bar = "floor"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(200, 64)

    def show_series(
        self,
        steps: NDArray[np.float64],
        values: NDArray[np.float64],
        floor: float | None,
        bar: str = "floor",
    ) -> None:
        """Draw a curve; its numbers are spoken too. ``bar`` is what its floor is called."""
        good = np.isfinite(values)
        steps, values = steps[good], values[good]
        if len(steps) > POINTS:
            keep = np.unique(np.linspace(0, len(steps) - 1, POINTS).astype(int))
            steps, values = steps[keep], values[keep]
        self._x, self._y, self._floor, self.bar = steps, values, floor, bar
        if len(values):
            spoken = f"from {values[0]:.3g} to {values[-1]:.3g}"
            self.setAccessibleName(spoken + (f", {bar} {floor:.3g}" if floor is not None else ""))
        self.update()

    def _word(
        self, painter: QPainter, xs: NDArray[np.float64], ys: NDArray[np.float64], floor: float
    ) -> QPointF:
        """Return where the word of the floor begins: above or below it, where no curve is; on the
        left before the right, as a curve that approaches its floor is still far from it there.
        """
        measure = painter.fontMetrics()
        wide, high = measure.horizontalAdvance(self.bar), measure.ascent()
        lines = [y for y in (floor - 3.0, floor + high + 1.0) if high <= y <= self.height()]
        places = [QPointF(x, y) for x in (3.0, self.width() - wide - 3.0) for y in lines]

        def hidden(place: QPointF) -> int:
            along = np.linspace(place.x(), place.x() + wide, 16)
            at = np.interp(along, xs, ys)
            return int(((at > place.y() - high - 2) & (at < place.y() + 2)).sum())

        return min(places, key=hidden, default=QPointF(3.0, floor - 3.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        if len(self._x) < 2:
            return
        tokens = theme.colors()
        area = QRectF(self.rect()).adjusted(1, 4, -2, -6)
        known = np.append(self._y, self._floor) if self._floor is not None else self._y
        low, high = float(np.min(known)), float(np.max(known))
        span = (high - low) or 1.0
        x0, x1 = float(self._x[0]), float(self._x[-1])
        xs = area.left() + (self._x - x0) / ((x1 - x0) or 1.0) * area.width()
        ys = area.bottom() - (self._y - low) / span * area.height()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._floor is not None:
                y = area.bottom() - (self._floor - low) / span * area.height()
                painter.setPen(QPen(QColor(tokens.good), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
                painter.setFont(font(11))
                painter.setPen(QColor(tokens.muted))
                painter.drawText(self._word(painter, xs, ys, y), self.bar)
            painter.setPen(QPen(QColor(tokens.accent), 1.5))
            painter.drawPolyline(
                QPolygonF([QPointF(float(x), float(y)) for x, y in zip(xs, ys, strict=True)])
            )
