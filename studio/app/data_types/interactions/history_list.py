"""A history as a list of titles, to be changed by keys, the mouse or a drop."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from pushforward.studio.literal import one_line

__all__ = ["HistoryList"]

ITEM = Qt.ItemDataRole.UserRole


class HistoryList(QListWidget):
    """The newest item is the last; Delete takes one out, Alt and an arrow moves it.

    Signals:
        changed: the items as the person has put them.
    """

    changed = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("History, the newest last")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the items, in order."""
        return [int(self.item(row).data(ITEM)) for row in range(self.count())]

    def show_items(self, items: list[int], title: Callable[[int], str], new: set[int]) -> None:
        """Show a history; ``new`` are items that the person has added."""
        words = [one_line(title(item)) for item in items]
        lines = [f"{w}  ·  added" if i in new else w for i, w in zip(items, words, strict=True)]
        shown = [self.item(row).text() for row in range(self.count())]
        if items == self.numbers and lines == shown:
            return  # what is chosen, and where it stands, is the person's
        at, place = self.currentRow(), self.verticalScrollBar().value()
        self.blockSignals(True)
        self.clear()
        for item, text in zip(items, lines, strict=True):
            line = QListWidgetItem(text)
            line.setData(ITEM, item)
            self.addItem(line)
        self.setCurrentRow(min(at, self.count() - 1))
        self.blockSignals(False)
        self.verticalScrollBar().setValue(place)

    def remove(self) -> None:
        """Take the current item out."""
        at, items = self.currentRow(), self.numbers
        if 0 <= at < len(items):
            self.changed.emit(items[:at] + items[at + 1 :])

    def shift(self, by: int) -> None:
        """Move the current item so many places."""
        at, items = self.currentRow(), self.numbers
        to = at + by
        if at < 0 or not 0 <= to < len(items):
            return
        items.insert(to, items.pop(at))
        self.setCurrentRow(to)
        self.changed.emit(items)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove()
        elif alt and event.key() in steps:
            self.shift(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() == bar.maximum()
        super().resizeEvent(event)
        if at_end:
            self.scrollToBottom()  # whoever sees the newest goes on to see them

    def dropEvent(self, event: QDropEvent) -> None:
        super().dropEvent(event)
        self.changed.emit(self.numbers)
