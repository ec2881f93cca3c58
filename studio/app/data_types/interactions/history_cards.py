"""A history as cards, changed by keys, the mouse or a drop."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFont,
    QKeyEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from pushforward.studio.app.data_types.interactions.catalogue import MIME, Catalogue
from pushforward.studio.app.data_types.interactions.what_if import Entry
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font, theme

__all__ = ["CARD", "Card", "HistoryCards"]

KEY = Qt.ItemDataRole.UserRole
CARD = QSize(128, 50)
GAP = 6
STRIPE = 3


@dataclass(frozen=True)
class Card:
    """What stands on a card: the entry, and a line such as its rating and its date."""

    entry: Entry
    note: str = ""


class HistoryCards(QListWidget):
    """Cards in order of time, the newest last. Delete leaves one out, Alt and an arrow moves it.

    Signals:
        toggled(int): leave the card of a row out, or take it back.
        reordered(list): entries in another order.
        dropped(int, int): an item, and the row before which it was dropped.
    """

    toggled = Signal(int)
    reordered = Signal(list)
    dropped = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[Card] = []
        self.catalogue: Catalogue | None = None
        self.setAccessibleName("History, the newest last")
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setGridSize(CARD + QSize(GAP, GAP))
        self.setUniformItemSizes(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Painter(self))
        self.verticalScrollBar().setSingleStep(CARD.height() + GAP)
        self.set_rows(2)
        repaint_on_theme(self)

    def set_rows(self, rows: int) -> None:
        """Show a number of rows at once; one row scrolls sideways. The newest cards are shown."""
        one = rows == 1
        policy = Qt.ScrollBarPolicy
        self.setWrapping(not one)
        self.setHorizontalScrollBarPolicy(
            policy.ScrollBarAsNeeded if one else policy.ScrollBarAlwaysOff
        )
        bar = self.horizontalScrollBar().sizeHint().height() if one else 0
        self.setFixedHeight(rows * (CARD.height() + GAP) + bar + 2 * self.frameWidth())
        self.show_newest()

    def show_newest(self) -> None:
        """Scroll to the end of the history."""
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.setValue(bar.maximum())

    @property
    def numbers(self) -> list[int]:
        """The items that are kept, in order."""
        return [entry.item for entry in self._entries() if entry.kept]

    def _entries(self) -> list[Entry]:
        keys = (self.item(row).data(KEY) for row in range(self.count()))
        return [self.cards[int(key)].entry for key in keys]

    def show_cards(self, cards: Sequence[Card], catalogue: Catalogue) -> None:
        """Show a history; the current card and the place of the view stay."""
        if list(cards) == self.cards and catalogue is self.catalogue:
            return
        bars = (self.verticalScrollBar(), self.horizontalScrollBar())
        at, places = self.currentRow(), [bar.value() for bar in bars]
        self.cards, self.catalogue = list(cards), catalogue
        self.blockSignals(True)
        self.clear()
        for key, card in enumerate(cards):
            line = QListWidgetItem(self._spoken(card))
            line.setData(KEY, key)
            set_tip(line, self._tip(card))
            self.addItem(line)
        self.setCurrentRow(min(at, self.count() - 1))
        self.blockSignals(False)
        for bar, place in zip(bars, places, strict=True):
            bar.setValue(place)

    def _spoken(self, card: Card) -> str:
        assert self.catalogue is not None
        state = "added" if card.entry.added else "" if card.entry.kept else "left out"
        title = self.catalogue.title(card.entry.item)
        return "  ·  ".join(filter(None, (title, state)))

    def _tip(self, card: Card) -> str:
        assert self.catalogue is not None
        item = card.entry.item
        parts = [self.catalogue.title(item), ", ".join(self.catalogue.all_categories(item))]
        return "\n".join(filter(None, [*parts, card.note]))

    def toggle(self) -> None:
        """Leave the current card out, or take it back."""
        if self.currentRow() >= 0:
            self.toggled.emit(self.currentRow())

    def shift(self, by: int) -> None:
        """Move the current card by ``places`` places."""
        at, entries = self.currentRow(), self._entries()
        to = at + by
        if at < 0 or not 0 <= to < len(entries):
            return
        entries.insert(to, entries.pop(at))
        self.setCurrentRow(to)
        self.reordered.emit(entries)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        key = Qt.Key
        steps = {key.Key_Up: -1, key.Key_Left: -1, key.Key_Down: 1, key.Key_Right: 1}
        if event.key() in (key.Key_Delete, key.Key_Backspace):
            self.toggle()
        elif alt and event.key() in steps:
            self.shift(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() == bar.maximum()
        room = self.viewport().width()
        across = max(1, room // (CARD.width() + GAP))
        self.setGridSize(QSize(room // across, CARD.height() + GAP))
        super().resizeEvent(event)
        if at_end:
            self.show_newest()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.source() is self or event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        super().dragMoveEvent(event)
        if event.source() is self or event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        row = index.row() if index.isValid() else self.count()
        if index.isValid() and event.position().x() > self.visualRect(index).center().x():
            row += 1
        if event.mimeData().hasFormat(MIME):
            item = bytes(event.mimeData().data(MIME).data()).decode()
            event.acceptProposedAction()
            self.dropped.emit(int(item), row)
            return
        at, entries = self.currentRow(), self._entries()
        # The move is made by whoever shows the cards: the list itself must not do it again.
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        if 0 <= at < len(entries):
            entry = entries.pop(at)
            entries.insert(row - (row > at), entry)
            self.setCurrentRow(row - (row > at))
            self.reordered.emit(entries)


class _Painter(QStyledItemDelegate):
    """Paints a card: a stripe in the colour of the category, the title, and the note."""

    def __init__(self, cards: HistoryCards) -> None:
        super().__init__(cards)
        self._list = cards

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self._list.gridSize()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        catalogue = self._list.catalogue
        key = index.data(KEY)
        if catalogue is None or key is None:
            return
        card, tokens = self._list.cards[int(key)], theme.colors()
        entry = card.entry
        rect = QRectF(option.rect).adjusted(1, 1, -GAP - 1, -GAP - 1)
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = tokens.accent if chosen or entry.added else tokens.line
        painter.setPen(QPen(QColor(edge), 1.5 if chosen else 1.0))
        painter.setBrush(QColor(tokens.raised if entry.kept else tokens.background))
        painter.drawRoundedRect(rect, 5, 5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(catalogue.ink(entry.item, tokens)))
        painter.drawRoundedRect(
            QRectF(rect.left() + 3, rect.top() + 5, STRIPE, rect.height() - 10), 1, 1
        )
        inside = rect.adjusted(STRIPE + 9, 3, -5, -3)
        ink = tokens.text if entry.kept else tokens.muted
        note = "added" if entry.added else card.note if entry.kept else "left out"
        small = font(11)
        high = 15.0 if note else 0.0
        title = font(12)
        title.setStrikeOut(not entry.kept)
        painter.setPen(QColor(ink))
        _two_lines(painter, inside.adjusted(0, 0, 0, -high), catalogue.title(entry.item), title)
        painter.setFont(small)
        painter.setPen(QColor(tokens.accent if entry.added else tokens.muted))
        below = QRectF(inside.left(), inside.bottom() - high, inside.width(), high)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, note)
        painter.restore()


def _two_lines(painter: QPainter, rect: QRectF, text: str, using: QFont) -> None:
    """Write a text in as many lines as fit, the last one elided."""
    painter.setFont(using)
    metrics = painter.fontMetrics()
    lines = max(1, int(rect.height() // (metrics.height() - 1)))
    layout = QTextLayout(text, painter.font())
    layout.setTextOption(QTextOption())
    layout.beginLayout()
    parts: list[tuple[int, int]] = []
    while len(parts) < lines and (line := layout.createLine()).isValid():
        line.setLineWidth(rect.width())
        parts.append((line.textStart(), line.textLength()))
    layout.endLayout()
    for number, (start, length) in enumerate(parts):
        last = number == lines - 1
        shown = text[start:] if last else text[start : start + length].rstrip()
        shown = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, int(rect.width()))
        top = rect.top() + number * (metrics.height() - 1)
        painter.drawText(
            QRectF(rect.left(), top, rect.width(), metrics.height()),
            Qt.AlignmentFlag.AlignVCenter,
            shown,
        )
