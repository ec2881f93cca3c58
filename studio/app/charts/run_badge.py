"""The number of one of several runs side by side, in the colour of its place: on pane and table."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme

__all__ = ["MARKED", "SIDE", "Badge", "badge_icon", "paint_badge"]

SIDE = 17  # pixels
MARKED = 4  # of the runs selected in a table have a number and a colour


def paint_badge(painter: QPainter, disc: QRectF, place: int, said: str = "") -> None:
    """Draw the disc of a place, from 0, with what is said on it: the number of a run, else its own
    from 1.
    """
    said = said or str(place + 1)
    tokens = theme.colors()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(ink(place, tokens)))
    painter.drawEllipse(disc)
    painter.setPen(QColor(tokens.background))
    painter.setFont(font(11 if len(said) < 3 else 8, QFont.Weight.DemiBold))
    painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, said)


def badge_icon(place: int, said: str = "") -> QIcon:
    """Return the disc of a place as an icon, in the colours of the theme in force."""
    made = QIcon()
    for ratio in (1, 2, 3):
        picture = QPixmap(QSize(SIDE * ratio, SIDE * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            paint_badge(painter, QRectF(0.5, 0.5, SIDE - 1, SIDE - 1), place, said)
        made.addPixmap(picture)
    return made


class Badge(QWidget):
    """A disc with the number of a run, or else that of its place from 1."""

    def __init__(self, place: int, said: str = "") -> None:
        super().__init__()
        self.place, self.said = place, ""
        self.setFixedSize(QSize(SIDE, SIDE))
        self.say(said)
        repaint_on_theme(self)

    def say(self, said: str) -> None:
        """Say another number."""
        self.said = said or str(self.place + 1)
        self.setAccessibleName(f"Number {self.said}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            paint_badge(painter, area, self.place, self.said)
