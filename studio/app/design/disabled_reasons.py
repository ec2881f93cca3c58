"""Reasons of disabled options, below each option instead of in a tooltip."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from pushforward.studio.app.design.theme import colors, font
from pushforward.studio.literal import one_line

__all__ = ["WHY_NOT", "WithReasons", "width_of"]

WHY_NOT = Qt.ItemDataRole.UserRole + 17
"""The role of the reason; items that can be chosen have none."""
SMALL, EDGE, LOW = 11, 11, 5  # pixels: of the type, beside the text, below it
SCROLLS = 16  # and of the bar of a long list
WIDEST = 520  # pixels of a reason: longer ones are whole in their tip

Index = QModelIndex | QPersistentModelIndex


class WithReasons(QStyledItemDelegate):
    """Paints each item as ever, and below those that have one the reason."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        return size + QSize(0, _line()) if index.data(WHY_NOT) else size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        reason = index.data(WHY_NOT)
        whole = QRect(option.rect)
        if reason:
            option.rect = whole.adjusted(0, 0, 0, -_line())
        super().paint(painter, option, index)
        if reason:
            painter.save()
            painter.setFont(font(SMALL))
            painter.setPen(QColor(colors().muted))
            where = whole.adjusted(EDGE, 0, -EDGE, -LOW)
            text = painter.fontMetrics().elidedText(
                one_line(str(reason)), Qt.TextElideMode.ElideRight, where.width()
            )
            painter.drawText(where, Qt.AlignmentFlag.AlignBottom, text)
            painter.restore()


def width_of(reason: str) -> int:
    """Return how wide a list must be for a reason, in pixels."""
    wide = QFontMetrics(font(SMALL)).horizontalAdvance(one_line(reason))
    return min(WIDEST, wide) + 2 * EDGE + SCROLLS


def _line() -> int:
    return QFontMetrics(font(SMALL)).height()
