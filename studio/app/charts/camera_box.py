"""The box that particles move in: at equal aspect, looked around in with the mouse, alone or with
others.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QWidget

from pushforward.studio.app.charts.axis import Axis, Marks, power_marks, value_marks
from pushforward.studio.app.charts.camera import LEAST_SPAN, MOST_SPAN, Bounds
from pushforward.studio.app.charts.canvas_tool import Place, Tool
from pushforward.studio.app.core.data_columns import Column
from pushforward.studio.app.design.theme import font

__all__ = ["ZOOM_STEP", "CameraBox", "link"]

ZOOM_STEP = 1.2  # of a notch of the wheel
ACROSS, UP = 130, 110  # pixels between two numbers
FIRST, LAST = 40, 16  # pixels at the ends of an axis that are left to the other one
NEARER = 10  # pixels that the numbers on the left are nearer to the edge than beside a plot
ABOVE = 10  # of a unit of the stacking: over whatever is drawn
TITLE = 160  # pixels that what is along an axis may take
INSET = 6  # of it from the edges
BELOW = 28  # pixels from the upper edge to the first number below it


class CameraBox(pg.ViewBox):  # type: ignore[misc]
    """A view box with its numbers at its rim, over what is drawn.

    ``touched`` says whether a person has chosen where to look; a ``tool`` takes the left button,
    the middle one then pans.

    Signals:
        clicked: a place in pixels.
        all_wanted: a double click without a tool.
    """

    clicked = Signal(QPointF)
    all_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(lockAspect=1.0, enableMenu=False, defaultPadding=0)
        self.disableAutoRange()
        self.setLimits(minXRange=LEAST_SPAN, maxXRange=MOST_SPAN)
        self.state["wheelScaleFactor"] = -math.log(ZOOM_STEP) / math.log(1.02) / 120
        self.touched = False
        self.tool: Tool | None = None
        self.rims = [Rim("left"), Rim("bottom")]
        for rim in self.rims:
            rim.setParentItem(self)
            rim.linkToView(self)
        self.sigRangeChangedManually.connect(self._touch)
        self.sigResized.connect(self._place_rims)

    def name_axes(self, across: Column | None, up: Column | None) -> None:
        """Say at the rim what is along either axis; None where there is nothing to be said."""
        for rim, column in zip(self.rims, (up, across), strict=True):
            rim.show_column(column)

    def look_at(self, bounds: Bounds) -> None:
        """See a rectangle of data, of the box's own aspect."""
        x0, x1, y0, y1 = bounds
        self.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    def linkedViewChanged(self, view: "CameraBox | None", axis: int) -> None:
        """Follow the range of a linked box exactly; the library would align their edges on the
        screen.
        """
        if view is not None and not self.linksBlocked:
            view.blockLink(True)
            self.touched = view.touched
            x, y = view.targetRange()
            self.setRange(xRange=x, yRange=y, padding=0)
            view.blockLink(False)

    def wheelEvent(self, ev: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        self.updateMatrix()  # the library looks at the one of the last picture
        super().wheelEvent(ev, axis)

    def mouseDragEvent(self, ev: MouseDragEvent, axis: int | None = None) -> None:
        self.updateMatrix()
        if self.tool is None or ev.button() != Qt.MouseButton.LeftButton:
            super().mouseDragEvent(ev, axis)
            return
        ev.accept()
        if ev.isStart():
            self.tool.press(self._place(ev.buttonDownPos()))
        if ev.isFinish():
            self.tool.release(self._place(ev.pos()))

    def mouseClickEvent(self, ev: MouseClickEvent) -> None:
        if ev.button() != Qt.MouseButton.LeftButton:
            ev.ignore()  # the menu belongs to the lens
            return
        ev.accept()
        if self.tool is not None:
            self.tool.press(self._place(ev.pos()))
            self.tool.release(self._place(ev.pos()))
        elif ev.double():
            self.all_wanted.emit()
        else:
            self.clicked.emit(ev.pos())

    def _place(self, pixel: QPointF) -> Place:
        at = self.mapToView(pixel)
        return at.x(), at.y()

    def _touch(self) -> None:
        self.touched = True

    def _place_rims(self) -> None:
        left, bottom = self.rims
        wide, high = self.rect().width(), self.rect().height()
        left.setGeometry(-NEARER, 0, left.maximumWidth(), high)
        bottom.setGeometry(0, high - bottom.maximumHeight(), wide, bottom.maximumHeight())
        for rim in self.rims:
            # Of an image that is partly outside Qt keeps the rest when the size changes, with the
            # numbers of the other size: it has to forget all of it.
            rim.keep(False)
            rim.keep(True)


class Rim(Axis):
    """An axis whose numbers lie on the picture, and what they are numbers of at its end; the mouse
    goes through them.
    """

    def __init__(self, side: str) -> None:
        super().__init__(side, _MARKS[side, False])
        self._column: Column | None = None
        self.setGrid(False)
        self.setZValue(ABOVE)
        self.keep(True)

    def keep(self, on: bool) -> None:
        """Keep the numbers as an image: they change more seldom than the particles between them.
        On paper they are text.
        """
        mode = self.CacheMode
        self.setCacheMode(mode.DeviceCoordinateCache if on else mode.NoCache)

    def show_column(self, column: Column | None) -> None:
        """Say what is along the axis, and count it as people do."""
        if column != self._column:
            self._column = column
            self.set_marks(_MARKS[self.orientation, column is not None and column.log])
            self.picture = None
            self.update()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return the places of the marks that the title leaves room for."""
        [(spacing, places)] = super().tickValues(low, high, size)
        if self._column is None:
            return [(spacing, places)]
        wide = QFontMetrics(font(11)).horizontalAdvance(self._title()) + FIRST
        taken = BELOW if self.orientation == "left" else wide
        last = high - (high - low) * taken / max(1.0, size)
        return [(spacing, [place for place in places if place < last])]

    def paint(self, painter: QPainter, option: Any, widget: QWidget | None) -> None:
        super().paint(painter, option, widget)
        if self._column is None:
            return
        painter.setFont(font(11))
        painter.setPen(self.textPen())
        flags = Qt.AlignmentFlag
        if self.orientation == "left":
            room = self.rect().adjusted(NEARER + INSET, INSET, TITLE, 0)
            painter.drawText(room, flags.AlignLeft | flags.AlignTop, self._title())
        else:
            room = self.rect().adjusted(0, 0, -INSET, -INSET)
            painter.drawText(room, flags.AlignRight | flags.AlignBottom, self._title())

    def boundingRect(self) -> QRectF:
        """Return where there is something: the title goes on beyond the numbers."""
        rect: QRectF = super().boundingRect()
        return rect.adjusted(0, 0, TITLE, 0) if self.orientation == "left" else rect

    def _title(self) -> str:
        if self._column is None:
            return ""
        return f"{self._column.heading} {'↑' if self.orientation == 'left' else '→'}"

    def shape(self) -> QPainterPath:
        return QPainterPath()


def link(boxes: Sequence[CameraBox]) -> None:
    """Let boxes look together: each follows the one before it, the first the last. One alone
    follows none.
    """
    for before, after in itertools.pairwise([*boxes[-1:], *boxes]):
        other = before if before is not after else None
        after.setXLink(other)
        after.setYLink(other)


def _marks_across(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return _clear(value_marks(low, high, pixels, ACROSS), low, high, pixels)


def _marks_up(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return _clear(value_marks(low, high, pixels, UP), low, high, pixels)


def _grown(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    """Return axis marks for numbers shown by their natural logarithm."""
    ten = math.log(10.0)
    marks = [(ten * at, text) for at, text in power_marks(low / ten, high / ten, pixels)]
    return _clear(marks, low, high, pixels)


_MARKS: Mapping[tuple[str, bool], Marks] = {
    ("left", False): _marks_up,
    ("bottom", False): _marks_across,
    ("left", True): _grown,
    ("bottom", True): _grown,
}
"""By the side of an axis, and whether numbers are there by their logarithms."""


def _clear(
    marks: list[tuple[float, str]], low: float, high: float, pixels: float
) -> list[tuple[float, str]]:
    """Leave out the marks in the corners."""
    unit = (high - low) / max(1.0, pixels)
    return [mark for mark in marks if low + FIRST * unit < mark[0] < high - LAST * unit]
