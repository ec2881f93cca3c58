"""A chart of curves as a widget: what it draws, and what the mouse and the keys do on it."""

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from studio.app.plots.axis import power_marks, step_marks, value_marks
from studio.app.plots.backdrop import colour
from studio.app.plots.chart import ChartScene, Range, fitted, reduced, values_at, whole_height
from studio.app.plots.drawncurve import Frame, curve_items
from studio.app.plots.plane import Surface, pen

__all__ = ["ChartPlot"]

DRAG = 5.0  # pixels from which a press is a box, and a side of a box counts
NOTCH = 0.75  # of each axis that is left after a notch of the wheel
CLOSEST = 1e-6  # of an axis that can be looked at


class ChartPlot(Surface):
    """Shows a scene. The wheel zooms both axes under the mouse, a drag those of its box; a double
    click shows all. Heights are its own, the part of the steps is the owner's.

    Signals:
        hovered: the step under the mouse, None when it left.
        chosen: the step that was clicked.
        zoomed: (first, last) step of a part to look at; None to show all again.
    """

    hovered = Signal(object)
    chosen = Signal(float)
    zoomed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = ChartScene()
        self._from: QPointF | None = None
        self._to: QPointF | None = None
        self.plane = self.add_plane(step_marks, value_marks)
        self._cursor = pg.InfiniteLine(angle=90)
        self._hover = pg.InfiniteLine(angle=90)
        self._dots = pg.ScatterPlotItem(size=8, antialias=True, useCache=False)
        for z, item in enumerate((self._cursor, self._hover, self._dots), 10):
            item.setZValue(z)
            self.plane.keep(item)
        self.plane.box.sigResized.connect(lambda _box: self.redraw())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(150)
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(420, 190)

    def set_scene(self, scene: ChartScene) -> None:
        """Show another scene."""
        self.shown = scene
        self.redraw()

    def set_hover(self, step: float | None) -> None:
        """Point at a step in all curves, or at none."""
        self.shown = replace(self.shown, hover=step)
        self._point()

    def name_axes(self, up: str) -> None:
        """Write beside the axes what is along them, for paper."""
        self.plane.bottom.set_name(self.shown.across)
        self.plane.left.set_name(up)

    # Drawing

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        style = self.style_
        self._cursor.setPen(pen(colour(style.text, 0.6)))
        self._hover.setPen(pen(colour(style.muted, 0.6), 1.0, Qt.PenStyle.DotLine))
        self._dots.setPen(pen(style.background, 1.5))
        super().restyle()

    def redraw(self) -> None:
        """Draw the curves anew, reduced to the columns that there are."""
        scene, plane = self.shown, self.plane
        wide, high = plane.size
        found = reduced(scene, max(16, int(wide)))
        frame = Frame(scene.span, fitted(scene, found), wide, high, scene.log)
        plane.left.set_marks(power_marks if scene.log else value_marks)
        plane.bottom.set_marks(step_marks if scene.whole else _time_marks)
        plane.look_at(frame.x, frame.y)
        style = self.style_
        drawn = zip(scene.curves, found, strict=True)
        plane.draw([item for c, part in drawn for item in curve_items(c, part, frame, style)])
        self._point()

    def _point(self) -> None:
        """Show where the clock and the mouse are."""
        scene = self.shown
        for line, step in ((self._cursor, scene.cursor), (self._hover, scene.hover)):
            line.setVisible(step is not None and scene.span[0] <= step <= scene.span[1])
            if step is not None:
                line.setValue(step)
        found = values_at(scene, scene.hover) if scene.hover is not None else []
        known = [(s, v, c.ink) for c, s, v in found if np.isfinite(v) and (v > 0 or not scene.log)]
        heights = [float(np.log10(v)) if scene.log else v for _, v, _ in known]
        self._dots.setData(
            [s for s, _, _ in known], heights, brush=[QColor(ink) for _, _, ink in known]
        )

    # The mouse

    def _at(self, place: QPointF) -> QPointF:
        """Return the step and the height at a place, within what is seen."""
        at = self.plane.value_at(place)
        (x0, x1), (y0, y1) = self.plane.box.viewRange()
        return QPointF(min(x1, max(x0, at.x())), min(y1, max(y0, at.y())))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._from, self._to = event.position(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._from is not None and (place - self._from).manhattanLength() > DRAG:
            self._to = place
            corner, other = (self.plane.box.mapFromScene(p) for p in (self._from, place))
            inside = self.plane.box.rect().intersected(QRectF(corner, other).normalized())
            self.plane.box.updateScaleBox(inside.topLeft(), inside.bottomRight())
        self.hovered.emit(self._at(place).x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        start, end = self._from, self._to
        self._from, self._to = None, None
        self.plane.box.rbScaleBox.hide()
        if start is None:
            return
        first = self._at(start)
        if end is None:
            self.chosen.emit(first.x())
            return
        last, moved = self._at(end), end - start
        (x0, x1), (y0, y1) = self.plane.box.viewRange()
        if abs(moved.x()) > DRAG:
            x0, x1 = sorted((first.x(), last.x()))
        if abs(moved.y()) > DRAG:
            y0, y1 = sorted((first.y(), last.y()))
        self._look_at((x0, x1), (y0, y1))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._from = None
        self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        share = NOTCH ** (event.angleDelta().y() / 120)
        at = self._at(event.position())
        x, y = self.plane.box.viewRange()
        self._look_at(_around(x, at.x(), share), _around(y, at.y(), share))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)

    def show_all(self) -> None:
        """Look at all steps and all values again."""
        self.set_scene(replace(self.shown, height=None))
        self.zoomed.emit(None)

    def _look_at(self, x: Range, y: Range) -> None:
        """Look closer, or from further away, but never at more than there is."""
        scene = self.shown
        (e0, e1), (x0, x1) = scene.extent, x
        least = 1.0 if scene.whole else CLOSEST * (e1 - e0)
        if x1 - x0 < least:
            return
        whole = replace(scene, zoom=None)
        low, high = whole_height(whole, reduced(whole, 16))
        y0, y1 = max(low, y[0]), min(high, y[1])
        if y1 - y0 < CLOSEST * (high - low):
            return
        all_steps = x0 <= e0 and x1 >= e1
        height = None if y0 <= low and y1 >= high else (y0, y1)
        if all_steps and scene.zoom is not None:
            height = None
        self.set_scene(replace(scene, height=height))
        self.zoomed.emit(None if all_steps else (max(e0, x0), min(e1, x1)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the hover line with Ctrl and the arrows, zoom with + and -, all with 0."""
        low, high = self.shown.span
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        at = self.shown.hover if self.shown.hover is not None else (low + high) / 2
        step, key = (high - low) / 50, event.key()
        if ctrl and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            move = step if key == Qt.Key.Key_Right else -step
            self.hovered.emit(min(high, max(low, at + move)))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and high - low > 4:
            self.zoomed.emit((at - (at - low) / 2, at + (high - at) / 2))
        elif key in (Qt.Key.Key_Minus, Qt.Key.Key_0):
            self.show_all()
        else:
            event.ignore()


def _around(old: list[float], at: float, share: float) -> Range:
    """Return a share of a range that leaves a place in it where it is."""
    return at - (at - old[0]) * share, at + (old[1] - at) * share


def _time_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return value_marks(low, high, pixels, apart=110)
