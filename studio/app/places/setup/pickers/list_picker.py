"""Choices as a list of cards: a title, what it is, and a fact at the right."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from pushforward.studio.app.design.basic import column
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import RADIUS
from pushforward.studio.app.places.setup.pickers.option import Option, found
from pushforward.studio.app.places.setup.pickers.picker_frame import Body
from pushforward.studio.literal import one_line

__all__ = ["Listed"]

ROLE = Qt.ItemDataRole.UserRole
LINE = 48  # height of a card
PAGE = 6
Index: TypeAlias = QModelIndex | QPersistentModelIndex


class Listed(Body):
    """The list; ``more`` returns what a search itself stands for, such as a number."""

    def __init__(
        self,
        options: Sequence[Option],
        chosen: object,
        name: str,
        more: Callable[[str], Option | None] = lambda search: None,
    ) -> None:
        super().__init__()
        self._options, self._chosen, self._more = options, chosen, more
        self.list = _List()
        self.list.setAccessibleName(name)
        self.list.setItemDelegate(_Cards(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(lambda _: self.highlighted.emit())
        self.list.itemClicked.connect(lambda _: self.used.emit())
        self.list.pressed_enter = self.used.emit
        self.list.typed = self.typed.emit
        column(self.list, parent=self, margins=8)

    @property
    def current(self) -> Option | None:
        item = self.list.currentItem()
        option: Option | None = item.data(ROLE) if item is not None else None
        return option

    def seek(self, search: str) -> int:
        itself = self._more(search.strip()) if search.strip() else None
        shown = [*([itself] if itself is not None else []), *found(self._options, search)]
        self.list.blockSignals(True)
        self.list.clear()
        for each in shown:
            self._add(each)
        place = next((i for i, each in enumerate(shown) if each.value == self._chosen), 0)
        self.list.setCurrentRow(0 if search.strip() else place)
        self.list.blockSignals(False)
        return len(shown)

    def _add(self, option: Option) -> None:
        item = QListWidgetItem(one_line(option.title))
        item.setData(ROLE, option)
        item.setData(ROLE + 1, option.value == self._chosen)
        said = [option.title, option.note, option.summary, option.why_not]
        chosen = ["chosen"] if option.value == self._chosen else []
        item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(filter(None, [*said, *chosen])))
        set_tip(item, option.why_not)
        self.list.addItem(item)

    def go(self, key: Qt.Key) -> bool:
        steps = {
            Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: PAGE, Qt.Key.Key_PageUp: -PAGE,
        }  # fmt: skip
        if key not in steps or not self.list.count():
            return False
        last = self.list.count() - 1
        self.list.setCurrentRow(min(max(self.list.currentRow() + steps[key], 0), last))
        return True


class _List(QListWidget):
    """Enter uses a card, and letters go to the search."""

    def __init__(self) -> None:
        super().__init__()
        self.pressed_enter: Callable[[], None] = lambda: None
        self.typed: Callable[[str], None] = lambda letters: None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed_enter()
        elif event.text().strip() and event.text().isprintable():
            self.typed(event.text())
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)


class _Cards(QStyledItemDelegate):
    """Two lines and a note; what cannot be chosen as things are is dimmed, with the reason in its
    second line.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, LINE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown: Option = index.data(ROLE)
        tokens = theme.colors()
        area = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QColor(tokens.accent))
            painter.setBrush(QColor(tokens.raised))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        inner = area.adjusted(11, 6, -11, -6)
        top = QRectF(inner.left(), inner.top(), inner.width(), inner.height() / 2)
        low = top.translated(0, inner.height() / 2)
        note = " · ".join(filter(None, [shown.note, "in use" if index.data(ROLE + 1) else ""]))
        room = _right(painter, top, note)
        bold = font(13, QFont.Weight.DemiBold)
        _left(painter, top.adjusted(0, 0, -room, 0), shown.title, bold, not shown.why_not)
        _left(painter, low, shown.why_not or shown.summary, font(12), bright=False)
        painter.restore()


def _right(painter: QPainter, area: QRectF, text: str) -> float:
    """Write at the right, and return the width that it took."""
    painter.setFont(font(11))
    painter.setPen(QColor(theme.colors().muted))
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
    painter.drawText(area, int(flags), one_line(text))
    return QFontMetrics(font(11)).horizontalAdvance(text) + 12.0 if text else 0.0


def _left(painter: QPainter, area: QRectF, text: str, face: QFont, bright: bool) -> None:
    tokens = theme.colors()
    painter.setFont(face)
    painter.setPen(QColor(tokens.text if bright else tokens.muted))
    mode, width = Qt.TextElideMode.ElideRight, int(area.width())
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    said = QFontMetrics(face).elidedText(one_line(text), mode, width)
    painter.drawText(area, int(flags), said)
