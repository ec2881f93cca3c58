"""Popup with the model's alternatives for a part of a sample, as bars."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame

from pushforward.studio.app.charts.layer_panel import paint_chip
from pushforward.studio.app.core.data_type import Weighed
from pushforward.studio.app.design.theme import font, theme

__all__ = ["WeighedCard", "in_words"]

EDGE, LINE, GAP = 10, 18, 8  # pixels around, of a line, and between its parts
BAR, NUMBER = 72, 32  # the width of a bar for a chance of 1, and of a number
CAPTION = 22


def in_words(what: Weighed) -> str:
    """Say in a line what was weighed."""
    each = ", ".join(f"{name} {share:.2f}" for name, share in what.shares)
    return f"{what.title}: {each}"


class WeighedCard(QFrame):
    """Lies on the window; the mouse goes through it."""

    def __init__(self) -> None:
        super().__init__()
        self._what = Weighed("", ())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def tell(self, what: Weighed) -> None:
        """Show what was weighed."""
        self._what = what
        self.setAccessibleName(in_words(what))
        self.resize(self.sizeHint())
        self.update()

    @property
    def _names(self) -> float:
        measure = QFontMetricsF(font(13, QFont.Weight.DemiBold))
        names = (measure.horizontalAdvance(name) for name, _ in self._what.shares)
        return max(names, default=0.0)

    def sizeHint(self) -> QSize:
        rows = self._names + GAP + BAR + GAP + NUMBER
        title = QFontMetricsF(font(12)).horizontalAdvance(self._what.title)
        high = CAPTION + LINE * len(self._what.shares)
        return QSize(round(max(rows, title)) + 2 * EDGE + 2, high + 2 * EDGE - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_chip(self)
        tokens, names = theme.colors(), self._names
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(12))
            painter.setPen(QColor(tokens.muted))
            middle = Qt.AlignmentFlag.AlignVCenter
            head = QRectF(EDGE, EDGE - 3, self.width() - 2 * EDGE, CAPTION)
            painter.drawText(head, middle, self._what.title)
            for i, (name, share) in enumerate(self._what.shares):
                top = EDGE - 3 + CAPTION + i * LINE
                here = i == self._what.chosen
                weight = QFont.Weight.DemiBold if here else QFont.Weight.Normal
                painter.setFont(font(13, weight))
                painter.setPen(QColor(tokens.text))
                painter.drawText(QRectF(EDGE, top, names + 1, LINE), middle, name)
                bar = QRectF(EDGE + names + GAP, top + LINE / 2 - 3, max(2.0, BAR * share), 6)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.accent if here else tokens.muted))
                painter.drawRoundedRect(bar, 3, 3)
                number = QRectF(0, top, self.width() - EDGE, LINE)
                painter.setPen(QColor(tokens.text if here else tokens.muted))
                painter.drawText(number, middle | Qt.AlignmentFlag.AlignRight, f"{share:.2f}")

    def put_beside(self, area: QRectF, corner: QPointF) -> None:
        """Stand below an area of a widget whose corner is there in the window, or above it where
        there is no room.
        """
        window = self.parentWidget()
        if window is None:
            return
        area = area.translated(corner)
        left = min(max(4.0, area.left()), max(4.0, window.width() - self.width() - 4.0))
        below = area.bottom() + 6
        fits = below + self.height() <= window.height() - 4
        self.move(round(left), round(below if fits else area.top() - 6 - self.height()))
