"""How the lines of the palette are painted: a heading, or something found with its words marked."""

from typing import TypeAlias

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from pushforward.studio.app.design import icons
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS
from pushforward.studio.app.shell.search_results import Hit
from pushforward.studio.app.shell.top_bar import native
from pushforward.studio.literal import one_line

__all__ = ["HEAD", "HIT", "LINE", "PaletteLines"]

HIT = Qt.ItemDataRole.UserRole
LINE, HEAD = 30, 26  # pixels
Index: TypeAlias = QModelIndex | QPersistentModelIndex
MIDDLE = Qt.AlignmentFlag.AlignVCenter


class PaletteLines(QStyledItemDelegate):
    """``words`` are those that were typed, which are marked where they stand."""

    words: tuple[str, ...] = ()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, LINE if index.data(HIT) is not None else HEAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit, tokens = index.data(HIT), theme.colors()
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not isinstance(hit, Hit):
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.muted))
            words = area.adjusted(12, 6, -12, 0)
            painter.drawText(words, int(MIDDLE), str(index.data()).upper())
        else:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            if chosen:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.raised))
                painter.drawRoundedRect(area, RADIUS, RADIUS)
            self._paint_hit(painter, area.adjusted(12, 0, -12, 0), hit, chosen)
        painter.restore()

    def _paint_hit(self, painter: QPainter, area: QRectF, hit: Hit, chosen: bool) -> None:
        tokens = theme.colors()
        mark = QRectF(area.left(), area.center().y() - 8, 16, 16)
        if hit.dot:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(getattr(tokens, hit.dot)))
            painter.drawEllipse(mark.adjusted(4, 4, -4, -4))
        elif hit.icon:
            icons.paint(painter, hit.icon, mark, tokens.muted)
        right = self._paint_aside(painter, area, hit, chosen)
        room = area.adjusted(28, 0, right - area.right() - 12, 0)
        off = bool(hit.why_not())
        left = self._write(painter, room, hit.title, tokens.muted if off else tokens.text, font())
        said = QRectF(left + 10, room.top(), room.right() - left - 10, room.height())
        if said.width() > 40:
            self._write(painter, said, hit.why_not() or hit.said, tokens.muted, font(12))

    def _paint_aside(self, painter: QPainter, area: QRectF, hit: Hit, chosen: bool) -> float:
        """Write what stands at the right, and return where it begins."""
        aside = native(hit.aside) if hit.group == "Commands" and hit.aside else hit.aside
        parts = [one_line(aside)]
        if chosen and hit.also[1] is not None:
            parts += ["↵ open", f"{native('Ctrl+Return')} {hit.also[0]}"]
        text = "    ".join(filter(None, parts))
        face = font(11)
        painter.setFont(face)
        painter.setPen(QColor(theme.colors().muted))
        painter.drawText(area, int(MIDDLE | Qt.AlignmentFlag.AlignRight), text)
        return area.right() - QFontMetricsF(face).horizontalAdvance(text)

    def _write(self, painter: QPainter, area: QRectF, text: str, color: str, face: object) -> float:
        """Write a text with the typed words marked, and return where it ends."""
        painter.setFont(face)  # type: ignore[arg-type]
        metrics = QFontMetricsF(painter.font())
        shown = metrics.elidedText(one_line(text), Qt.TextElideMode.ElideRight, area.width())
        left = area.left()
        for part, marked in _parts(shown, self.words):
            painter.setPen(QColor(theme.colors().accent if marked else color))
            width = metrics.horizontalAdvance(part)
            place = QRectF(left, area.top(), width + 2, area.height())
            painter.drawText(place, int(MIDDLE | Qt.AlignmentFlag.AlignLeft), part)
            left += width
        return left


def _parts(text: str, words: tuple[str, ...]) -> list[tuple[str, bool]]:
    """Return a text in parts, each with whether it is one of the words."""
    lower, marked = text.casefold(), [False] * len(text)
    if len(lower) != len(text):  # a letter that folds into two would shift all that follow
        return [(text, False)]
    for word in words:
        at = lower.find(word)
        while word and at >= 0:
            marked[at : at + len(word)] = [True] * len(word)
            at = lower.find(word, at + len(word))
    parts: list[tuple[str, bool]] = []
    for letter, on in zip(text, marked, strict=True):
        if parts and parts[-1][1] == on:
            parts[-1] = (parts[-1][0] + letter, on)
        else:
            parts.append((letter, on))
    return parts
