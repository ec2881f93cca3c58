"""What the palette lists: headings, and what was found, as plain values.

No items are made and thrown away with every letter: ones that hold objects of Python are freed by
Qt, and a program that typed fast was seen to die of it.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pushforward.studio.app.design.literal_text import tip_text
from pushforward.studio.app.shell.palette_paint import HIT
from pushforward.studio.app.shell.search_results import Hit

__all__ = ["PaletteModel"]

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
