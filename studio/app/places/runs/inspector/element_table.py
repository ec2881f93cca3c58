"""The constituents of one sample, sorted by a click on a heading."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.design.table import Column, Table

__all__ = ["ElementTable"]

ROW = Column("Row", "In its file; click a heading to sort by it")
LINE, NARROW = 22, 32  # pixels of a row, and of a column at least


class ElementTable(Table):
    """A row a constituent; the order stays while other samples are shown."""

    def __init__(self) -> None:
        super().__init__("Composition", [ROW], sortable=True)
        self._headings: tuple[str, ...] = ()
        self.setMinimumWidth(1)
        self.verticalHeader().setDefaultSectionSize(LINE)
        self.horizontalHeader().setMinimumSectionSize(NARROW)

    def show_elements(
        self,
        headings: Sequence[str],
        rows: NDArray[np.int64],
        columns: Sequence[NDArray[np.float64]],
    ) -> None:
        """Show the numbers of constituents, (k,) a column, with their rows in the file."""
        if tuple(headings) != self._headings:
            self._headings = tuple(headings)
            self.set_columns([ROW, *(Column(each, "Click to sort") for each in headings)])
            self.reset_order()
        texts = [[str(row) for row in rows.tolist()], *map(_format_column, columns)]
        keys = [rows.tolist(), *(column.tolist() for column in columns)]
        self.show_rows(list(zip(*texts, strict=True)), keys=list(zip(*keys, strict=True)))


def _format_column(column: NDArray[np.float64]) -> list[str]:
    """Format the numbers of a column with three digits for the largest, two below a tenth; whole
    numbers have no decimals.
    """
    if (column == np.round(column)).all():
        return [f"{value:,.0f}".replace("-", "\N{MINUS SIGN}") for value in column]
    largest = float(np.abs(column).max(initial=0.0))
    digits = 2 if largest >= 0.1 else 1
    decimals = int(np.clip(digits - np.floor(np.log10(largest)), 1, 6)) if largest else 1
    return [f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}") for value in column]
