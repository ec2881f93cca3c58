"""The plot of the h explorer: h above, h' below, and where the particles are under both."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPaintEvent, QPen
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import no_marks, value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, dots, pen, word
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.rescaling_shape import Bars, Shape
from pushforward.studio.app.text import number_format

__all__ = ["HPlot", "HScene"]

BARS = 0.5  # of a plane's height for the tallest bar
POINTS = 400
WIDE = 360  # pixels from which the axis has room for its whole title
MEANING = "h, what particles climb", "h′, speed factor"
ASTRAY = "h′ < 0: away from the data"
LETTER = 6  # pixels, about


@dataclass(frozen=True, eq=False)
class HScene:
    """What is drawn: the h in force, another one to compare, the critic's values as bars over the
    ``span`` of the axis, and their median.
    """

    shape: Shape
    ghost: Shape | None = None
    bars: Bars | None = None
    median: float | None = None
    span: Range = (-4.0, 4.0)


class HPlot(Explored):
    """Shows one scene.

    Signals:
        painted: what was set is on the screen.
    """

    painted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: HScene | None = None
        self._under: float | None = None  # the critic under the mouse
        self.add_plane(no_marks, value_marks, heading=True)
        self.add_plane(_critic_marks, value_marks, heading=True)
        self._lines = [pg.InfiniteLine(angle=90) for _ in self.planes]
        for plane, line in zip(self.planes, self._lines, strict=True):
            line.setZValue(10)
            plane.keep(line)
        self.setMinimumSize(QSize(220, 220))
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(560, 520)

    def set_scene(self, scene: HScene | None) -> None:
        """Show another scene."""
        self.shown = scene
        self.redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return the span of the scene, and the values that most particles have."""
        scene = self.shown
        if scene is None:
            return super().full_range(plane)
        return scene.span, _heights(scene, slope=plane is self.planes[1])

    def pointed(self, at: QPointF | None) -> None:
        """Say the values of both curves under the mouse."""
        self._under = None if at is None else at.x()
        self._tell()

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        for line in self._lines:
            line.setPen(pen(colour(self.style_.muted, 0.6), 1.0, Qt.PenStyle.DotLine))
        super().restyle()

    def redraw(self) -> None:
        """Draw the two planes anew."""
        scene, style = self.shown, self.style_
        if scene is None or len(self.planes) < 2:
            return
        for plane in self.planes:
            across, up = self.full_range(plane)
            x, y = self.part or across, self.parts.get(plane, up)
            plane.look_at(x, y)
            slope = plane is self.planes[1]
            plane.draw(list(_items(scene, style, x, y, plane.size, slope=slope)))
        below = "the critic d = log p/q"
        if scene.median is not None:
            figure = number_format.figure(scene.median)
            wide = self.width() >= WIDE
            below = (
                f"{below}, at the particles (median {figure})" if wide else f"d, median {figure}"
            )
        self.planes[1].bottom.set_name(below)
        self._tell()

    def _tell(self) -> None:
        """Write above the planes what they show, or the values under the mouse."""
        scene, at = self.shown, self._under
        for line in self._lines:
            line.setVisible(at is not None)
            if at is not None:
                line.setValue(at)
        if scene is None:
            return
        pens = _pens(scene, self.style_)
        for slope, (plane, meaning) in enumerate(zip(self.planes, MEANING, strict=True)):
            plane.heading.tell(meaning, [] if slope else [(s.title, ink) for s, ink in pens])
            if at is not None:
                told = [
                    number_format.figure(_value(shape, at, slope=bool(slope))) for shape, _ in pens
                ]
                called = "h′" if slope else "h"
                plane.heading.say(f"{called}({number_format.figure(at)}) = {', '.join(told)}")


def _pens(scene: HScene, style: CanvasStyle) -> list[tuple[Shape, QPen]]:
    pens = [(scene.shape, pen(style.accent, 2.0))]
    if scene.ghost is not None:
        pens.insert(0, (scene.ghost, pen(style.warm, 1.6, Qt.PenStyle.DashLine)))
    return pens


def _value(shape: Shape, d: float, *, slope: bool) -> float:
    at = np.array([d])
    return float((shape.pull(at) if slope else shape.height(at))[0])


def _heights(scene: HScene, *, slope: bool) -> Range:
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


def _items(
    scene: HScene, style: CanvasStyle, x: Range, y: Range, size: tuple[float, float], *, slope: bool
) -> Iterator[QGraphicsItem]:
    """Yield what is on a plane, back to front."""
    tall = y[1] - y[0]
    if scene.bars is not None and scene.bars.share.any():
        yield _bars(scene.bars, style, y)
    yield pg.InfiniteLine(0.0, angle=0, pen=pen(style.muted))
    d = np.linspace(*x, POINTS)
    if slope:
        yield from _astray(style, d, scene.shape.pull(d), y[1], size[0])
    if scene.median is not None:
        dotted = pen(colour(style.text, 0.7), 1.0, Qt.PenStyle.DotLine)
        yield pg.InfiniteLine(scene.median, angle=90, pen=dotted)
    for shape, ink in _pens(scene, style):
        values = shape.pull(d) if slope else shape.height(d)
        # A curve that leaves the picture must not leave the range of a pixel number.
        yield Line(d, np.clip(values, y[0] - 6 * tall, y[1] + 6 * tall), ink)
    if scene.median is not None:
        yield from _dot(scene.shape, scene.median, style, x, y, size, slope=slope)


def _bars(bars: Bars, style: CanvasStyle, y: Range) -> pg.BarGraphItem:
    tops = y[0] + BARS * (y[1] - y[0]) * bars.share / bars.share.max()
    some = bars.share > 0
    return pg.BarGraphItem(
        x0=bars.edges[:-1][some], x1=bars.edges[1:][some], y0=y[0], y1=tops[some],
        pen=pg.mkPen(None), brush=colour(style.muted, 0.28 if style.dark else 0.22),
    )  # fmt: skip


def _astray(
    style: CanvasStyle, d: NDArray[np.float64], pull: NDArray[np.float64], top: float, wide: float
) -> Iterator[QGraphicsItem]:
    """Shade where particles are sent away from the data."""
    wrong = d[pull < 0]
    if wrong.size:
        left, right = float(wrong[0]), float(wrong[-1])
        yield pg.LinearRegionItem(
            (left, right), movable=False, brush=colour(style.warm, 0.13), pen=pg.mkPen(None)
        )
        if (right - left) / (d[-1] - d[0]) * wide > LETTER * len(ASTRAY) + 12:
            yield word(ASTRAY, style.warm, (right, top), (1.0, 0.0))


def _dot(
    shape: Shape, median: float, style: CanvasStyle, x: Range, y: Range,
    size: tuple[float, float], *, slope: bool,
) -> Iterator[QGraphicsItem]:  # fmt: skip
    """Mark the median particle on the curve in force."""
    value = _value(shape, median, slope=slope)
    if not (x[0] <= median <= x[1] and y[0] <= value <= y[1]):
        return
    edge = pen(style.background, 1.5)
    yield dots(np.array([median]), np.array([value]), 9, QColor(style.accent), edge)
    text = f"{'h′' if slope else 'h'} = {number_format.figure(value)}"
    room = (x[1] - median) / (x[1] - x[0]) * size[0] > LETTER * len(text) + 24
    above = (y[1] - value) / (y[1] - y[0]) * size[1] > 24
    anchor = (-0.12 if room else 1.12, 1.1 if above else -0.1)
    yield word(text, style.text, (median, value), anchor, colour(style.background, 0.75))


def _critic_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return value_marks(low, high, pixels, apart=80)
