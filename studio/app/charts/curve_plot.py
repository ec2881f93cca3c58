"""A chart of curves as a widget: what it draws, and what the mouse and the keys do on it."""

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import power_marks, step_marks, value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.curve_chart import (
    ChartScene,
    Range,
    fitted,
    reduced,
    values_at,
    whole_height,
)
from pushforward.studio.app.charts.curve_items import Frame, curve_items
from pushforward.studio.app.charts.interactive_plot import Explored, within
from pushforward.studio.app.charts.plot_plane import Plane, pen

__all__ = ["ChartPlot"]


class ChartPlot(Explored):
    """Shows a scene. The heights that are looked at are its own, the part of the steps is the
    owner's: many charts may share it.

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
        self._cursor = pg.InfiniteLine(angle=90)
        self._hover = pg.InfiniteLine(angle=90)
        self._dots = pg.ScatterPlotItem(size=8, antialias=True, useCache=False)
        self.plane = self.add_plane(step_marks, value_marks)
        for z, item in enumerate((self._cursor, self._hover, self._dots), 10):
            item.setZValue(z)
            self.plane.keep(item)
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
        """Show the axis titles, for print."""
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
        drawn: list[QGraphicsItem] = []
        for curve, part in zip(scene.curves, found, strict=True):
            others = [each for each in scene.curves if each is not curve]
            drawn += curve_items(curve, part, frame, style, others)
        plane.draw(drawn)
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

    def pointed(self, at: QPointF | None) -> None:
        """Pass on which step the mouse is over."""
        self.hovered.emit(None if at is None else at.x())

    def chose(self, at: QPointF) -> None:
        """Pass on which step was clicked."""
        self.chosen.emit(at.x())

    def show_all(self) -> None:
        """Look at all steps and all values again."""
        self.set_scene(replace(self.shown, height=None))
        self.zoomed.emit(None)

    def look_closer(self, plane: Plane, x: Range, y: Range) -> None:
        """Look closer, or from further away, but never at more than there is."""
        scene = self.shown
        everything = replace(scene, zoom=None, height=None)
        heights = whole_height(everything, reduced(everything, 16))
        part = within(x, scene.extent, 1.0 if scene.whole else None)
        height = within(y, heights)
        if part is None or height is None:
            return
        all_steps = part == scene.extent
        shown_all = height == heights or (all_steps and scene.zoom is not None)
        self.set_scene(replace(scene, height=None if shown_all else height))
        self.zoomed.emit(None if all_steps else part)

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


def _time_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return value_marks(low, high, pixels, apart=110)
