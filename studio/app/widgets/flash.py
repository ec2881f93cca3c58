"""A frame around a widget that goes by itself: here is what was asked for."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio.app.theme import theme
from studio.app.tokens import RADIUS

__all__ = ["Flash", "flash"]

LASTS = 1600  # milliseconds
AROUND = 3  # pixels between a widget and its frame


def flash(widget: QWidget) -> None:
    """Frame a widget for a moment; the frame takes no room, and no click."""
    if widget.parentWidget() is not None:
        Flash(widget).show()


class Flash(QWidget):
    """The frame; it lies over the widget's parent, and is deleted after its time."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget.parentWidget())
        self._widget = widget
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        widget.installEventFilter(self)
        self._follow()
        QTimer.singleShot(LASTS, self, self.deleteLater)

    def _follow(self) -> None:
        self.setGeometry(self._widget.geometry().adjusted(-AROUND, -AROUND, AROUND, AROUND))
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._follow()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors().accent), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
