"""A tree of lines as Qt's views see one: rows under rows, by key."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex

from pushforward.studio.app.core.run_tree import Line

__all__ = ["Index", "LineModel"]

Index = QModelIndex | QPersistentModelIndex


class LineModel(QAbstractItemModel):
    """Holds the lines; subclasses provide their content on demand, so hidden lines cost nothing."""

    def __init__(self, columns: int = 1, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self.lines: list[Line] = []
        self._places: dict[str, int] = {}
        self._rows: list[int] = []  # by place, which of those under the same line it is
        self._above: list[int] = []  # by place, the place of the line above; -1 for none
        self._below: dict[int, list[int]] = {-1: []}

    def fill(self, lines: Sequence[Line]) -> None:
        """Take other lines, each after the one it belongs to; views forget what was open."""
        self.beginResetModel()
        self.lines = list(lines)
        self._places = {line.key: place for place, line in enumerate(lines)}
        self._rows, self._above, self._below = [], [], {-1: []}
        for place, line in enumerate(lines):
            above = self._places.get(line.above, -1)
            siblings = self._below.setdefault(above, [])
            self._rows.append(len(siblings))
            self._above.append(above)
            siblings.append(place)
        self.endResetModel()

    def tell(self, key: str) -> None:
        """Say that what a line says has changed; of one that is not there, nothing."""
        index = self.index_of(key)
        if index.isValid():
            last = self._columns - 1
            self.dataChanged.emit(index, index.siblingAtColumn(last))

    def tell_all(self) -> None:
        """Say that what all lines say may have changed."""
        # A change is of lines under one line: views paint no others.
        for below in filter(None, self._below.values()):
            self.dataChanged.emit(self._at(below[0], 0), self._at(below[-1], self._columns - 1))

    def index_of(self, key: str, column: int = 0) -> QModelIndex:
        """Return where a line is, an invalid index if it is not there."""
        place = self._places.get(key, -1)
        return self._at(place, column) if place >= 0 else QModelIndex()

    def line_at(self, index: Index) -> Line | None:
        """Return the line of an index, None for an invalid one."""
        return self.lines[index.internalId()] if index.isValid() else None

    def _at(self, place: int, column: int = 0) -> QModelIndex:
        return self.createIndex(self._rows[place], column, place)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        below = self._below.get(parent.internalId() if parent.isValid() else -1, [])
        if not (0 <= row < len(below) and 0 <= column < self._columns):
            return QModelIndex()
        return self.createIndex(row, column, below[row])

    def parent(self, child: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        above = self._above[child.internalId()] if child.isValid() else -1
        return self._at(above) if above >= 0 else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        if parent.column() > 0:
            return 0
        return len(self._below.get(parent.internalId() if parent.isValid() else -1, []))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return self._columns
