"""A button of the rail: an icon over a word."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton

from pushforward.studio.app.design import icons
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS

__all__ = ["WIDTH", "RailButton"]

WIDTH, HEIGHT = 72, 54
ICON = 18
INSET, AIR = 2.5, 4.0  # pixels from the edge to the frame, and from there to the word at least


def fitting_font(text: str, room: float) -> QFont:
    """Return the font of a word, smaller where it would touch its frame."""
    sizes = (11, 10, 9)
    fits = (size for size in sizes if QFontMetricsF(font(size)).horizontalAdvance(text) <= room)
    return font(next(fits, sizes[-1]))


class RailButton(QAbstractButton):
    """An icon with a word below it; a bar at its left where one is."""

    def __init__(self, icon: str, title: str) -> None:
        super().__init__()
        self._icon = icon
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        icons.repaint_on_theme(self)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, HEIGHT)

    def nextCheckState(self) -> None:
        """A click asks; only the place decides which is shown as chosen."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave all but Space to the rail, which knows what is above and below."""
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, here = theme.colors(), self.isChecked()
        area = QRectF(self.rect())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(tokens.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            if here or self.underMouse() or self.hasFocus():
                painter.setBrush(QColor(tokens.raised if here else tokens.hover))
                painter.drawRoundedRect(area.adjusted(INSET, 1.5, -INSET, -1.5), RADIUS, RADIUS)
            if here:
                painter.fillRect(QRectF(0, 4, 2, area.height() - 8), QColor(tokens.accent))
            color = tokens.text if here or self.underMouse() else tokens.muted
            place = QRectF((area.width() - ICON) / 2, 9, ICON, ICON)
            icons.paint(painter, self._icon, place, color)
            room = area.width() - 2 * (INSET + AIR)
            painter.setFont(fitting_font(self.text(), room))
            painter.setPen(QColor(color))
            words = area.adjusted(0, 30, 0, -6)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())
