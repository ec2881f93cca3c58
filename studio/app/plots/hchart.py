"""The picture of the h explorer: h above, h' below, and where the particles are under both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from studio.app import words
from studio.app.plots.backdrop import colour
from studio.app.plots.hshape import Bars, Shape
from studio.app.plots.style import CanvasStyle
from studio.app.plots.ticks import label, ticks

__all__ = ["HScene", "paint_h"]

LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 54.0, 14.0, 30.0, 40.0, 40.0
BARS = 0.5  # of a panel's height for the tallest bar
POINTS = 400
FLAG = Qt.AlignmentFlag


@dataclass(frozen=True, eq=False)
class HScene:
    """What is drawn: the h in force, another one to compare, the critic's values as bars over the
    ``span`` of the axis, and their median.
    """

    shape: Shape
    ghost: Shape | None = None
    bars: Bars | None = None
    median: float | None = None
    span: tuple[float, float] = (-4.0, 4.0)


@dataclass(frozen=True)
class _Panel:
    plot: QRectF
    span: tuple[float, float]
    low: float
    high: float

    def x(self, d: float) -> float:
        return (
            self.plot.left()
            + (d - self.span[0]) / (self.span[1] - self.span[0]) * self.plot.width()
        )

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        # A curve that leaves the picture must not leave the range of a pixel number.
        return self.plot.bottom() - min(6.0, max(-6.0, share)) * self.plot.height()


def paint_h(painter: QPainter, box: QRectF, style: CanvasStyle, scene: HScene, font: QFont) -> None:
    """Paint the two panels into a box of logical pixels."""
    painter.save()
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    height = (box.height() - TOP - BOTTOM - BETWEEN) / 2
    width = box.width() - LEFT - RIGHT
    d = np.linspace(*scene.span, POINTS)
    for place, title in enumerate(("h", "h′")):
        top = box.top() + TOP + place * (height + BETWEEN)
        plot = QRectF(box.left() + LEFT, top, width, height)
        low, high = _range(scene, slope=bool(place))
        panel = _Panel(plot, scene.span, low, high)
        _bars(painter, panel, style, scene.bars)
        _grid(painter, panel, style)
        painter.save()
        painter.setClipRect(plot.adjusted(0, -2, 0, 2))
        if place:
            _astray(painter, panel, style, d, scene.shape.pull(d))
        _median(painter, panel, style, scene.median)
        for shape, pen in _pens(scene, style):
            values = shape.pull(d) if place else shape.height(d)
            painter.strokePath(_path(panel, d, values), pen)
        painter.restore()
        _dot(painter, panel, style, scene, slope=bool(place))
        _title(painter, panel, style, scene, title, legend=not place)
    _axis(painter, panel, style, scene)
    painter.restore()


def _pens(scene: HScene, style: CanvasStyle) -> list[tuple[Shape, QPen]]:
    pens = [(scene.shape, QPen(QColor(style.accent), 2.0))]
    if scene.ghost is not None:
        pens.insert(0, (scene.ghost, QPen(QColor(style.warm), 1.6, Qt.PenStyle.DashLine)))
    return pens


def _range(scene: HScene, *, slope: bool) -> tuple[float, float]:
    """Return which values are shown: those where most particles are, and the usual ones.

    An exponential would press all else to the bottom if it were shown whole.
    """
    near = np.linspace(-2.0, 2.0, 81)
    if scene.bars is not None and scene.bars.share.any():
        shares = np.cumsum(scene.bars.share)
        first = int(np.searchsorted(shares, 0.02 * shares[-1]))
        last = int(np.searchsorted(shares, 0.98 * shares[-1]))
        ends = min(-1.0, scene.bars.edges[first]), max(1.0, scene.bars.edges[last + 1])
        near = np.linspace(*ends, 81)
    shapes = [s for s in (scene.shape, scene.ghost) if s is not None]
    values = np.concatenate([s.pull(near) if slope else s.height(near) for s in shapes])
    low, high = float(values.min()), float(values.max())
    if slope:
        low, high = min(0.0, low), max(1.1, high)  # 1 is the slope that h(u) = u has
    room = 0.08 * max(high - low, 1e-3)
    return low - (0.0 if slope and low == 0.0 else room), high + room


def _path(panel: _Panel, d: NDArray[np.float64], values: NDArray[np.float64]) -> QPainterPath:
    path = QPainterPath()
    for i, (x, y) in enumerate(zip(d.tolist(), values.tolist(), strict=True)):
        point = QPointF(panel.x(x), panel.y(y))
        if i:
            path.lineTo(point)
        else:
            path.moveTo(point)
    return path


def _bars(painter: QPainter, panel: _Panel, style: CanvasStyle, bars: Bars | None) -> None:
    if bars is None or not bars.share.any():
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(style.muted, 0.28 if style.dark else 0.22))
    tallest, floor = float(bars.share.max()), panel.plot.bottom()
    for left, right, share in zip(bars.edges[:-1], bars.edges[1:], bars.share, strict=True):
        if share > 0:
            tall = BARS * panel.plot.height() * float(share) / tallest
            x0, x1 = panel.x(float(left)), panel.x(float(right))
            painter.drawRect(QRectF(x0 + 0.5, floor - tall, max(1.0, x1 - x0 - 1), tall))


def _grid(painter: QPainter, panel: _Panel, style: CanvasStyle) -> None:
    plot = panel.plot
    marks = ticks(panel.low, panel.high, max(2, int(plot.height() / 40)))
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    for mark in marks:
        y = round(panel.y(mark)) + 0.5
        painter.setPen(QPen(colour(style.line, 1.0), 1.0))
        painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
        painter.setPen(QColor(style.muted))
        box = QRectF(plot.left() - LEFT, y - 8, LEFT - 8, 16)
        painter.drawText(box, FLAG.AlignRight | FLAG.AlignVCenter, label(mark, step))
    if panel.low < 0 < panel.high:
        y = round(panel.y(0.0)) + 0.5
        painter.setPen(QPen(QColor(style.muted), 1.0))
        painter.drawLine(QLineF(plot.left(), y, plot.right(), y))


def _astray(
    painter: QPainter,
    panel: _Panel,
    style: CanvasStyle,
    d: NDArray[np.float64],
    pull: NDArray[np.float64],
) -> None:
    """Shade where particles are sent away from the data."""
    wrong = d[pull < 0]
    if wrong.size == 0:
        return
    left, right = panel.x(float(wrong[0])), panel.x(float(wrong[-1]))
    area = QRectF(left, panel.plot.top(), right - left, panel.plot.height())
    painter.fillRect(area, colour(style.warm, 0.13))
    painter.setPen(QColor(style.warm))
    text = "h′ < 0: away from the data"
    if painter.fontMetrics().horizontalAdvance(text) + 12 < area.width():
        painter.drawText(area.adjusted(6, 4, -6, 0), FLAG.AlignTop | FLAG.AlignRight, text)


def _median(painter: QPainter, panel: _Panel, style: CanvasStyle, median: float | None) -> None:
    if median is not None:
        x = round(panel.x(median)) + 0.5
        painter.setPen(QPen(colour(style.text, 0.7), 1.0, Qt.PenStyle.DotLine))
        painter.drawLine(QLineF(x, panel.plot.top(), x, panel.plot.bottom()))


def _dot(
    painter: QPainter, panel: _Panel, style: CanvasStyle, scene: HScene, *, slope: bool
) -> None:
    """Mark the median particle on the curve in force."""
    if scene.median is None:
        return
    at = np.array([scene.median])
    value = float((scene.shape.pull(at) if slope else scene.shape.height(at))[0])
    x, y = panel.x(scene.median), panel.y(value)
    if not panel.plot.adjusted(-1, -3, 1, 3).contains(QPointF(x, y)):
        return
    painter.setPen(QPen(QColor(style.background), 1.5))
    painter.setBrush(QColor(style.accent))
    painter.drawEllipse(QPointF(x, y), 4.0, 4.0)
    text = f"{'h′' if slope else 'h'} = {words.figure(value)}"
    wide = painter.fontMetrics().horizontalAdvance(text)
    left = x + 9 if x + 12 + wide < panel.plot.right() else x - 9 - wide
    above = y - 20 > panel.plot.top()
    box = QRectF(left - 3, y - 21 if above else y + 5, wide + 6, 16)
    painter.fillRect(box, colour(style.background, 0.75))
    painter.setPen(QColor(style.text))
    painter.drawText(box, FLAG.AlignCenter, text)


def _title(
    painter: QPainter,
    panel: _Panel,
    style: CanvasStyle,
    scene: HScene,
    title: str,
    *,
    legend: bool,
) -> None:
    plot = panel.plot
    painter.setPen(QColor(style.muted))
    meaning = "h, what particles climb" if title == "h" else "h′, how fast they climb"
    line = QRectF(plot.left(), plot.top() - 24, plot.width(), 18)
    painter.drawText(line, FLAG.AlignLeft | FLAG.AlignVCenter, meaning)
    if not legend:
        return
    x = plot.right()
    for shape, pen in _pens(scene, style):
        x -= painter.fontMetrics().horizontalAdvance(shape.title)
        painter.setPen(QColor(style.text))
        painter.drawText(QPointF(x, plot.top() - 11), shape.title)
        painter.setPen(pen)
        painter.drawLine(QLineF(x - 24, plot.top() - 15, x - 6, plot.top() - 15))
        x -= 40


def _axis(painter: QPainter, panel: _Panel, style: CanvasStyle, scene: HScene) -> None:
    """Write the critic's values under the lower panel."""
    plot = panel.plot
    marks = ticks(*scene.span, max(2, int(plot.width() / 80)))
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    painter.setPen(QColor(style.muted))
    for mark in marks:
        box = QRectF(panel.x(mark) - 30, plot.bottom() + 4, 60, 16)
        painter.drawText(box, FLAG.AlignHCenter | FLAG.AlignVCenter, label(mark, step))
        x = round(panel.x(mark)) + 0.5
        painter.drawPolyline(QPolygonF([QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3)]))
    text = "the critic d = log p/q"
    if scene.median is not None:
        text += f", at the particles (median {words.figure(scene.median)})"
    line = QRectF(plot.left(), plot.bottom() + 20, plot.width(), 16)
    painter.drawText(line, FLAG.AlignRight | FLAG.AlignVCenter, text)
