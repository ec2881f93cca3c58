"""The box that particles move in: at equal aspect, looked around in with the mouse, alone or with
others.
"""

import itertools
import math
from collections.abc import Sequence

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent, MouseDragEvent
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsSceneWheelEvent

from studio.app.plots.axis import Axis, Marks, value_marks
from studio.app.plots.camera import LEAST_SPAN, MOST_SPAN, Bounds
from studio.app.plots.tools import Place, Tool

__all__ = ["ZOOM_STEP", "CameraBox", "link"]

ZOOM_STEP = 1.2  # of a notch of the wheel
ACROSS, UP = 130, 110  # pixels between two numbers
FIRST, LAST = 40, 16  # pixels at the ends of an axis that are left to the other one
NEARER = 10  # pixels that the numbers on the left are nearer to the edge than beside a plot
ABOVE = 10  # of a unit of the stacking: over whatever is drawn


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
        self.rims = [Rim("left", _marks_up), Rim("bottom", _marks_across)]
        for rim in self.rims:
            rim.setParentItem(self)
            rim.linkToView(self)
        self.sigRangeChangedManually.connect(self._touch)
        self.sigResized.connect(self._place_rims)

    def look_at(self, bounds: Bounds) -> None:
        """See a rectangle of data, of the box's own aspect."""
        x0, x1, y0, y1 = bounds
        self.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)

    def linkedViewChanged(self, view: "CameraBox | None", axis: int) -> None:
        """Look at what a linked box was told to look at; whoever chose that chose it for both. The
        library would line their edges up on the screen, as plots below each other want it.
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
    """An axis whose numbers lie on the picture; the mouse goes through them."""

    def __init__(self, side: str, marks: Marks) -> None:
        super().__init__(side, marks)
        self.setGrid(False)
        self.setZValue(ABOVE)
        self.keep(True)

    def keep(self, on: bool) -> None:
        """Keep the numbers as an image: they change more seldom than the particles between them.
        On paper they are text.
        """
        mode = self.CacheMode
        self.setCacheMode(mode.DeviceCoordinateCache if on else mode.NoCache)

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


def _clear(
    marks: list[tuple[float, str]], low: float, high: float, pixels: float
) -> list[tuple[float, str]]:
    """Leave out the marks in the corners."""
    unit = (high - low) / max(1.0, pixels)
    return [mark for mark in marks if low + FIRST * unit < mark[0] < high - LAST * unit]
