"""What an importer found that is no table: the arrays that a row has, and the first of each."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from studio.app.kinds.registry import kind
from studio.app.plots.ticks import number
from studio.app.widgets.basic import label, section
from studio.counted import counted
from studio.formats.inspection import Inspection
from studio.literal import one_line
from studio.store.parts import Part

__all__ = ["FoundParts"]

HEADERS = ("Part", "Numbers", "A row", "First rows")
LETTERS = 200


class FoundParts(QWidget):
    """A line a part, below how many rows there are."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = label("", wrap=True)
        self.list = QTableWidget()
        self.list.setAccessibleName("Parts of a row")
        self.list.verticalHeader().setVisible(False)
        self.list.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.list.setColumnCount(len(HEADERS))
        self.list.setHorizontalHeaderLabels(list(HEADERS))
        header = self.list.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(section("What a row holds"))
        body.addWidget(self.facts)
        body.addWidget(self.list, 1)

    def show_found(self, found: Inspection) -> None:
        """Show the parts, the classes and the number of rows."""
        of = kind(found.kind)
        classes = counted(len(found.classes), "class", "classes")
        kinds = f" of {classes}" if found.classes else ""
        names = ", ".join(map(one_line, found.classes[:8]))
        more = ", ..." if len(found.classes) > 8 else ""
        self.facts.setText(
            f"{counted(found.rows, one_line(of.one), one_line(of.many))}{kinds}"
            f"{f': {names}{more}' if names else ''}"
        )
        self.list.setRowCount(len(found.parts))
        for i, part in enumerate(found.parts):
            cells = (part.name, part.dtype, _shape(part), _first(found.preview.get(part.name)))
            for j, text in enumerate(cells):
                self.list.setItem(i, j, QTableWidgetItem(one_line(text)))
        self.list.resizeColumnsToContents()


def _shape(part: Part) -> str:
    """Return the shape of a row for people: "30 × 3", "one number", "any number of 4"."""
    sides = " × ".join(f"{side:,}" for side in part.shape)
    if part.ragged:
        return f"any number of {sides or 'numbers'}"
    return sides or "one number"


def _first(rows: Any) -> str:
    """Return the first rows of a part in a line, "–" where an importer does not read them."""
    return "–" if rows is None else _said(rows)[:LETTERS]


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_said, value))}]"
    return number(value + 0.0) if isinstance(value, float) else str(value)
