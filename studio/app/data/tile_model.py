"""Qt model of tiles: an ordered list of rows with a filter."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionRange,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
)

from pushforward.studio.app.core.data_type import Tiles
from pushforward.studio.app.design.literal_text import tip_text

__all__ = ["Rows", "TileModel"]

Rows = NDArray[np.int64]
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class TileModel(QAbstractListModel):
    """Each item is a place in the grid; ``order`` (k,) says which row of the data stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.tiles: Tiles | None = None
        self.noun = ""
        self.say: Callable[[int], str] = self._row_text  # says the datum of a row in a line
        self.take: Callable[[Rows], QMimeData] | None = None  # where tiles can be dragged out
        self.cell = QSize(32, 32)  # of a place in the grid: a click anywhere in it is one on it
        self.order: Rows = np.empty(0, np.int64)
        self._count = 0  # views ask for it several times an item
        self._places: Rows | None = None  # of each row, -1 for those left out

    def show(self, tiles: Tiles | None, order: Rows | None, noun: str) -> bool:
        """Show other tiles, (n,), in an order, or in their own; return whether the grid was laid
        out anew: not where only what is on the tiles is different.
        """
        n = len(tiles) if tiles is not None else 0
        new = np.arange(n) if order is None else np.asarray(order, np.int64)
        same = len(new) == len(self.order)
        if not same:
            self.beginResetModel()
        self.tiles, self.noun, self.order, self._places = tiles, noun, new, None
        self._count = len(new)
        if not same:
            self.endResetModel()
        return not same

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | QSize | None:
        roles = Qt.ItemDataRole
        if role == roles.SizeHintRole:
            return self.cell
        if self.tiles is None or role not in (
            roles.DisplayRole, roles.AccessibleTextRole, roles.ToolTipRole
        ):  # fmt: skip
            return None
        row = int(self.order[index.row()])
        return tip_text(self.tiles.describe(row)) if role == roles.ToolTipRole else self.say(row)

    def _row_text(self, row: int) -> str:
        said = self.tiles.describe(row) if self.tiles is not None else ""
        return f"{self.noun} {row}: {said}" if said else f"{self.noun} {row}"

    def flags(self, index: Index) -> Qt.ItemFlag:
        drag = Qt.ItemFlag.ItemIsDragEnabled
        return super().flags(index) | drag if self.take is not None else super().flags(index)

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = np.array(sorted(self.row(each.row()) for each in indexes), np.int64)
        return self.take(rows) if self.take is not None else super().mimeData(indexes)

    def row(self, place: int) -> int:
        """Return the row of the data at a place, -1 where there is none."""
        return int(self.order[place]) if 0 <= place < len(self.order) else -1

    def place(self, row: int) -> int:
        """Return where a row of the data stands, -1 for nowhere."""
        places = self._where()
        return int(places[row]) if 0 <= row < len(places) else -1

    def items(self, rows: Rows) -> QItemSelection:
        """Return the items of those of some rows that are shown, neighbours as one range."""
        places = self._where()
        some = places[rows[(rows >= 0) & (rows < len(places))]]
        some = np.sort(some[some >= 0])
        found = QItemSelection()
        for run in np.split(some, np.flatnonzero(np.diff(some) > 1) + 1) if len(some) else ():
            found.select(self.index(int(run[0])), self.index(int(run[-1])))
        return found

    def places_of(self, items: QItemSelection) -> Rows:
        """Return the places of some items."""
        ranges: list[QItemSelectionRange] = list(items)  # type: ignore[call-overload]
        parts = [np.arange(each.top(), each.bottom() + 1) for each in ranges]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def rows_of(self, items: QItemSelection) -> Rows:
        """Return the rows of the data of some items, in the data's order."""
        return np.sort(self.order[self.places_of(items)])

    def _where(self) -> Rows:
        if self._places is None:
            n = len(self.tiles) if self.tiles is not None else 0
            self._places = np.full(n, -1)
            self._places[self.order] = np.arange(len(self.order))
        return self._places
