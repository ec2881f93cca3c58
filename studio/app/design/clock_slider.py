"""A clock as a track: how far it has come, where one looks, and marks along it."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from pushforward.studio.app.design.literal_text import tip_text
from pushforward.studio.app.design.theme import font, theme

__all__ = ["ClockSlider"]

HEIGHT, NAMES = 22, 14  # of the track, and of the names of phases above it
EDGE = 8.0  # the handle stays inside the widget
REACH = 6.0  # pixels around a note at which the mouse is on it


class ClockSlider(QWidget):
    """A slider over [0, 1] that shows a progress apart from its handle, and notes on what happened
    at some place: a diamond each, whose words are shown where the mouse rests.

    While it is dragged the handle stays under the mouse, and a ring marks the place that the owner
    has found for it.

    Signals:
        noted: the place in the list of a note that was clicked.
        moved: where the person put the handle.
        stepped: -1 or 1, an arrow key: the owner knows how far a step is.
    """

    noted = Signal(int)
    moved = Signal(float)
    stepped = Signal(int)

    def __init__(self, name: str, *, accent: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._accent = accent
        self._value = 0.0
        self._held: float | None = None
        self._progress = 0.0
        self._marks: tuple[float, ...] = ()
        self._events: tuple[float, ...] = ()
        self._notes: tuple[tuple[float, str], ...] = ()
        self._phases: tuple[tuple[float, str], ...] = ()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self._height)

    @property
    def _height(self) -> int:
        return HEIGHT + (NAMES if self._phases else 0)

    @property
    def _middle(self) -> float:
        """How far down the track is: names of phases stand above it."""
        return self.height() - HEIGHT / 2 if self._phases else self.height() / 2

    @property
    def value(self) -> float:
        """The place that is shown."""
        return self._value

    @property
    def handle(self) -> float:
        """Where the handle is: under the mouse while it is dragged, else at the value."""
        return self._value if self._held is None else self._held

    def show_state(
        self,
        value: float,
        progress: float,
        words: str,
        marks: tuple[float, ...] = (),
        events: tuple[float, ...] = (),
        notes: tuple[tuple[float, str], ...] = (),
        phases: tuple[tuple[float, str], ...] = (),
    ) -> None:
        """Set handle, progress, what a screen reader says, kept marks, event marks, notes, and
        where each phase begins.
        """
        if phases != self._phases:
            self._phases = phases
            self.updateGeometry()
            self.update()
        state = (min(1.0, max(0.0, value)), min(1.0, max(0.0, progress)), marks, events, notes)
        if state != (self._value, self._progress, self._marks, self._events, self._notes):
            self._value, self._progress, self._marks, self._events, self._notes = state
            self.update()
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def _x(self, value: float) -> float:
        return EDGE + value * max(1.0, self.width() - 2 * EDGE)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        middle = self._middle
        left, right = self._x(0), self._x(1)
        fill = QColor(tokens.accent if self._accent else tokens.muted)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.line))
            painter.drawRoundedRect(QRectF(left, middle - 2, right - left, 4), 2, 2)
            done = self._x(self._progress) - left
            if done > 0:
                painter.setBrush(fill)
                painter.drawRoundedRect(QRectF(left, middle - 2, done, 4), 2, 2)
            painter.setBrush(QColor(tokens.muted))
            for mark in self._marks:
                painter.drawRect(QRectF(self._x(mark) - 0.5, middle + 5, 1, 3))
            painter.setBrush(QColor(tokens.warm))
            for mark in self._events:
                painter.drawRoundedRect(QRectF(self._x(mark) - 1, middle - 6, 2, 12), 1, 1)
            self._draw_phases(painter, middle)
            self._draw_notes(painter, middle)
            self._draw_handle(painter, middle)

    def _draw_handle(self, painter: QPainter, middle: float) -> None:
        tokens = theme.colors()
        if self._held is not None:
            painter.setPen(QPen(QColor(tokens.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(self._x(self._value), middle), 4, 4)
            painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text if self.isEnabled() else tokens.line))
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
        painter.drawEllipse(QPointF(self._x(self.handle), middle), 6, 6)

    def _draw_phases(self, painter: QPainter, middle: float) -> None:
        """Draw a line where one begins, and its name above as far as it has room."""
        tokens = theme.colors()
        painter.setFont(font(11))
        ends = [place for place, _ in (*self._phases[1:], (1.0, ""))][: len(self._phases)]
        for (place, name), end in zip(self._phases, ends, strict=True):
            x = self._x(place)
            painter.setPen(QPen(QColor(tokens.muted), 1))
            if place > 0:
                painter.drawLine(QPointF(x, middle - HEIGHT / 2 - NAMES), QPointF(x, middle + 8))
            room = QRectF(x + 4, middle - HEIGHT / 2 - NAMES, self._x(end) - x - 8, NAMES)
            elided = painter.fontMetrics().elidedText(
                name, Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, elided)
        painter.setPen(Qt.PenStyle.NoPen)

    def _draw_notes(self, painter: QPainter, middle: float) -> None:
        tokens = theme.colors()
        painter.setPen(QPen(QColor(tokens.panel), 1))
        painter.setBrush(QColor(tokens.text))
        for place, _ in self._notes:
            x, y = self._x(place), middle - 6
            tips = ((x, y - 4), (x + 4, y), (x, y + 4), (x - 4, y))
            painter.drawPolygon(QPolygonF([QPointF(*tip) for tip in tips]))
        painter.setPen(Qt.PenStyle.NoPen)

    def notes_at(self, x: float) -> list[tuple[float, str]]:
        """Return the notes under a pixel, each with its place."""
        return [note for note in self._notes if abs(self._x(note[0]) - x) <= REACH]

    def event(self, event: QEvent) -> bool:
        """Say the notes under a resting mouse, or what the track shows."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            words = "\n".join(text for _, text in self.notes_at(event.pos().x()))
            QToolTip.showText(event.globalPos(), tip_text(words) or self.toolTip(), self)
            return True
        return super().event(event)

    def _place(self, event: QMouseEvent) -> float:
        span = max(1.0, self.width() - 2 * EDGE)
        return min(1.0, max(0.0, (event.position().x() - EDGE) / span))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        notes = self.notes_at(event.position().x())
        self._hold(notes[0][0] if notes else self._place(event))
        if notes:
            self.noted.emit(self._notes.index(notes[0]))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._hold(self._place(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = None
        self.update()

    def _hold(self, place: float) -> None:
        self._held = place
        self.update()
        self.moved.emit(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Only a focused slider listens to the wheel: scrolling past must change nothing.
        if not self.hasFocus():
            event.ignore()
            return
        self.stepped.emit(1 if event.angleDelta().y() > 0 else -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        steps = {keys.Key_Left: -1, keys.Key_Down: -1, keys.Key_Right: 1, keys.Key_Up: 1}
        ends = {keys.Key_Home: 0.0, keys.Key_End: 1.0}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() in ends:
            self.moved.emit(ends[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
