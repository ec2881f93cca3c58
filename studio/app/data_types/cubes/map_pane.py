"""A picture of the scene with a cursor: pixels are squares, and the cursor is the same in all."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import theme

__all__ = ["MapPane"]

FAR = 10  # pixels that Shift with an arrow goes


class MapPane(QWidget):
    """Shows one picture, or a sentence on why there is none.

    Signals:
        pointed: the row and the column of the pixel under the mouse, or walked to.
    """

    pointed = Signal(int, int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._message = ""
        self._place: tuple[int, int] | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(120, 120))
        repaint_on_theme(self)

    def show_image(self, image: QImage | None, message: str = "") -> None:
        """Show a picture, or say ``message`` where there is none."""
        self._image, self._message = image, message
        self.setAccessibleDescription(message if image is None else "")
        self.update()

    def point(self, place: tuple[int, int] | None) -> None:
        """Put the cursor on a pixel (row, column)."""
        if place != self._place:
            self._place = place
            self.update()

    def box(self) -> QRectF:
        """Return where the picture is: as large as it fits, at the top."""
        if self._image is None:
            return QRectF(self.rect())
        w, h = self._image.width(), self._image.height()
        scale = min(self.width() / w, self.height() / h)
        return QRectF((self.width() - w * scale) / 2, 0, w * scale, h * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, box = theme.colors(), self.box()
        with QPainter(self) as painter:
            if self._image is None:
                painter.fillRect(box, QColor(tokens.raised))
                painter.setPen(QColor(tokens.muted))
                words = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
                painter.drawText(box.adjusted(16, 8, -16, -8), words, self._message)
            else:
                painter.drawImage(box, self._image)
                if self._place is not None:
                    self._paint_cursor(painter, box)
            painter.setPen(QPen(QColor(tokens.accent if self.hasFocus() else tokens.line), 1))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_cursor(self, painter: QPainter, box: QRectF) -> None:
        assert self._image is not None
        assert self._place is not None
        row, column = self._place
        side = box.width() / self._image.width()
        middle = QPointF(box.left() + (column + 0.5) * side, box.top() + (row + 0.5) * side)
        reach = max(5.0, side)
        square = QRectF(middle.x() - reach, middle.y() - reach, 2 * reach, 2 * reach)
        painter.setPen(QPen(QColor(255, 255, 255, 150), 1))
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(square.left(), middle.y()))
        painter.drawLine(QPointF(square.right(), middle.y()), QPointF(box.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), box.top()), QPointF(middle.x(), square.top()))
        painter.drawLine(QPointF(middle.x(), square.bottom()), QPointF(middle.x(), box.bottom()))
        painter.setPen(QPen(QColor(0, 0, 0, 200), 3))
        painter.drawRect(square)
        painter.setPen(QPen(QColor("white"), 1))
        painter.drawRect(square)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        box, place = self.box(), event.position()
        if self._image is None or not box.contains(place):
            return
        side = box.width() / self._image.width()
        row = min(int((place.y() - box.top()) / side), self._image.height() - 1)
        column = min(int((place.x() - box.left()) / side), self._image.width() - 1)
        self.pointed.emit(row, column)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        keys = Qt.Key
        ways = {
            keys.Key_Left: (0, -by),
            keys.Key_Right: (0, by),
            keys.Key_Up: (-by, 0),
            keys.Key_Down: (by, 0),
        }
        way = ways.get(keys(event.key()))
        if way is None or self._image is None:
            super().keyPressEvent(event)
            return
        row, column = self._place or (self._image.height() // 2, self._image.width() // 2)
        row = min(max(row + way[0], 0), self._image.height() - 1)
        column = min(max(column + way[1], 0), self._image.width() - 1)
        self.pointed.emit(row, column)
