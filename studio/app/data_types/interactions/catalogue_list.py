"""The items of the data set as a list that is searched, and dragged from into a history."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QByteArray,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListView, QWidget

from pushforward.studio.app.data_types.interactions.catalogue import MIME, Catalogue
from pushforward.studio.app.design.basic import column

__all__ = ["CatalogueList"]


class _Titles(QStringListModel):
    """Titles of items in their order; a drag carries the number of the item."""

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(MIME, QByteArray(str(indexes[0].row() + 1).encode() if indexes else b"0"))
        return data

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled


class CatalogueList(QWidget):
    """All titles, filtered as the user types.

    Signals:
        wanted(int): an item that was double-clicked, or Enter was pressed on.
    """

    wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter titles")
        self.filter.setAccessibleName("Filter titles")
        self.filter.setClearButtonEnabled(True)
        self._titles, self.shown = _Titles(self), QSortFilterProxyModel(self)
        self.shown.setSourceModel(self._titles)
        self.shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.filter.textChanged.connect(self.shown.setFilterFixedString)
        self.list = QListView()
        self.list.setModel(self.shown)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Items: drag one into the history")
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.activated.connect(lambda index: self.wanted.emit(self._item(index)))
        column(self.filter, (self.list, 1), parent=self, gap=6)

    def show_items(self, catalogue: Catalogue) -> None:
        """List the items of a catalogue."""
        self._titles.setStringList(catalogue.unique_titles)

    def _item(self, index: QModelIndex) -> int:
        return self.shown.mapToSource(index).row() + 1
