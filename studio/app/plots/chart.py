"""Curves on a pair of axes, painted: the same picture on the screen, in a PNG and in an SVG."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from studio.app.plots.backdrop import colour
from studio.app.plots.curves import Columns, Curve, columns, envelope, nearest_index, smoothed
from studio.app.plots.style import CanvasStyle
from studio.app.plots.ticks import label, number, ticks

__all__ = ["Axes", "ChartScene", "axes_for", "paint_chart", "values_at"]

LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 8.0, 22.0
SMOOTH = 0.02  # of the columns: the window of the smoothed line on each side
SHORT = 18  # pixels of the floor of one value alone


@dataclass(frozen=True, eq=False)
class ChartScene:
    """What is drawn. ``span`` is the range of steps; ``cursor`` where the training clock points;
    ``hover`` the step under the mouse. The axis counts steps, unless it is not ``whole``.
    """

    curves: list[Curve] = field(default_factory=list)
    span: tuple[float, float] = (0.0, 1.0)
    log: bool = False
    cursor: float | None = None
    hover: float | None = None
    whole: bool = True


@dataclass(frozen=True)
class Axes:
    """Where data is on the picture. With ``log`` low and high are powers of ten."""

    plot: QRectF
    x0: float
    x1: float
    low: float
    high: float
    log: bool

    def x(self, step: float) -> float:
        """Return where a step is."""
        return self.plot.left() + (step - self.x0) / (self.x1 - self.x0) * self.plot.width()

    def step(self, x: float) -> float:
        """Return the step at a place."""
        return self.x0 + (x - self.plot.left()) / self.plot.width() * (self.x1 - self.x0)

    def places(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return pixels (m, 2) of values; NaN stays NaN."""
        if self.log:
            with np.errstate(invalid="ignore", divide="ignore"):
                y = np.where(y > 0, np.log10(y), np.nan)
        px = self.plot.left() + (x - self.x0) / (self.x1 - self.x0) * self.plot.width()
        py = self.plot.bottom() - (y - self.low) / (self.high - self.low) * self.plot.height()
        return np.stack([px, py], axis=1)


def _reduced(scene: ChartScene, width: float) -> list[Columns]:
    x0, x1 = scene.span
    count = max(16, int(width))
    return [columns(c.steps, c.values, x0, x1, count) for c in scene.curves]


def axes_for(scene: ChartScene, box: QRectF) -> Axes:
    """Return the axes that show all curves of a scene in a box."""
    plot = box.adjusted(LEFT, TOP, -RIGHT, -BOTTOM)
    return _axes(scene, plot, _reduced(scene, plot.width()))


def _axes(scene: ChartScene, plot: QRectF, reduced: list[Columns]) -> Axes:
    x0, x1 = scene.span
    parts = [np.concatenate([r.low, r.high]) for r in reduced]
    parts += [np.array([c.floor]) for c in scene.curves if c.floor is not None]
    parts += [c.floors for c in scene.curves if c.floors is not None]
    values = np.concatenate(parts) if parts else np.empty(0)
    values = values[np.isfinite(values)]
    if scene.log:
        values = np.log10(values[values > 0])
    if values.size == 0:
        low, high = (-1.0, 0.0) if scene.log else (0.0, 1.0)
    else:
        low, high = float(np.min(values)), float(np.max(values))
    room = (high - low) * 0.06 or (0.5 if scene.log else max(1e-12, abs(high) * 0.1))
    return Axes(plot, x0, max(x1, x0 + 1e-9), low - room, high + room, scene.log)


def paint_chart(
    painter: QPainter, box: QRectF, style: CanvasStyle, scene: ChartScene, font: QFont
) -> Axes:
    """Paint a chart into a box of logical pixels and return where things are."""
    plot = box.adjusted(LEFT, TOP, -RIGHT, -BOTTOM)
    reduced = _reduced(scene, plot.width())
    axes = _axes(scene, plot, reduced)
    painter.save()
    painter.setFont(font)
    _grid(painter, axes, style, scene.whole)
    painter.setClipRect(plot.adjusted(-3, -3, 3, 3))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for curve, found in zip(scene.curves, reduced, strict=True):
        _floor(painter, axes, style, curve)
        parts = curve.parts
        if len(parts) == 1:
            _curve(painter, axes, curve, found)
        else:
            _parts(painter, axes, parts)
    for curve in scene.curves:
        _words(painter, axes, style, curve)
    _vertical(painter, axes, scene.cursor, QPen(colour(style.text, 0.6), 1.0))
    _vertical(painter, axes, scene.hover, QPen(colour(style.muted, 0.6), 1.0, Qt.PenStyle.DotLine))
    if scene.hover is not None:
        _dots_at(painter, axes, style, scene)
    painter.restore()
    return axes


def _grid(painter: QPainter, axes: Axes, style: CanvasStyle, whole: bool) -> None:
    plot = axes.plot
    flag = Qt.AlignmentFlag
    for value, text in _value_ticks(axes):
        y = plot.bottom() - (value - axes.low) / (axes.high - axes.low) * plot.height()
        painter.setPen(QPen(QColor(style.line), 1.0))
        painter.drawLine(QLineF(plot.left(), round(y) + 0.5, plot.right(), round(y) + 0.5))
        painter.setPen(QColor(style.muted))
        box = QRectF(plot.left() - LEFT, y - 8, LEFT - 8, 16)
        painter.drawText(box, flag.AlignRight | flag.AlignVCenter, text)
    painter.setPen(QColor(style.muted))
    for mark, text in _step_ticks(axes, whole):
        middle = min(axes.x(mark), plot.right() + RIGHT - 4 - 3.4 * len(text))
        box = QRectF(middle - 50, plot.bottom() + 5, 100, 16)
        painter.drawText(box, flag.AlignHCenter | flag.AlignVCenter, text)


def _step_ticks(axes: Axes, whole: bool) -> list[tuple[float, str]]:
    marks = ticks(axes.x0, axes.x1, max(2, int(axes.plot.width() / 110)))
    if whole:
        return [(mark, f"{int(mark):,}") for mark in marks if mark == int(mark)]
    step = marks[1] - marks[0] if len(marks) > 1 else 1.0
    return [(mark, label(mark, step)) for mark in marks]


def _value_ticks(axes: Axes) -> list[tuple[float, str]]:
    about = max(2, int(axes.plot.height() / 44))
    if not axes.log or axes.high - axes.low < 1:
        low, high = (10**axes.low, 10**axes.high) if axes.log else (axes.low, axes.high)
        marks = ticks(low, high, about)
        while len(marks) < 2 and about < 16:  # one alone says nothing of the scale
            about += 1
            marks = ticks(low, high, about)
        step = marks[1] - marks[0] if len(marks) > 1 else 1.0
        place = math.log10 if axes.log else float
        return [(place(m), label(m, step)) for m in marks if not axes.log or m > 0]
    powers = range(math.ceil(axes.low), math.floor(axes.high) + 1)
    return [(float(p), number(10.0**p)) for p in powers]


def _path(places: NDArray[np.float64]) -> QPainterPath:
    """Return a line through finite places, broken where there is none."""
    path = QPainterPath()
    broken = True
    for (x, y), known in zip(places.tolist(), np.isfinite(places[:, 1]).tolist(), strict=True):
        if not known:
            broken = True
        elif broken:
            path.moveTo(x, y)
            broken = False
        else:
            path.lineTo(x, y)
    return path


def _curve(painter: QPainter, axes: Axes, curve: Curve, found: Columns) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if curve.dots:
        places = axes.places(found.x, found.mean)
        painter.setPen(QPen(QColor(curve.ink), 1.4))
        painter.drawPath(_path(places))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(curve.ink))
        if len(places) <= 200:
            for x, y in places[np.isfinite(places[:, 1])]:
                painter.drawEllipse(QPointF(x, y), 2.4, 2.4)
        return
    painter.setPen(QPen(colour(curve.ink, 0.35), 1.0))
    painter.drawPath(_path(axes.places(*envelope(found))))
    line = smoothed(found.mean, max(1.0, SMOOTH * found.x.size))
    painter.setPen(QPen(QColor(curve.ink), 1.5))
    painter.drawPath(_path(axes.places(found.x, line)))


def _parts(painter: QPainter, axes: Axes, parts: list[Curve]) -> None:
    """Paint the curves of different numbers of samples apart: a line that joins them would show a
    step that nothing learned.
    """
    count = max(16, int(axes.plot.width()))
    for part in parts:
        _curve(painter, axes, part, columns(part.steps, part.values, axes.x0, axes.x1, count))


def _words(painter: QPainter, axes: Axes, style: CanvasStyle, curve: Curve) -> None:
    """Write what the floor of a curve is, and of how many samples all parts but the longest are."""
    _floor_word(painter, axes, style, curve.parts[0] if curve.floors is not None else curve)
    for part in curve.parts[1:]:
        known = np.isfinite(part.values) & (part.steps >= axes.x0) & (part.steps <= axes.x1)
        if part.counts is not None and known.any():
            last = np.flatnonzero(known)[-1:]
            x, y = axes.places(part.steps[last], part.values[last])[0].tolist()
            place = QRectF(x - 128, max(y - 18, axes.plot.top()), 122, 16)
            told = f"n = {int(part.counts[0]):,}"
            _write(painter, style, place, Qt.AlignmentFlag.AlignRight, told)


def _write(
    painter: QPainter, style: CanvasStyle, place: QRectF, side: Qt.AlignmentFlag, text: str
) -> None:
    """Write in the plot, on a ground that keeps lines from running through the words."""
    flags = side | Qt.AlignmentFlag.AlignVCenter
    ground = painter.boundingRect(place, flags, text)
    painter.fillRect(ground.adjusted(-2, 1, 2, -1), colour(style.panel, 0.8))
    painter.setPen(QColor(style.muted))
    painter.drawText(place, flags, text)


def _floor(painter: QPainter, axes: Axes, style: CanvasStyle, curve: Curve) -> None:
    if curve.floor is None:
        return
    longest, *others = curve.parts if curve.floors is not None else [curve]
    places = _floor_places(axes, longest)
    if places is not None:
        painter.setPen(QPen(QColor(style.good), 1.2, Qt.PenStyle.DashLine))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in places.tolist()]))
    painter.setPen(QPen(QColor(style.good), 1.2, Qt.PenStyle.DashLine))
    for part in others:
        if part.floors is not None:
            places = axes.places(np.clip(part.steps, axes.x0, axes.x1), part.floors)
            places = np.concatenate([places[:1] - (SHORT, 0.0), places])
            painter.drawPath(_path(places))


def _floor_places(axes: Axes, curve: Curve) -> NDArray[np.float64] | None:
    """Return where the line of a floor runs, from edge to edge; None where it has no place."""
    steps, floors = np.array([axes.x0, axes.x1]), np.array([curve.floor] * 2, dtype=np.float64)
    if curve.floors is not None and len(curve.floors):
        ends = curve.floors[0], curve.floors[-1]
        steps = np.concatenate([[axes.x0], np.clip(curve.steps, axes.x0, axes.x1), [axes.x1]])
        floors = np.concatenate([ends[:1], curve.floors, ends[1:]])
    places = axes.places(steps, floors)
    return places if np.isfinite(places).all() else None


def _floor_word(painter: QPainter, axes: Axes, style: CanvasStyle, curve: Curve) -> None:
    """Say what the line of a floor is; on the left, where a curve has not yet come near it."""
    places = _floor_places(axes, curve) if curve.floor is not None else None
    if places is None:
        return
    y = float(places[0, 1])
    place = QRectF(axes.plot.left() + 4, y - 17 if y - 17 > axes.plot.top() else y + 2, 118, 16)
    first = curve.floors[0] if curve.floors is not None and len(curve.floors) else curve.floor
    assert first is not None
    told = f"{curve.bar} {number(float(first))}"
    _write(painter, style, place, Qt.AlignmentFlag.AlignLeft, told)


def _vertical(painter: QPainter, axes: Axes, step: float | None, pen: QPen) -> None:
    if step is not None and axes.x0 <= step <= axes.x1:
        x = round(axes.x(step)) + 0.5
        painter.setPen(pen)
        painter.drawLine(QLineF(x, axes.plot.top(), x, axes.plot.bottom()))


def values_at(scene: ChartScene, step: float) -> list[tuple[Curve, float, float]]:
    """Return (curve, step, value) of the point of each curve nearest to a step."""
    found = []
    for curve in scene.curves:
        i = nearest_index(curve.steps, step)
        if i >= 0:
            found.append((curve, float(curve.steps[i]), float(curve.values[i])))
    return found


def _dots_at(painter: QPainter, axes: Axes, style: CanvasStyle, scene: ChartScene) -> None:
    assert scene.hover is not None
    for curve, step, value in values_at(scene, scene.hover):
        place = axes.places(np.array([step]), np.array([value]))[0]
        if np.isfinite(place).all():
            painter.setPen(QPen(QColor(style.background), 1.5))
            painter.setBrush(QColor(curve.ink))
            painter.drawEllipse(QPointF(*place), 3.6, 3.6)
