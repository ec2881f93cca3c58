"""A curve without axes: where a figure comes from and where it goes, with its floor dashed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.figures import short

__all__ = ["End", "Sparkline"]

POINTS = 160  # more cannot be told apart at this width


SHORT = 18.0  # pixels of the floor of one value alone
DOT = 2.5
BEHIND = 6.0  # pixels between a line and the word behind it


@dataclass(frozen=True)
class End:
    """A later value that is not of the curve: with its own floor, None where it is not known."""

    step: float
    value: float
    floor: float | None


class Sparkline(QWidget):
    """Shows at most `POINTS` of a series; the last one and the first one always."""

    def __init__(self) -> None:
        super().__init__()
        self._x: NDArray[np.float64] = np.empty(0)
        self._y: NDArray[np.float64] = np.empty(0)
        self._floor: float | None = None
        self.end: End | None = None
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
        end: End | None = None,
    ) -> None:
        """Draw a curve, and a dot for what came later and is not of it; its numbers are spoken
        too. ``bar`` is what its floor is called.
        """
        good = np.isfinite(values)
        steps, values = steps[good], values[good]
        if len(steps) > POINTS:
            keep = np.unique(np.linspace(0, len(steps) - 1, POINTS).astype(int))
            steps, values = steps[keep], values[keep]
        self._x, self._y, self._floor, self.bar, self.end = steps, values, floor, bar, end
        if len(values):
            spoken = f"from {short(float(values[0]), 3)} to {short(float(values[-1]), 3)}"
            spoken += f", {bar} {short(floor, 3)}" if floor is not None else ""
            if end is not None:
                spoken += f"; then {short(end.value, 3)}"
                spoken += f", floor {short(end.floor, 3)}" if end.floor is not None else ""
            self.setAccessibleName(spoken)
        self.update()

    def _word(
        self,
        painter: QPainter,
        xs: NDArray[np.float64],
        ys: NDArray[np.float64],
        floor: float,
        right: float,
    ) -> QPointF:
        """Return where the word of the floor begins, where no curve is: behind its line, if that
        leaves room before the floor of what came later; else above it or below, on the left before
        the right, and higher up where a curve is on its floor all along.
        """
        measure = painter.fontMetrics()
        wide, high = measure.horizontalAdvance(self.bar), measure.ascent()
        low = measure.descent() + 1  # below its line: a comma
        if right + BEHIND + wide + BEHIND + SHORT <= self.width():
            return QPointF(right + BEHIND, min(floor + high / 2.0 - 1.0, self.height() - 2.0))
        lines = [floor - 3.0, floor + high + 1.0, *(floor - 3.0 - n * high for n in (1, 2, 3))]
        lines = [y for y in lines if high <= y <= self.height()]
        starts = np.linspace(3.0, max(3.0, right - wide), 5)[[0, 4, 1, 2, 3]]
        places = [QPointF(float(x), y) for y in lines for x in starts]

        def hidden(place: QPointF) -> int:
            along = np.linspace(place.x(), place.x() + wide, 16)
            at = np.interp(along, xs, ys)
            return int(((at > place.y() - high - 2) & (at < place.y() + low)).sum())

        return min(places, key=hidden, default=QPointF(3.0, floor - 3.0))

    def paintEvent(self, event: QPaintEvent) -> None:
        if len(self._x) < 2:
            return
        tokens = theme.colors()
        area = QRectF(self.rect()).adjusted(1, 4, -2, -6)
        end = self.end
        more = [self._floor, *((end.value, end.floor) if end is not None else ())]
        known = np.append(self._y, [each for each in more if each is not None])
        low, high = float(np.min(known)), float(np.max(known))
        span = (high - low) or 1.0
        x0, x1 = float(self._x[0]), max(float(self._x[-1]), end.step if end is not None else 0.0)
        area.adjust(0, 0, -DOT if end is not None else 0, 0)

        def down(value: float) -> float:
            return area.bottom() - (value - low) / span * area.height()

        xs = area.left() + (self._x - x0) / ((x1 - x0) or 1.0) * area.width()
        ys = area.bottom() - (self._y - low) / span * area.height()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._floor is not None:
                y = down(self._floor)
                painter.setPen(QPen(QColor(tokens.good), 1, Qt.PenStyle.DotLine))
                # It is of the values of the curve alone.
                right = area.right() if end is None else float(xs[-1])
                painter.drawLine(QPointF(area.left(), y), QPointF(right, y))
                painter.setFont(font(11))
                painter.setPen(QColor(tokens.muted))
                painter.drawText(self._word(painter, xs, ys, y, right), self.bar)
            painter.setPen(QPen(QColor(tokens.accent), 1.5))
            painter.drawPolyline(
                QPolygonF([QPointF(float(x), float(y)) for x, y in zip(xs, ys, strict=True)])
            )
            if end is not None:
                if end.floor is not None:
                    y = down(end.floor)
                    painter.setPen(QPen(QColor(tokens.good), 1, Qt.PenStyle.DotLine))
                    painter.drawLine(QPointF(area.right() - SHORT, y), QPointF(area.right(), y))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.accent))
                painter.drawEllipse(QPointF(area.right(), down(end.value)), DOT, DOT)
