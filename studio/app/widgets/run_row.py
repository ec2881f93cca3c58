"""A line of the run tree: it opens and closes, and several can be chosen."""

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF

from studio.app.theme import theme
from studio.app.widgets.row_button import RowButton

__all__ = ["RunRow"]

KEYS = {
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
    Qt.Key.Key_Home: "first",
    Qt.Key.Key_End: "last",
}


class RunRow(RowButton):
    """Signals:
    extended: it was clicked with Ctrl held, or Ctrl+Space was pressed on it.
    folded: its triangle was clicked.
    walked: where an arrow key leads: "up", "down", "left", "right", "first", "last".
    """

    extended = Signal()
    folded = Signal()
    walked = Signal(str)

    def __init__(self, text: str, depth: int) -> None:
        super().__init__(text)
        self.indent = depth
        self._branches = 0
        self._closed = False

    def show_branches(self, branches: int, closed: bool) -> None:
        """Say how many lines are below it, and whether they are hidden."""
        self._branches, self._closed = branches, closed
        self.setAccessibleDescription(
            f"{branches} below, {'closed' if closed else 'open'}" if branches else ""
        )
        self.update()

    @property
    def _left(self) -> float:
        return 8.0 + 16 * self.indent

    def mousePressEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton
        if left and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.extended.emit()
        elif left and self._branches and event.position().x() < self._left:
            self.folded.emit()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_Space and ctrl:
            self.extended.emit()
        elif key in KEYS:
            self.walked.emit(KEYS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._branches:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.colors().muted))
            painter.translate(self._left - 4.5, self.height() / 2)
            if not self._closed:
                painter.rotate(90)
            painter.drawPolygon(QPolygonF([QPointF(-2, -3), QPointF(2, 0), QPointF(-2, 3)]))
