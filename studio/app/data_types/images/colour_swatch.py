"""The brush colour, as it appears on the image."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen

from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import PushButton, set_tip
from pushforward.studio.app.design.theme import theme

__all__ = ["Swatch"]

SIDE, TOOL = 18, 26  # pixels: of the colour, and of the tools beside it


class Swatch(PushButton):
    """A small square of one colour; another one can be ``asked`` for by a click, or is chosen
    elsewhere.
    """

    def __init__(self, what: str) -> None:
        super().__init__("")
        self._what, self.asked = what, False
        self.setProperty("kind", "icon")
        self.setAutoDefault(False)
        self.setFixedSize(QSize(TOOL, TOOL))
        self.colour = QColor("white")
        repaint_on_theme(self)
        self.show_colour(self.colour)

    def show_colour(self, colour: QColor, *, asked: bool | None = None) -> None:
        """Show a colour, and say which one it is."""
        self.colour, self.asked = colour, self.asked if asked is None else asked
        said = f"{self._what}: {colour.name()}"
        set_tip(self, f"{said}. Click to change" if self.asked else said)
        self.setAccessibleName(said)
        policies = Qt.FocusPolicy
        self.setFocusPolicy(policies.TabFocus if self.asked else policies.NoFocus)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.asked:
            super().paintEvent(event)
        edge = (TOOL - SIDE) / 2 + 0.5
        box = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors().muted), 1))
            painter.setBrush(self.colour)
            painter.drawRoundedRect(box, 4, 4)
