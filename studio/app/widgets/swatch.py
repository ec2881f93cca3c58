"""The colour that is painted with, as it is seen on the image."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio.app.icons import repaint_on_theme
from studio.app.theme import theme
from studio.app.widgets.literal import set_tip

__all__ = ["Swatch"]

SIDE, HIGH = 18, 26  # pixels: of the colour, and of the tools beside it


class Swatch(QWidget):
    """A small square of one colour."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self.colour = QColor("white")
        self.setFixedSize(QSize(SIDE + 2, HIGH))
        repaint_on_theme(self)
        self.show_colour(self.colour)

    def show_colour(self, colour: QColor) -> None:
        """Show a colour, and say which one it is."""
        self.colour = colour
        said = f"{self._what}: {colour.name()}"
        set_tip(self, said)
        self.setAccessibleName(said)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(1, (self.height() - SIDE) / 2, SIDE, SIDE).adjusted(0.5, 0.5, -0.5, -0.5)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors().muted), 1))
            painter.setBrush(self.colour)
            painter.drawRoundedRect(box, 4, 4)
