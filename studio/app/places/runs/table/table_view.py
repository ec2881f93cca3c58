"""The full table of runs: walked, chosen from and written in by keyboard and mouse."""

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.design.row_paint import HEIGHT
from pushforward.studio.app.design.tree_keys import SIDEWAYS, go_sideways
from pushforward.studio.app.design.tree_model import Index
from pushforward.studio.app.places.runs.table.cell_delegate import RunTableDelegate
from pushforward.studio.app.places.runs.table.column_header import RunTableHeader
from pushforward.studio.app.places.runs.table.pinned_baseline import PinnedLine
from pushforward.studio.app.places.runs.table.table_model import (
    AXIS,
    COLUMNS,
    DATA,
    MEMORY,
    MODEL,
    NAME,
    NOTE,
    TAGS,
    RunTableModel,
)

__all__ = ["RunTableView"]

# Widths of the columns, in pixels, where there is much room and where there is less; the last one
# takes what is left.
WIDE = (262, 130, 64, 66, 132, 132, 112, 64, 116, 60)
CLOSE = (246, 122, 62, 66, 128, 100, 112, 62, 100, 60)
AMPLE = 1080  # pixels from which there is much room
ARROW = 8  # pixels from the middle of the arrow that are still of it
# Columns that a page of fewer pixels has no room for: what they say is in the tip of the name, too.
NARROW = ((MEMORY, 1112), (DATA, 1000), (NOTE, 884), (TAGS, 824), (MODEL, 724), (AXIS, 602))
EDITED = {Qt.Key.Key_F2: NAME, Qt.Key.Key_T: TAGS, Qt.Key.Key_N: NOTE}
FLAG = QItemSelectionModel.SelectionFlag
ACTION = QAbstractItemView.CursorAction
WAYS = {
    Qt.Key.Key_Up: ACTION.MoveUp,
    Qt.Key.Key_Down: ACTION.MoveDown,
    Qt.Key.Key_Home: ACTION.MoveHome,
    Qt.Key.Key_End: ACTION.MoveEnd,
    Qt.Key.Key_PageUp: ACTION.MovePageUp,
    Qt.Key.Key_PageDown: ACTION.MovePageDown,
}


class RunTableView(QTreeView):
    """F2 renames, T tags, N notes, each in its cell; B pins a baseline; Space selects; Delete
    deletes what is selected, and nothing else: where the keyboard is need not be in sight.

    Signals:
    opened: a run, by its key, is to be put on the canvas.
    deleted: the selected runs, by their keys, are to go to the trash: [] where none is selected.
    pinned: a run is to be the baseline of its data, or no longer.
    chosen: other runs are selected.
    menu_wanted: the menu of a line, by what it is of, at a place of the viewport.
    copied: the selected rows are to be put on the clipboard.
    """

    opened = Signal(str)
    deleted = Signal(list)
    pinned = Signal(str)
    chosen = Signal()
    menu_wanted = Signal(object, QPoint)
    copied = Signal()

    def __init__(self, model: RunTableModel) -> None:
        super().__init__()
        self._rows = model
        self._closed: set[str] = set()
        self._wanted: list[str] = []  # keys of runs, in the order in which they were selected
        self._current, self._filling = "", False
        self._pressed = False  # on something that the table does not know: no drag begins there
        self.painter_of_rows = RunTableDelegate(self, model)
        self.head = RunTableHeader(self)
        self.setHeader(self.head)
        self.setModel(model)
        self.pinned_line = PinnedLine(self, model, self.painter_of_rows, self._go_to)
        self.setItemDelegate(self.painter_of_rows)
        self.setAccessibleName("Table of runs")
        self.setProperty("role", "table")
        self._widths: tuple[int, ...] = ()
        self.hidden: set[int] = set()  # the columns that the person does not want to see
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._lay_out_header()
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        self.collapsed.connect(lambda index: self._fold(index, True))
        self.expanded.connect(lambda index: self._fold(index, False))
        model.modelAboutToBeReset.connect(self._forget)
        model.modelReset.connect(self._restore)

    def _lay_out_header(self) -> None:
        head = self.head
        head.setSectionsClickable(True)  # a tree that takes a head makes it deaf
        head.setSectionsMovable(False)
        head.setStretchLastSection(True)
        head.setMinimumSectionSize(40)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    # What stays when the table is filled anew

    def _forget(self) -> None:
        self._filling = True

    def _restore(self) -> None:
        self.expandAll()
        for key in self._closed:
            self.setExpanded(self._rows.index_of(key), False)
        self._filling = False
        self._mark()
        current = self._rows.index_of(self._current)
        if current.isValid():
            self.selectionModel().setCurrentIndex(current, FLAG.NoUpdate)

    def _mark(self) -> None:
        """Show the wanted selection as far as its rows exist."""
        lines = [self._rows.index_of(key) for key in self._rows.all_lines_of(self._wanted)]
        wanted = QItemSelection()
        for index in lines:
            wanted.select(index, index)
        self._filling = True
        self.selectionModel().select(wanted, FLAG.ClearAndSelect | FLAG.Rows)
        self._filling = False
        self._tell()

    def select(self, keys: Sequence[str]) -> None:
        """Select runs, as far as they are listed; the keyboard starts at the last of them."""
        if list(keys) != self.selected:
            self._wanted = list(keys)
            self._mark()
        at = self.run_at(self.currentIndex())
        if at is None or at.key not in keys:
            self._bring(keys[-1:])

    def _bring(self, keys: Sequence[str]) -> None:
        """Bring the keyboard to the line of a run, and that into sight, if it is listed."""
        for line in self._rows.lines_of(keys):
            index = self._rows.index_of(line)
            self.selectionModel().setCurrentIndex(index, FLAG.NoUpdate)
            self.scrollTo(index)

    def _toggle(self, run: str) -> None:
        """Add or remove a run from the selection."""
        kept = [key for key in self.selected if key != run]
        self._wanted = kept if run in self.selected else [*kept, run]
        self._mark()

    @property
    def editing(self) -> bool:
        """Whether the person writes into a cell."""
        return self.state() == QAbstractItemView.State.EditingState

    def _fold(self, index: QModelIndex, closed: bool) -> None:
        line = self._rows.line_at(index)
        if line is not None and not self._filling:
            self._closed = self._closed | {line.key} if closed else self._closed - {line.key}
            self.pinned_line.follow()

    def run_at(self, index: QModelIndex) -> RunState | None:
        """Return the run of a line, None for a group, a race or an invalid index."""
        row = self._rows.row_at(index)
        return row.run if row is not None else None

    @property
    def selected(self) -> list[str]:
        """The keys of the selected runs, in the order in which they were selected. Those that a
        filter hides are not, and are again where it lets them be seen before anything else is
        selected: typing it passes through words that hide more.
        """
        return [key for key in self._wanted if self._rows.lines_of([key])]

    def _selection_changed(self) -> None:
        if self._filling:
            return
        rows = self.selectionModel().selectedRows()
        runs = [run.key for index in rows if (run := self.run_at(index)) is not None]
        kept = [key for key in self._wanted if key in runs]
        self._wanted = list(dict.fromkeys([*kept, *runs]))
        self._mark()  # a run may have other lines, too

    def _tell(self) -> None:
        self.painter_of_rows.places = {key: place for place, key in enumerate(self.selected)}
        self.viewport().update()
        self.pinned_line.follow()
        self.chosen.emit()

    # Keyboard and mouse

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.editing:
            return  # an editor passes on what it has used, such as Enter
        index = self.currentIndex()
        run, key = self.run_at(index), Qt.Key(event.key())
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if key == Qt.Key.Key_Escape and self.selected:
            self.clearSelection()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        elif not plain:
            super().keyPressEvent(event)
        elif key in SIDEWAYS and index.isValid():
            go_sideways(self, key)
        elif key in WAYS:
            self._walk(key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter(index)
        elif run is not None and key == Qt.Key.Key_Space:
            self._toggle(run.key)
        elif run is not None and key in EDITED:
            self.write(run.key, EDITED[key])
        elif run is not None and key == Qt.Key.Key_B:
            self.pinned.emit(run.key)
        elif key == Qt.Key.Key_Delete:
            self.deleted.emit(self.selected)
        else:
            super().keyPressEvent(event)

    def write(self, run: str, column: int) -> None:
        """Let the person write into a cell of a run; a column that is hidden is shown for it."""
        if (at := self.run_at(self.currentIndex())) is None or at.key != run:
            self._bring([run])
        self.setColumnHidden(column, False)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit(self.currentIndex().siblingAtColumn(column))

    def _go_to(self, run: str) -> None:
        """Select a run, and let it be seen."""
        self.select([run])
        self._bring([run])

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys here, and words are typed into the filter."""

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Scroll a line into sight, and from under the baseline that lies above the others."""
        super().scrollTo(index, hint)
        self.pinned_line.follow()
        top = self.visualRect(index).top()
        if self.pinned_line.run is not None and top < HEIGHT:
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() - (HEIGHT - top))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.pinned_line.follow()

    def _walk(self, key: Qt.Key) -> None:
        """Go where an arrow leads; what is selected stays so, for Space alone selects."""
        to = self.moveCursor(WAYS[key], Qt.KeyboardModifier.NoModifier)
        if to.isValid():
            self.selectionModel().setCurrentIndex(to, FLAG.NoUpdate)

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # type: ignore[override]
        super().currentChanged(current, previous)
        line = self._rows.line_at(current)
        if line is not None:
            self._current = line.key
        self.viewport().update()

    def _enter(self, index: QModelIndex) -> None:
        run = self.run_at(index)
        if run is not None:
            self.opened.emit(run.key)
        else:
            self.setExpanded(index, not self.isExpanded(index))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint()).siblingAtColumn(NAME)
        run, left = self.run_at(index), event.button() == Qt.MouseButton.LeftButton
        beside = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        self._pressed = left and (self._folds(event) or (beside and run is not None))
        if not self._pressed:
            super().mousePressEvent(event)
        elif self._folds(event):
            self.selectionModel().setCurrentIndex(index, FLAG.NoUpdate)
            self.setExpanded(index, not self.isExpanded(index))
        elif run is not None:
            self.selectionModel().setCurrentIndex(index, FLAG.NoUpdate)
            self._toggle(run.key)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._pressed:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._pressed:
            super().mouseReleaseEvent(event)
        self._pressed = False

    def _folds(self, event: QMouseEvent) -> bool:
        """Whether a click closes or opens a line: anywhere on one without a run of its own, else
        where the arrow is.
        """
        index = self.indexAt(event.position().toPoint()).siblingAtColumn(NAME)
        line, left = self._rows.line_at(index), self.columnViewportPosition(NAME)
        if line is None or not line.branches:
            return False
        on_arrow = event.position().x() < left + self.painter_of_rows.left_of(index) + ARROW
        return on_arrow or self.run_at(index) is None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        run = self.run_at(index)
        if self._folds(event) or event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.mousePressEvent(event)
        elif run is not None and index.column() in (TAGS, NOTE):
            self.write(run.key, index.column())
        elif run is not None:
            self.opened.emit(run.key)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        row = self._rows.row_at(index)
        if row is not None and row.runs:
            at = self.visualRect(index).center() if keyboard else event.pos()
            self.menu_wanted.emit(row, at)

    def fit(self, width: int) -> None:
        """Show the columns that are wanted, as far as a page so wide has room for them."""
        widths = WIDE if width >= AMPLE else CLOSE
        if widths is not self._widths:  # else those stay that the person has given them
            self._widths = widths
            for column, each in enumerate(widths):
                self.head.resizeSection(column, each)
        narrow = {column for column, least in NARROW if width < least}
        for column in range(len(COLUMNS)):
            self.setColumnHidden(column, column in self.hidden | narrow)
