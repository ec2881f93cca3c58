"""A read-only table over column specs: sorted by a proxy model, copied as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.literal import one_line

__all__ = ["SORT_KEY", "Column", "Table"]

NARROW = 44  # pixels of a column at least
SORT_KEY = Qt.ItemDataRole.UserRole + 1


class Column(NamedTuple):
    """Heading of a column, its tooltip, and the side of its texts; None is right after the first
    column.
    """

    title: str
    tip: str = ""
    side: Qt.AlignmentFlag | None = None

    def alignment(self, place: int) -> Qt.AlignmentFlag:
        """Return the alignment of the texts if this is column number ``place``."""
        default = Qt.AlignmentFlag.AlignRight if place else Qt.AlignmentFlag.AlignLeft
        return (self.side or default) | Qt.AlignmentFlag.AlignVCenter


class Table(QTableView):
    """Rows of texts below headings. Enter or a double click activates, Ctrl+C copies as CSV.

    Signals:
    selection_changed: other rows are selected, by the user.
    """

    selection_changed = Signal()

    def __init__(
        self,
        name: str,
        columns: Sequence[Column],
        *,
        selectable: bool = True,
        sortable: bool = False,
    ) -> None:
        """``name`` is what a screen reader says; ``sortable`` tables sort by a clicked heading."""
        super().__init__()
        self._columns: tuple[Column, ...] = ()
        self._fitted = False
        self._sort_column, self._descending = 0, False
        self._source, self._sorted = QStandardItemModel(self), QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._source)
        self._sorted.setSortRole(SORT_KEY)
        self.setModel(self._sorted)
        self.setAccessibleName(name)
        self.set_columns(columns)
        self.verticalHeader().setVisible(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMinimumSize(QSize(330, 80))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        if not selectable:
            self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(NARROW)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if sortable:
            header.sectionClicked.connect(self.sort_by)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Replace the headings."""
        if len(columns) != self._source.columnCount():
            self._source.setColumnCount(len(columns))
        self._columns = tuple(columns)
        for place, column in enumerate(columns):
            heading = QStandardItem(one_line(column.title))
            set_tip(heading, column.tip)
            if column.side is not None or not place:
                heading.setTextAlignment(column.alignment(place))
            self._source.setHorizontalHeaderItem(place, heading)

    def show_rows(
        self,
        rows: Sequence[Sequence[str]],
        shades: Sequence[Mapping[int, str]] = (),
        tips: Sequence[str] = (),
        keys: Sequence[Sequence[float]] = (),
    ) -> None:
        """Show rows of texts, sorted as before.

        ``shades`` are colours of a row by column, ``tips`` tooltips of rows, and ``keys`` the
        numbers that a sortable table sorts a row by.
        """
        self.blockSignals(True)
        self.clearSelection()
        self._sorted.setDynamicSortFilter(False)
        self._source.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for place, text in enumerate(texts):
                item = QStandardItem(one_line(text))
                item.setTextAlignment(self._columns[place].alignment(place))
                shade = shades[row].get(place) if row < len(shades) else None
                if shade is not None:
                    item.setForeground(QColor(shade))
                if row < len(tips):
                    set_tip(item, tips[row])
                if row < len(keys):
                    item.setData(keys[row][place], SORT_KEY)
                self._source.setItem(row, place, item)
        self._sorted.setDynamicSortFilter(True)
        self.blockSignals(False)

    def cell(self, row: int, column: int) -> QStandardItem | None:
        """Return the item at a place as shown, None outside the table."""
        index = self._sorted.mapToSource(self._sorted.index(row, column))
        return self._source.itemFromIndex(index) if index.isValid() else None

    def heading(self, column: int) -> QStandardItem:
        """Return the item of a heading."""
        return self._source.horizontalHeaderItem(column)

    def sort_by(self, column: int) -> None:
        """Sort by a column, the largest first; again, the other way round. The first column is
        sorted upwards first.
        """
        self._descending = not self._descending if column == self._sort_column else column > 0
        self._sort_column = column
        self._sort()

    def reset_order(self) -> None:
        """Sort by the first column upwards."""
        self._sort_column, self._descending = 0, False
        self._sort()

    def _sort(self) -> None:
        order = Qt.SortOrder.DescendingOrder if self._descending else Qt.SortOrder.AscendingOrder
        header = self.horizontalHeader()
        # The natural order needs no mark, which takes the room of three digits.
        header.setSortIndicatorShown(self._descending or self._sort_column > 0)
        header.setSortIndicator(self._sort_column, order)
        self._sorted.sort(self._sort_column, order)

    def fit(self) -> None:
        """Be as high as its rows, and the bar below them where its columns are too wide."""
        self._fitted = True
        rows = sum(self.rowHeight(row) for row in range(self._source.rowCount()))
        header = self.horizontalHeader()
        header.setStretchLastSection(False)  # stretched, it may also be cut
        fits = header.length() <= self.width() - 2 * self.frameWidth()
        header.setStretchLastSection(fits)
        bar = 0 if fits else self.horizontalScrollBar().sizeHint().height()
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + bar + 6)

    def to_csv(self) -> str:
        """Return the selected rows below the headings as CSV, all rows if none is selected."""
        places = range(self._source.columnCount())
        chosen = self.selected_rows or range(self._source.rowCount())
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column.title for column in self._columns])
        for row in chosen:
            cells = [self.cell(row, place) for place in places]
            writer.writerow(["" if cell is None else cell.text() for cell in cells])
        return text.getvalue()

    @property
    def selected_rows(self) -> list[int]:
        """The rows that are selected."""
        return sorted({index.row() for index in self.selectedIndexes()})

    def select_rows(self, rows: Iterable[int]) -> None:
        """Select rows as shown, without a signal; those outside the table are ignored."""
        flags, chosen = QItemSelectionModel.SelectionFlag, QItemSelection()
        for row in rows:
            if row < self._sorted.rowCount():
                index = self._sorted.index(row, 0)
                chosen.select(index, index)
        self.blockSignals(True)
        self.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
        self.blockSignals(False)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.to_csv())
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted and event.size().width() != event.oldSize().width():
            self.fit()
