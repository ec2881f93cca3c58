"""The palette: type a few letters to find anything there is, press Enter to go there or do it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QPushButton,
    QWidget,
)
from shiboken6 import isValid

from pushforward.studio.app.design.basic import button, column, label, row
from pushforward.studio.app.design.literal_text import tip_text
from pushforward.studio.app.shell.palette_paint import HEAD, HIT, LINE, PaletteLines
from pushforward.studio.app.shell.search_results import COMMANDS_ONLY, GROUPS, Found, Hit, search

__all__ = ["Palette"]

WIDTH = 840  # as wide as the kinds are with four figures each
ROWS = 16
FEW, MOST = 4, 200  # hits of a kind that are shown beside the others, and alone
EVERYTHING = "Everything"
LATELY = "Lately"
KEPT = 6  # things that were chosen lately
KEYS = "↑ ↓ move   ·   Tab next kind   ·   → all of a kind   ·   > commands only   ·   Esc back"


Index: TypeAlias = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
NONE = QModelIndex()


class PaletteModel(QAbstractListModel):
    """Lines, each a heading or a hit."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._lines: list[str | Hit] = []

    def show(self, lines: Sequence[str | Hit]) -> None:
        """List these."""
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def hit(self, row: int) -> Hit | None:
        """Return what was found in a line, None for a heading or where there is no such line."""
        line = self._lines[row] if 0 <= row < len(self._lines) else None
        return line if isinstance(line, Hit) else None

    def rowCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.hit(index.row()) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        hit = self.hit(index.row())
        if hit is None:
            line = self._lines[index.row()] if index.isValid() else None
            return line if role == Role.DisplayRole else None
        if role == Role.DisplayRole:
            return hit.title
        if role == HIT:
            return hit
        if role == Role.ToolTipRole:
            return tip_text(hit.why_not())
        if role == Role.AccessibleTextRole:
            spoken, why = ", ".join(filter(None, [hit.title, hit.said, hit.group])), hit.why_not()
            return f"{spoken}, not now: {why}" if why else spoken
        return None


class Palette(QFrame):
    """Command palette over the window; a click outside or Escape closes it. ``hits`` returns all
    entries when it opens.
    """

    def __init__(self, hits: Callable[[], list[Hit]], host: QWidget) -> None:
        super().__init__(host)
        self._list_hits, self._host = hits, host
        self._hits: list[Hit] = []
        self._found: list[Found] = []
        self._lately: list[str] = []
        self._kind = EVERYTHING
        self._before: QWidget | None = None
        self.setProperty("role", "palette")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Find anything")
        self.line = QLineEdit()
        self.line.setPlaceholderText("A recipe, data, a run, a model, a setting, help, a command")
        self.line.setAccessibleName("Find anything")
        self.line.textChanged.connect(self._search)
        self.line.installEventFilter(self)
        self.kinds = {kind: self._chip(kind) for kind in (EVERYTHING, *GROUPS)}
        self.list = QListView()
        self.model = PaletteModel(self.list)
        self.list.setModel(self.model)
        self.list.setAccessibleName("Found")
        self._lines = PaletteLines(self.list)
        self.list.setItemDelegate(self._lines)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._do)
        self.nothing = label("Nothing found", "muted")
        self.nothing.setContentsMargins(12, 4, 12, 4)
        self._keys = label(KEYS, "small")
        self._keys.setContentsMargins(12, 2, 12, 2)
        self._lay_out()
        self.hide()

    def _chip(self, kind: str) -> QPushButton:
        made = button(kind, partial(self._show_kind, kind), kind="chip")
        made.setCheckable(True)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return made

    def _lay_out(self) -> None:
        chips = row(*self.kinds.values(), None, gap=6, margins=(4, 0, 4, 0))
        column(
            self.line,
            chips,
            self.list,
            self.nothing,
            self._keys,
            parent=self,
            gap=6,
            margins=(8, 8, 8, 6),
        )

    def open(self) -> None:
        """Show what was chosen lately and all commands, and take the keyboard."""
        self._before = self._host.focusWidget()
        self._hits = self._list_hits()
        self._kind = EVERYTHING
        self.line.clear()
        self._search("")
        self.show()
        self._fit()  # what it holds has its size only now
        self.raise_()
        self.line.setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close and give the keyboard back."""
        if self.isHidden():
            return
        self.hide()
        # What had the keyboard may be gone by now: a form that was made anew, a run that left.
        if self._before is not None and isValid(self._before):
            self._before.setFocus(Qt.FocusReason.PopupFocusReason)

    # What is found

    def _search(self, text: str) -> None:
        self._found = search(self._hits, text)
        if not any(each.group == self._kind for each in self._found):
            self._kind = EVERYTHING
        self._lines.words = tuple(text.removeprefix(COMMANDS_ONLY).casefold().split())
        self._refresh()

    def _show_kind(self, kind: str) -> None:
        self._kind = kind
        self._refresh()

    def _refresh(self) -> None:
        counts = {each.group: len(each.hits) for each in self._found}
        counts[EVERYTHING] = sum(counts.values())
        for kind, chip in self.kinds.items():
            chip.setText(f"{kind} {counts.get(kind, 0):,}")
            chip.setEnabled(bool(counts.get(kind)))
            chip.setChecked(kind == self._kind)
        lines: list[str | Hit] = []
        for found in self._visible_hits():
            lines += [found.group, *found.hits]
        self.model.show(lines)
        first = next((i for i in range(self.model.rowCount()) if self.model.hit(i)), -1)
        self.list.setCurrentIndex(self.model.index(first))
        self.list.scrollToTop()
        self.list.setVisible(first >= 0)
        self.nothing.setVisible(first < 0)
        self._fit()

    def _visible_hits(self) -> list[Found]:
        """Return what is listed: a few of each kind, or many of one."""
        if self._kind != EVERYTHING:
            return [Found(f.group, f.hits[:MOST]) for f in self._found if f.group == self._kind]
        if not self._lines.words:
            by_id = {hit.id: hit for hit in self._hits}
            lately = [by_id[id] for id in self._lately if id in by_id]
            commands = [found for found in self._found if found.group == "Commands"]
            return [*([Found(LATELY, lately)] if lately else []), *commands]
        most = FEW if len(self._found) > 1 else MOST
        return [Found(found.group, found.hits[:most]) for found in self._found]

    def _fit(self) -> None:
        """Be as high as what is found."""
        width = min(WIDTH, self._host.width() - 32)
        for chip in self.kinds.values():
            chip.setVisible(width == WIDTH or chip.isEnabled())  # those that lead nowhere go first
        count = self.model.rowCount()
        heads = sum(self.model.hit(i) is None for i in range(count))
        lines = count - heads
        wanted = heads * HEAD + max(1, min(ROWS, lines)) * LINE
        room = self._host.height() - 100
        height = min(room, 112 + wanted)
        self.setGeometry((self._host.width() - width) // 2, 50, width, height)

    # Operation

    def _do(self, index: QModelIndex, also: bool = False) -> None:
        hit = self.model.hit(index.row())
        if hit is None or hit.why_not():
            return
        self._lately = [hit.id, *(each for each in self._lately if each != hit.id)][:KEPT]
        self.dismiss()
        second = hit.also[1]
        (second if also and second is not None else hit.do)()

    def _move(self, by: int) -> None:
        """Move by a number of lines, skipping headings; single steps wrap around."""
        places = [i for i in range(self.model.rowCount()) if self.model.hit(i) is not None]
        if not places:
            return
        here = self.list.currentIndex().row()
        at = places.index(here) if here in places else 0
        to = (at + by) % len(places) if abs(by) == 1 else min(max(at + by, 0), len(places) - 1)
        self.list.setCurrentIndex(self.model.index(places[to]))
        if to == 0:
            self.list.scrollToTop()  # with its heading

    def _turn_kind(self, by: int) -> None:
        kinds = [kind for kind, chip in self.kinds.items() if chip.isEnabled()]
        if kinds:
            self._show_kind(kinds[(kinds.index(self._kind) + by) % len(kinds)])

    def _open_kind(self) -> bool:
        """Show all of the kind that the chosen line is of; where the cursor stands at the end."""
        hit = self.model.hit(self.list.currentIndex().row())
        at_end = self.line.cursorPosition() == len(self.line.text())
        if hit is None or self._kind != EVERYTHING or not at_end or not self.line.text():
            return False
        self._show_kind(hit.group)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                event.accept()  # else it would start what is being set up
                return True
            return False
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()), event.modifiers())
        if event.type() == QEvent.Type.FocusOut and not self.isHidden():
            self.hide()
        return False

    def _key(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        moves = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: ROWS - 1,
            Qt.Key.Key_PageUp: 1 - ROWS,
        }
        if key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do(self.list.currentIndex(), bool(held & Qt.KeyboardModifier.ControlModifier))
        elif key in moves:
            self._move(moves[key])
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._turn_kind(1 if key == Qt.Key.Key_Tab else -1)
        elif key == Qt.Key.Key_Right:
            return self._open_kind()
        else:
            return False
        return True
