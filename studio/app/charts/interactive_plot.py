"""A surface that answers to the mouse: pointing, choosing, and looking closer at a plane."""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from pushforward.studio.app.charts.plot_plane import Plane, Surface

__all__ = ["CLOSEST", "Explored", "Range", "within"]

Range = tuple[float, float]
DRAG = 5.0  # pixels from which a press is a box, and a side of a box counts
NOTCH = 0.75  # of each axis that is left after a notch of the wheel
CLOSEST = 1e-6  # of an axis that can be looked at

LIKED = (320, 230)  # logical pixels of a picture


class Explored(Surface):
    """The wheel zooms both axes of a plane under the mouse, a drag those of its box, a double click
    shows all. All planes share what they show across.

    ``part`` is the range across that is looked at, ``parts`` those of the heights by plane; None,
    or no entry, for all there is.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.part: Range | None = None
        self.parts: dict[Plane, Range] = {}
        self._pressed: tuple[Plane, QPointF] | None = None
        self._to: QPointF | None = None
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """Return a readable size; the library's default is too large for small windows."""
        return QSize(*LIKED)

    # What happens, for those to say who make one of it

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return all there is to see on a plane, across and up."""
        return (0.0, 1.0), (0.0, 1.0)

    def pointed(self, at: QPointF | None) -> None:
        """Take in which values the mouse points at; None when it left."""

    def chose(self, at: QPointF) -> None:
        """Take in which values were clicked."""

    def drawing(self, plane: Plane, start: QPointF, end: QPointF) -> None:
        """Show the box that is being drawn between two places on the surface."""
        corner, other = (plane.box.mapFromScene(p) for p in (start, end))
        inside = plane.box.rect().intersected(QRectF(corner, other).normalized())
        plane.box.updateScaleBox(inside.topLeft(), inside.bottomRight())

    def select_box(self, plane: Plane, start: QPointF, end: QPointF) -> None:
        """Take in a box that was drawn: look at it, and where it is no wider than a line, at what
        is seen already.
        """
        plane.box.rbScaleBox.hide()
        first, last, moved = plane.inside(start), plane.inside(end), end - start
        x, y = plane.seen
        if abs(moved.x()) > DRAG:
            x = min(first.x(), last.x()), max(first.x(), last.x())
        if abs(moved.y()) > DRAG:
            y = min(first.y(), last.y()), max(first.y(), last.y())
        self.look_closer(plane, x, y)

    def look_closer(self, plane: Plane, x: Range, y: Range) -> None:
        """Look at ranges of a plane, but never at more than there is."""
        across, up = self.full_range(plane)
        part, height = within(x, across), within(y, up)
        if part is not None and height is not None:
            self.part = None if part == across else part
            self.parts = {**self.parts, plane: height}
            if height == up or self.part is None:
                self.parts.pop(plane)
            self.redraw()

    def show_all(self) -> None:
        """Look at all there is again."""
        self.part, self.parts = None, {}
        self.redraw()

    # The mouse

    def plane_at(self, place: QPointF) -> Plane:
        """Return the plane that is nearest to a place."""

        def away(plane: Plane) -> float:
            box: QRectF = plane.box.sceneBoundingRect()
            return max(box.top() - place.y(), place.y() - box.bottom())

        return min(self.planes, key=away)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._to = (self.plane_at(event.position()), event.position()), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        plane = self.plane_at(place)
        if self._pressed is not None:
            plane, start = self._pressed
            if (place - start).manhattanLength() > DRAG:
                self._to = place
                self.drawing(plane, start, place)
        self.pointed(plane.inside(place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, end = self._pressed, self._to
        self._pressed, self._to = None, None
        if pressed is None:
            return
        plane, start = pressed
        if end is None:
            self.chose(plane.inside(start))
        else:
            self.select_box(plane, start, end)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        self.show_all()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Look closer or wider; on a page that scrolls only with Ctrl, or the page would stop where
        a picture comes under the mouse.
        """
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if not held and _scrolls(self):
            event.ignore()
            return
        plane = self.plane_at(event.position())
        share = NOTCH ** (event.angleDelta().y() / 120)
        at, (x, y) = plane.inside(event.position()), plane.seen
        self.look_closer(plane, _around(x, at.x(), share), _around(y, at.y(), share))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed(None)

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        for plane in self.planes:
            plane.box.rbScaleBox.setPen(pg.mkPen(self.style_.accent))
            shade = pg.mkColor(self.style_.accent)
            shade.setAlphaF(0.15)
            plane.box.rbScaleBox.setBrush(shade)
        super().restyle()


def _scrolls(widget: QWidget) -> bool:
    """Whether a widget stands on a page that is higher than its window."""
    above: QWidget | None = widget.parentWidget()
    while above is not None:
        if isinstance(above, QAbstractScrollArea) and above.verticalScrollBar().maximum() > 0:
            return True
        above = above.parentWidget()
    return False


def within(part: Range, whole: Range, least: float | None = None) -> Range | None:
    """Return what of a part there is; None if it is narrower than what can be looked at."""
    low, high = max(whole[0], part[0]), min(whole[1], part[1])
    enough = CLOSEST * (whole[1] - whole[0]) if least is None else least
    return (low, high) if high - low >= enough else None


def _around(old: Range, at: float, share: float) -> Range:
    """Return a share of a range that leaves a place in it where it is."""
    return at - (at - old[0]) * share, at + (old[1] - at) * share
