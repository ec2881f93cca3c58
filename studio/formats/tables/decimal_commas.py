"""Whether the commas in a text table are decimal signs, which only its numbers can tell.

"1,234" may be a little more than one or more than a thousand. A file writes all its numbers in
one way: a single "0,5" or "12,25" in it settles what the others mean.
"""

import re
from collections.abc import Sequence

from pushforward.studio.formats.tables.layout import number

__all__ = ["Commas"]

_DOUBTFUL = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")


class Commas:
    """What the commas of a file may mean, as far as it was read."""

    def __init__(self) -> None:
        self._proof: tuple[int, str] | None = None
        self._doubtful: dict[int, tuple[int, str]] = {}

    def look(self, column: int, cells: Sequence[str], places: Sequence[int]) -> None:
        """Look at cells of a column, and at the numbers of their lines."""
        for place, raw in zip(places, cells, strict=True):
            if self._proof:
                return
            cell = raw.strip()
            if "," not in cell or number(cell, ",") is None:
                continue
            if _DOUBTFUL.fullmatch(cell):
                self._doubtful.setdefault(column, (place, cell))
            else:
                self._proof = (place, cell)

    def notes(self) -> list[str]:
        """Say that commas were taken as decimal signs, with the number that shows it."""
        if self._proof is None:
            return []
        place, cell = self._proof
        return [
            f"The comma is taken as the decimal sign: {cell!r} (line {place}) is "
            f"{cell.replace(',', '.')}."
        ]

    def problems(self, names: Sequence[str], picked: Sequence[int]) -> list[str]:
        """Say which of the picked columns have commas that may be thousands signs."""
        doubtful = [index for index in picked if index in self._doubtful]
        if self._proof or not doubtful:
            return []
        place, cell = self._doubtful[doubtful[0]]
        columns = f"{names[doubtful[0]]!r}"
        if len(doubtful) > 1:
            columns += f" (and {len(doubtful) - 1:,} more)"
        return [
            f"Column {columns} is ambiguous: {cell!r} (line {place}) is "
            f"{cell.replace(',', '.')} or {cell.replace(',', '')}. Use a point as the decimal "
            "sign, or remove thousands separators."
        ]
