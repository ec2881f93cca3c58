"""A frame that briefly highlights a widget."""

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.design.tokens import RADIUS

__all__ = ["Flash", "flash"]

LASTS = 1600  # milliseconds
AROUND = 3  # pixels between a widget and its frame


def flash(widget: QWidget, page: QWidget) -> None:
    """Frame a widget for a moment; the frame lies on the page that the widget is on, takes no room
    there and no click.
    """
    Flash(widget, page).show()


class Flash(QWidget):
    """The frame, which is deleted after its time."""

    def __init__(self, widget: QWidget, page: QWidget) -> None:
        super().__init__(page)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        place = QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())
        self.setGeometry(place.adjusted(-AROUND, -AROUND, AROUND, AROUND))
        QTimer.singleShot(LASTS, self, self.deleteLater)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors().accent), 2))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
