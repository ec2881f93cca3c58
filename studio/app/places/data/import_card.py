"""The card that brings data in: a place to drop files, and a button that asks for them."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen

from pushforward.studio.app.core.data_type_registry import all_kinds
from pushforward.studio.app.design import icons
from pushforward.studio.app.design.cards.picture_card import TALL, PictureCard
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS, RADIUS_CARD
from pushforward.studio.counts import join_words

__all__ = ["ImportCard"]

DROP = "Drop a file or a folder anywhere."
CHOOSE = "Choose a file"


class ImportCard(PictureCard):
    """A card among others; a click on it asks for files."""

    def __init__(self, title: str, ask: Callable[[], None]) -> None:
        brought = [each for each in all_kinds() if each.imports]
        # The same files may be of two kinds.
        self._formats = join_words([*dict.fromkeys(each.imports for each in brought)])
        self._kinds = join_words([each.title.lower() for each in brought]).capitalize()
        super().__init__(title, DROP)
        set_tip(self, self._formats)
        self.clicked.connect(lambda: ask())
        self.describe()

    def facts(self, room: int | None) -> str:
        return self._formats

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            area = QRectF(self.rect()).adjusted(3.5, 3.5, -3.5, -3.5)
            lit = self.underMouse() or self.hasFocus()
            pen = QPen(QColor(tokens.accent if lit else tokens.line), 2 if self.hasFocus() else 1)
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawRoundedRect(area, RADIUS_CARD, RADIUS_CARD)
            middle = area.center().x()
            icon = QRectF(middle - 12, area.top() + 24, 24, 24)
            icons.paint(painter, "import", icon, tokens.accent)
            top = area.top() + 60
            self._line(painter, area, top, self._title, tokens.text, 14, bold=True)
            self._line(painter, area, top + 22, self._summary, tokens.muted, 13)
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.muted))
            words = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
            kinds = self._kinds if self.picture == TALL else ""
            box = QRectF(area.left() + 10, top + 46, area.width() - 20, 66)
            painter.drawText(box, words, kinds)
            self._draw_button(painter, QRectF(middle - 56, area.bottom() - 40, 112, 28))

    def _draw_button(self, painter: QPainter, box: QRectF) -> None:
        tokens = theme.colors()
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.hover if self.underMouse() else tokens.raised))
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        self._line(painter, box, box.top() + 5, CHOOSE, tokens.text, 13)

    def _line(
        self,
        painter: QPainter,
        area: QRectF,
        top: float,
        text: str,
        ink: str,
        size: int,
        *,
        bold: bool = False,
    ) -> None:
        weight = QFont.Weight.DemiBold if bold else QFont.Weight.Normal
        painter.setFont(font(size, weight))
        painter.setPen(QColor(ink))
        box = QRectF(area.topLeft(), QSizeF(area.width(), 18))
        box.moveTop(top)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
