"""A metric of all users as a histogram next to that of popularity; a drag brushes a range."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.text.number_format import figure

__all__ = ["UserHistogram"]

BINS = 24
BELOW, ABOVE, LEFT = 18, 18, 8
Values = NDArray[np.float64]


class UserHistogram(QWidget):
    """Filled bars are the model, the outline is the noise floor: popularity.

    Signals:
        brushed(object): (low, high) of the chosen values, None for all.
    """

    brushed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.edges = np.linspace(0.0, 1.0, BINS + 1)
        self._own = np.zeros(BINS)
        self._floor: Values | None = None
        self._means: tuple[float, float | None] = (np.nan, None)
        self.range: tuple[float, float] | None = None
        self._start = 0.0
        self.setFixedHeight(112)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Distribution over users")
        repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(300, 112)

    def show_values(self, values: Values, floor: Values | None) -> None:
        """Show a metric (n,) and that of popularity; NaN are left out."""
        every = np.concatenate([values, floor if floor is not None else values])
        every = every[np.isfinite(every)]
        low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
        low, high = min(low, 0.0), high if high > low else low + 1.0
        self.edges = np.linspace(low, high, BINS + 1)
        self._own = self._shares(values)
        self._floor = None if floor is None else self._shares(floor)
        mean = None if floor is None else float(np.nanmean(floor))
        self._means = (float(np.nanmean(values)) if len(values) else np.nan, mean)
        self.range = None
        self.setAccessibleDescription(self.text)
        self.update()

    @property
    def text(self) -> str:
        """The means in words."""
        own, floor = self._means
        beside = "" if floor is None else f", popularity {figure(floor)}"
        return f"mean {figure(own)}{beside}" if np.isfinite(own) else ""

    def _shares(self, values: Values) -> Values:
        counts, _ = np.histogram(values[np.isfinite(values)], self.edges)
        return np.asarray(counts / max(1, int(counts.sum())), np.float64)

    @property
    def _area(self) -> QRectF:
        return QRectF(LEFT, ABOVE, self.width() - 2 * LEFT, self.height() - ABOVE - BELOW)

    def _value(self, x: float) -> float:
        area = self._area
        part = min(1.0, max(0.0, (x - area.left()) / max(1.0, area.width())))
        return float(self.edges[0] + part * (self.edges[-1] - self.edges[0]))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._start = event.position().x()
        self.range = None
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        ends = sorted((self._value(self._start), self._value(event.position().x())))
        low = self.edges[max(0, int(np.searchsorted(self.edges, ends[0], "right")) - 1)]
        high = self.edges[min(BINS, int(np.searchsorted(self.edges, ends[1], "left")))]
        self.range = (float(low), float(high))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.brushed.emit(self.range)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, area = theme.colors(), self._area
        tallest = max([1e-9, *self._own, *(self._floor if self._floor is not None else ())])
        step = area.width() / BINS
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.range is not None:
                self._band(painter, area)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            for i, share in enumerate(self._own):
                high = area.height() * share / tallest
                bar = QRectF(area.left() + i * step + 1, area.bottom() - high, step - 2, high)
                painter.drawRect(bar)
            if self._floor is not None:
                heights = area.bottom() - area.height() * self._floor / tallest
                corners = [
                    QPointF(area.left() + (i + side) * step, float(y))
                    for i, y in enumerate(heights)
                    for side in (0, 1)
                ]
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(tokens.warm), 1.4))
                painter.drawPolyline(QPolygonF(corners))
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
            self._words(painter, area)

    def _band(self, painter: QPainter, area: QRectF) -> None:
        assert self.range is not None
        span = self.edges[-1] - self.edges[0]
        left, right = (
            area.left() + (value - self.edges[0]) / span * area.width() for value in self.range
        )
        painter.fillRect(
            QRectF(left, area.top(), right - left, area.height()), QColor(theme.colors().hover)
        )

    def _words(self, painter: QPainter, area: QRectF) -> None:
        tokens = theme.colors()
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        below = QRectF(area.left(), area.bottom() + 2, area.width(), BELOW)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, figure(float(self.edges[0])))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, figure(float(self.edges[-1])))
        head = QRectF(area.left(), 0, area.width(), ABOVE)
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft, f"Share of users; {self.text}")
        painter.setPen(QColor(tokens.warm))
        if self._floor is not None:
            painter.drawText(head, Qt.AlignmentFlag.AlignRight, "— popularity (floor)")
