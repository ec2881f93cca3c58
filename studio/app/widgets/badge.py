"""The number of one of several runs side by side, in its colour: on canvas, curve and table."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from studio.app.icons import repaint_on_theme
from studio.app.theme import font, theme
from studio.app.tokens import Tokens

__all__ = ["Badge", "ink"]


def ink(place: int, tokens: Tokens) -> str:
    """Return the colour of a place, from 0; green is left to the floor."""
    return (tokens.accent, tokens.warm, tokens.danger, tokens.text)[place % 4]


class Badge(QWidget):
    """A disc with a number from 1."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place
        self.setFixedSize(QSize(17, 17))
        self.setAccessibleName(f"Number {place + 1}")
        repaint_on_theme(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(ink(self.place, tokens)))
            painter.drawEllipse(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setPen(QColor(tokens.background))
            painter.setFont(font(11, QFont.Weight.DemiBold))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self.place + 1))
