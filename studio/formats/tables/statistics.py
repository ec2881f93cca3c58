"""Statistics of a column, chunk by chunk, and where its first bad cell is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.inspection import Column
from pushforward.studio.formats.tables.base import Chunk, Table
from pushforward.studio.formats.tables.layout import no_number

__all__ = ["MISSING", "ColumnScan", "scan"]

MISSING = "missing or NaN"


@dataclass
class ColumnScan:
    """Running statistics of a column. Mean and sum of squared deviations are merged by chunk (Chan,
    Golub and LeVeque, 1983, equations 2.1), which is stable far from zero.
    """

    name: str
    count: int = 0
    nan: int = 0
    texts: int = 0
    minimum: float = np.inf
    maximum: float = -np.inf
    mean: float = 0.0
    squares: float = 0.0
    first: str = ""

    def add(self, values: NDArray[np.float64], chunk: Chunk, index: int, place: str) -> None:
        """Add one chunk of the column."""
        text = chunk.texts.get(index)
        with np.errstate(over="ignore"):
            finite = np.isfinite(values.astype(np.float32))
        bad = len(values) - int(finite.sum()) - (text.count if text else 0)
        self.texts += text.count if text else 0
        if not self.first and text and not self.nan:
            where = f"{place} {chunk.places[text.row]}"
            self.first = f"{where}: {text.cell!r} is not a number{no_number(text.cell)}"
        if bad and not self.nan and not self.texts:
            row = int(np.argmin(finite))
            shown = MISSING if np.isnan(values[row]) else f"{values[row]:g}"
            self.first = f"{place} {chunk.places[row]} is {shown}"
        self.nan += bad
        self._merge(values[finite])

    def _merge(self, good: NDArray[np.float64]) -> None:
        n = len(good)
        if n == 0:
            return
        self.minimum = min(self.minimum, float(np.min(good)))
        self.maximum = max(self.maximum, float(np.max(good)))
        mean = float(good.mean())
        delta = mean - self.mean
        total = self.count + n
        self.squares += float(np.square(good - mean).sum()) + delta**2 * self.count * n / total
        self.mean += delta * n / total
        self.count = total

    @property
    def kind(self) -> str:
        """The kind of the column, as in `Column`."""
        if self.texts:
            return "mixed" if self.count else "text"
        return "number" if self.count else "empty"

    def column(self) -> Column:
        """Return the result."""
        if not self.count:
            return Column(name=self.name, kind=self.kind, count=0, nan=self.nan, problem=self.first)
        return Column(
            name=self.name,
            kind=self.kind,
            count=self.count,
            nan=self.nan,
            minimum=self.minimum,
            maximum=self.maximum,
            mean=self.mean,
            std=float(np.sqrt(self.squares / self.count)),
            problem=self.first,
        )


def scan(table: Table, chunk: Chunk, scans: list[ColumnScan], picked: Sequence[int]) -> None:
    """Add a chunk to the scans of columns of a table; ``picked`` are their indices."""
    for index, column in zip(picked, scans, strict=True):
        column.add(chunk.values[:, index], chunk, index, table.place)
