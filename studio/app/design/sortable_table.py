"""A small table of what one datum is made of, sorted by a click on the head of a column."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from pushforward.studio.app.design.value_table import FiguresTable

__all__ = ["ElementsTable"]

PLACE = ("Row", "In its file; click the head of a column to sort by it")
LINE, NARROW = 22, 32  # pixels of a line, and of a column at least


class ElementsTable(FiguresTable):
    """A line an element; the order of a person stays while others are shown."""

    def __init__(self) -> None:
        super().__init__("Composition", [])
        self._heads: list[str] = []
        self._columns: list[NDArray[np.float64]] = []
        self._by, self._falls = 0, False
        self.setMinimumWidth(1)
        self.verticalHeader().setDefaultSectionSize(LINE)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(NARROW)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self.sort_by)

    def show_elements(
        self,
        heads: Sequence[str],
        places: NDArray[np.int64],
        columns: Sequence[NDArray[np.float64]],
    ) -> None:
        """Show numbers of elements, (k,) a column below its head, with the places of these."""
        if list(heads) != self._heads:
            self._heads = list(heads)
            self.setColumnCount(1 + len(heads))
            self.head([PLACE, *((head, "Click to sort") for head in heads)])
            self._by, self._falls = 0, False
        self._columns = [places.astype(np.float64), *columns]
        self._show()

    def sort_by(self, column: int) -> None:
        """Sort by a column: by a number the largest first, and then the other way."""
        self._falls = not self._falls if column == self._by else column > 0
        self._by = column
        self._show()

    def _show(self) -> None:
        keys = self._columns[self._by]
        order = np.argsort(-keys if self._falls else keys, kind="stable").tolist()
        header, ways = self.horizontalHeader(), Qt.SortOrder
        # As in the file: that needs no mark, which takes the room of three digits.
        header.setSortIndicatorShown(self._falls or self._by > 0)
        header.setSortIndicator(
            self._by, ways.DescendingOrder if self._falls else ways.AscendingOrder
        )
        texts = [[f"{place:.0f}" for place in self._columns[0]], *map(_written, self._columns[1:])]
        self.show_lines([tuple(column[row] for column in texts) for row in order])


def _written(column: NDArray[np.float64]) -> list[str]:
    """Write the numbers of a column with as many decimals as give the largest three digits, or two
    of one below a tenth: four columns have no room for more. Whole numbers, as degrees, have none.
    """
    if (column == np.round(column)).all():
        return [f"{value:,.0f}".replace("-", "\N{MINUS SIGN}") for value in column]
    largest = float(np.abs(column).max(initial=0.0))
    digits = 2 if largest >= 0.1 else 1
    decimals = int(np.clip(digits - np.floor(np.log10(largest)), 1, 6)) if largest else 1
    return [f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}") for value in column]
