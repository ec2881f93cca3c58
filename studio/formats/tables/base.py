"""What a table format is: a way to open a file as tables of numbers, and perhaps to write points.

A format only says which tables a file holds and yields their rows in chunks; statistics, limits,
refusals and conversion are written once, in `studio.formats.tables.reading`.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import CHUNK, MAX_COLUMNS, FormatError, rows_at_once

__all__ = [
    "ArrayTable",
    "Chunk",
    "Format",
    "FormatError",
    "RefusedTable",
    "Table",
    "TextCells",
    "default_names",
    "is_number",
    "unique_names",
]

LONGEST_NAME = 200


@dataclass(frozen=True)
class TextCells:
    """Cells of a chunk's column that are no numbers: how many, and the first (row in chunk)."""

    count: int
    row: int
    cell: str


@dataclass(frozen=True)
class Chunk:
    """Some rows: values (k, d), NaN where a cell is missing or text; ``places`` (k) are the
    numbers of the rows as people count them, with the file where there are several; ``texts`` by
    column index.
    """

    values: NDArray[np.float64]
    places: Sequence[int | str]
    texts: Mapping[int, TextCells] = field(default_factory=dict)


class Table(ABC):
    """A table of an open file.

    Attributes:
        rows: number of rows, None if only reading tells.
        place: unit of ``Chunk.places``: "row" or "line".
        notes: remarks, complete after reading.
    """

    name: str
    columns: tuple[str, ...]
    rows: int | None = None
    place: str = "row"
    notes: Sequence[str] = ()

    def problems(self, picked: Sequence[int]) -> list[str]:
        """Return the problems of columns, by index, besides single cells; complete after
        reading.
        """
        return []

    @abstractmethod
    def chunks(self) -> Iterator[Chunk]:
        """Yield all rows, in chunks of at most `CHUNK`, each time from the start.

        Raises:
            FormatError: a row cannot be read; says which.
        """

    def labelled_chunks(self, column: int) -> Iterator[tuple[Chunk, list[str]]]:
        """Yield all rows as `chunks` does, with the cells of a column as text, "" for missing ones.

        Raises:
            FormatError: a row cannot be read; says which.
        """
        for chunk in self.chunks():
            values = chunk.values[:, column]
            yield chunk, ["" if value != value else f"{value:g}" for value in values.tolist()]

    @abstractmethod
    def preview(self, n: int) -> list[list[Any]]:
        """Return the first n rows, as numbers or text."""


class RefusedTable(Table):
    """What looks like a table and cannot be taken: it is listed with the reason."""

    columns = ()
    rows = 0

    def __init__(self, name: str, error: FormatError) -> None:
        self.name = name
        self.error = error

    def chunks(self) -> Iterator[Chunk]:
        """Refuse."""
        raise self.error

    def preview(self, n: int) -> list[list[Any]]:
        """Show nothing."""
        return []


class ArrayTable(Table):
    """A sliceable table: ``get(start, stop)`` returns (stop - start, d). ``row_bytes`` is the size
    of a row in the file, if larger than its numbers.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        rows: int,
        get: Callable[[int, int], NDArray[Any]],
        row_bytes: int = 0,
    ) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.rows = rows
        self._rows = rows
        self._get = get
        self._step = rows_at_once(max(row_bytes, 8 * len(self.columns)))

    def chunks(self) -> Iterator[Chunk]:
        """Yield slices, converted to 64-bit floats."""
        step = min(CHUNK, self._step)
        for start in range(0, self._rows, step):
            stop = min(start + step, self._rows)
            with np.errstate(over="ignore"):  # of a long double; reported as not finite
                values = np.asarray(self._get(start, stop), dtype=np.float64)
            yield Chunk(values, range(start + 1, stop + 1))

    def preview(self, n: int) -> list[list[Any]]:
        """Return the first n rows, as whole numbers where they are."""
        values = np.asarray(self._get(0, min(n, self._rows)))
        if values.dtype.kind == "f":
            # A long double is no number of Python, and no message can hold one.
            with np.errstate(over="ignore"):
                values = values.astype(np.float64)
        rows: list[list[Any]] = values.tolist()
        return rows


class Format(ABC):
    """One file format, registered by `studio.formats.tables.registry.register`."""

    slug: ClassVar[str]
    title: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    writes: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def open(self, path: Path) -> AbstractContextManager[list[Table]]:
        """Open a file as its tables, which are usable inside the ``with`` block.

        Raises:
            FormatError: the file is not of this format, damaged, or has no table.
        """

    def write(
        self, path: Path, x: NDArray[np.float32], columns: Sequence[str], attrs: Mapping[str, Any]
    ) -> None:
        """Write points x (n, d) atomically, for the suffixes in ``writes``.

        Raises:
            StoreError: the disk refused.
        """
        raise FormatError(f"{self.title} files cannot be written.", "Choose another format.")


def default_names(d: int) -> tuple[str, ...]:
    """Return names for d columns without any: x, y, z, or x1, x2, ... when there are more.

    Raises:
        ValueError: more than `MAX_COLUMNS`; `check_size` comes first.
    """
    if d > MAX_COLUMNS:
        raise ValueError(f"d must be at most {MAX_COLUMNS}, got {d}")
    return ("x", "y", "z")[:d] if d <= 3 else tuple(f"x{i + 1}" for i in range(d))


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that people can tell apart: duplicates are numbered, "u" and "u (2)", what no
    text may hold is replaced, and those without end are cut.
    """
    result: dict[str, None] = {}
    copies: Counter[str] = Counter()
    for place, raw in enumerate(names, start=1):
        base = name = _legible(raw) or f"column {place}"
        while name in result:
            copies[base] += 1
            name = f"{base} ({copies[base] + 1})"
        result[name] = None
    return tuple(result)


def _legible(raw: str) -> str:
    # Half a surrogate pair, as in names that are not UTF-8, cannot be written or sent.
    name = raw[: 2 * LONGEST_NAME].encode("utf-8", "replace").decode().strip()
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def is_number(dtype: np.dtype[Any]) -> bool:
    """Say whether a column of this type can be taken as real numbers."""
    return dtype.kind in "fiub"
