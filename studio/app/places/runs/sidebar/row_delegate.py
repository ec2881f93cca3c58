"""How a line of the run tree is drawn."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from pushforward.studio.app.core.run_summary import RunWords
from pushforward.studio.app.design.row_paint import HEIGHT, RowLook, left_of_text, paint_row
from pushforward.studio.app.design.tree_model import Index, LineModel
from pushforward.studio.app.places.runs.sidebar.run_list_model import WORDS
from pushforward.studio.literal import one_line

__all__ = ["RunDelegate"]


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
