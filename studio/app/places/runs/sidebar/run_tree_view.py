"""The tree of runs: one stop for the keyboard, walked with the arrows."""

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from pushforward.studio.app.core.run_summary import RunWords
from pushforward.studio.app.design.row_paint import HEIGHT, RowLook, left_of_text, paint_row
from pushforward.studio.app.design.tree_keys import SIDEWAYS, go_sideways
from pushforward.studio.app.design.tree_model import Index, LineModel
from pushforward.studio.app.places.runs.sidebar.run_list_model import RUN, WORDS
from pushforward.studio.literal import one_line

__all__ = ["RunTree"]


class RunDelegate(QStyledItemDelegate):
    """Draws as the other lines of the sidebar are drawn."""

    def __init__(self, view: QTreeView, model: LineModel) -> None:
        super().__init__(view)
        self._view, self._model = view, model

    def look(self, index: Index) -> RowLook | None:
        """Return what is seen of a line."""
        words, line = index.data(WORDS), self._model.line_at(index)
        if not isinstance(words, RunWords) or line is None:
            return None
        opened = self._view.isExpanded(self._model.index_of(line.key)) if line.branches else None
        return RowLook(
            text=one_line(words.text),
            heading=bool(line.data),
            note=words.note,
            dot=words.dot,
            progress=words.progress,
            indent=line.depth,
            opened=opened,
        )

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look = self.look(index)
        if look is None:
            return
        state = QStyle.StateFlag
        lit = bool(option.state & (state.State_Selected | state.State_MouseOver))
        focused = self._view.hasFocus() and index == self._view.currentIndex()
        painter.save()
        area = QRectF(option.rect)
        paint_row(painter, area, look, self._view.font(), lit=lit, focused=focused)
        painter.restore()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QLineEdit:
        line = QLineEdit(parent)
        line.setAccessibleName("Name")
        return line

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        look = self.look(index)
        left = int(left_of_text(look)) - 9 if look is not None else 0  # the text stays in its place
        editor.setGeometry(option.rect.adjusted(left, 0, 0, 0))

    def triangle(self, index: Index) -> float:
        """Return up to where a click on a line, in pixels from its left, is one on its triangle."""
        look = self.look(index)
        if look is None or look.opened is None:
            return 0.0
        return left_of_text(look) - (16 if look.dot else 0)


class RunTree(QTreeView):
    """As high as its open lines: what it stands in scrolls. Left and Right close and open a branch,
    then go out and in.

    Signals, each with the key of a line:
    chosen: it was clicked, or Enter or Space was pressed on it.
    extended: it was clicked with Ctrl held, or Ctrl+Space was pressed on it.
    menu_wanted: its menu, at a place of the viewport.
    label_wanted: its "tags" or its "note" are to be changed; F2 changes the name in its place.
    pinned: it is to be the baseline of its data, or no longer.
    delete_wanted: Delete was pressed on it.
    dropped: it was dragged onto another run, whose key is the second.
    """

    chosen = Signal(str)
    extended = Signal(str)
    menu_wanted = Signal(str, QPoint)
    label_wanted = Signal(str, str)
    pinned = Signal(str)
    delete_wanted = Signal(str)
    dropped = Signal(str, str)

    def __init__(self, model: LineModel) -> None:
        super().__init__()
        self._lines = model
        self._closed: set[str] = set()
        self._current = ""
        self._filling = False
        self._painter = RunDelegate(self, model)
        self._pressed: QPoint | None = None  # where a run was pressed that may be dragged
        self.setAcceptDrops(True)
        self.setModel(model)
        self.setItemDelegate(self._painter)
        self.setAccessibleName("Runs")
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)  # the delegate indents, as it draws the whole line
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setSelectionMode(QTreeView.SelectionMode.NoSelection)  # the state selects
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.collapsed.connect(lambda index: self._fold(index, True))
        self.expanded.connect(lambda index: self._fold(index, False))
        model.modelAboutToBeReset.connect(self._forget)
        model.modelReset.connect(self._restore)

    # What is open

    def _forget(self) -> None:
        self._filling = True

    def _restore(self) -> None:
        self.expandAll()
        for key in self._closed:
            self.setExpanded(self._lines.index_of(key), False)
        self._filling = False
        self._go_to(self._lines.index_of(self._current))
        self._fit()

    def _fold(self, index: QModelIndex, closed: bool) -> None:
        line = self._lines.line_at(index)
        if line is not None and not self._filling:
            self._closed = self._closed | {line.key} if closed else self._closed - {line.key}
            self._fit()

    @property
    def open_keys(self) -> list[str]:
        """The lines that are not hidden by a closed one, from top to bottom."""
        open_ = dict[str, bool]()
        for line in self._lines.lines:
            open_[line.key] = open_.get(line.above, True) and line.above not in self._closed
        return [key for key, shown in open_.items() if shown]

    def reveal(self, key: str) -> None:
        """Open what hides a line, and let the keyboard start there."""
        index = self._lines.index_of(key)
        above = index.parent()
        while above.isValid():
            self.setExpanded(above, True)
            above = above.parent()
        self._go_to(index)

    def _fit(self) -> None:
        self.setFixedHeight(HEIGHT * len(self.open_keys))

    def select(self, keys: set[str]) -> None:
        """Mark lines as selected, all others as not."""
        wanted = QItemSelection()
        for key in keys:
            index = self._lines.index_of(key)
            if index.isValid():
                wanted.select(index, index)
        self.selectionModel().select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    @property
    def is_chosen(self) -> bool:
        """Whether the line that has the keyboard is selected already."""
        return self.selectionModel().isSelected(self.currentIndex())

    # Keyboard and mouse

    def _go_to(self, index: QModelIndex) -> None:
        if index.isValid():
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(index, flag)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        line = self._lines.line_at(current)
        if line is not None:
            self._current = line.key
        area = self._scrolled_by()
        page = area.widget() if area is not None else None
        if area is not None and page is not None and self.hasFocus():
            at = self.viewport().mapTo(page, self.visualRect(current).center())
            area.ensureVisible(0, at.y(), 0, HEIGHT)

    def _scrolled_by(self) -> QScrollArea | None:
        above: QWidget | None = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        return above

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        line = self._lines.line_at(index)
        if line is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._go_to(index)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.extended.emit(line.key)
        elif event.position().x() < self._painter.triangle(index):
            self.setExpanded(index, not self.isExpanded(index))
        else:
            self._pressed = event.position().toPoint() if line.run else None
            self.chosen.emit(line.key)
            self.setFocus(Qt.FocusReason.MouseFocusReason)  # Delete is about what was clicked

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the run that was pressed."""
        super().mouseMoveEvent(event)
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        away = (event.position().toPoint() - self._pressed).manhattanLength()
        if away >= QApplication.startDragDistance():
            self._pressed = None
            self.startDrag(Qt.DropAction.CopyAction)  # of the selected line

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press has done it."""
        self._pressed = None

    def _drop_target(self, event: QDropEvent) -> tuple[str, str]:
        """Return the run that is dragged and the one below the pointer; "" where there is none."""
        key = bytes(event.mimeData().data(RUN).data()).decode()
        line = self._lines.line_at(self.indexAt(event.position().toPoint()))
        target = line.key if line is not None and line.run else ""
        return key, target if target != key else ""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.setAccepted(event.mimeData().hasFormat(RUN))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.setAccepted(all(self._drop_target(event)))

    def dropEvent(self, event: QDropEvent) -> None:
        key, target = self._drop_target(event)
        if key and target:
            event.acceptProposedAction()
            self.dropped.emit(key, target)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.state() == QTreeView.State.EditingState:
            return  # an editor passes on what it has used, such as Enter
        line = self._lines.line_at(self.currentIndex())
        ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if line is not None and event.key() == Qt.Key.Key_Space and ctrl:
            self.extended.emit(line.key)
        elif line is not None and event.key() in CHOOSING:
            self.chosen.emit(line.key)
        elif line is not None and event.key() in SIDEWAYS:
            go_sideways(self, event.key())
        elif line is not None and event.key() == Qt.Key.Key_Delete and not ctrl:
            self.delete_wanted.emit(line.key)
        elif line is not None and event.key() == Qt.Key.Key_F2 and not ctrl:
            self.edit(self.currentIndex())
        elif line is None or not line.run or ctrl:
            super().keyPressEvent(event)
        elif event.key() in SAYING:
            self.label_wanted.emit(line.key, SAYING[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_B:
            self.pinned.emit(line.key)
        else:
            super().keyPressEvent(event)

    def rename(self, key: str) -> None:
        """Edit the name of a run in its place."""
        self.reveal(key)
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit(self.currentIndex())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        line = self._lines.line_at(index)
        if line is not None:
            at = self.visualRect(index).center() if keyboard else event.pos()
            self.menu_wanted.emit(line.key, at)


CHOOSING = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
SAYING = {Qt.Key.Key_T: "tags", Qt.Key.Key_N: "note"}
