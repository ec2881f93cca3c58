"""CSV, TSV and other text tables, read as a stream: a file of any allowed size, little memory."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cells import harmless
from pushforward.studio.formats.limits import CHUNK, FormatError
from pushforward.studio.formats.tables.base import Chunk, Format, Table, TextCells
from pushforward.studio.formats.tables.decimal_commas import Commas
from pushforward.studio.formats.tables.layout import LONGEST_LINE, Layout, guess, number, too_long
from pushforward.studio.formats.tables.registry import register
from pushforward.studio.store.atomic import check_space, replacing, write_text

__all__ = ["Csv"]

_Line = tuple[int, str]
_BLOCK = 2**22
"""Characters that are in memory at once, besides those of one line."""
_CELL = 64
"""Characters that a cell weighs at least: each is an object of its own."""
_SHOWN = 60
T = TypeVar("T")


@register
class Csv(Format):
    """Delimited text."""

    slug = "csv"
    title = "Comma-, tab- or semicolon-separated values"
    suffixes = (".csv", ".tsv", ".txt", ".dat")
    writes = (".csv", ".tsv")

    @contextmanager
    def open(self, path: Path) -> Iterator[list[Table]]:
        """Open the one table of a text file; passes that nobody finished are closed in the end."""
        with ExitStack() as passes:
            yield [_TextTable(path, guess(path), passes)]

    def write(
        self, path: Path, x: NDArray[np.float32], columns: Sequence[str], attrs: Mapping[str, Any]
    ) -> None:
        """Write a header and one line a point; nine digits bring each 32-bit number back."""
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        check_space(path.parent, 16 * x.size)
        with replacing(path) as temp, open(temp, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter, lineterminator="\n").writerow(
                map(harmless, columns)
            )
            for start in range(0, len(x), CHUNK):
                np.savetxt(file, x[start : start + CHUNK], fmt="%.9g", delimiter=delimiter)
        if attrs:
            # Not as comments inside: most readers would take them for the header.
            write_text(path.with_name(path.name + ".json"), json.dumps(dict(attrs), indent=2))


class _TextTable(Table):
    place = "line"

    def __init__(self, path: Path, layout: Layout, passes: ExitStack) -> None:
        self.name = path.stem
        self.columns = layout.columns
        self._path = path
        self._layout = layout
        self._passes = passes
        self._commas = Commas()

    def problems(self, picked: Sequence[int]) -> list[str]:
        return self._commas.problems(self.columns, picked)

    def chunks(self) -> Iterator[Chunk]:
        self._commas = Commas()
        with self._opened() as lines:
            rest: Iterator[_Line] = lines
            while block := _block(rest, len):
                values = self._numbers(block)
                if values is None:
                    # Text, gaps or quotes: from here on cell by cell.
                    yield from self._careful(chain(block, rest))
                    return
                yield Chunk(values, [number for number, _ in block])

    def preview(self, n: int) -> list[list[Any]]:
        with self._opened() as lines:
            rows = islice(self._rows(lines), n)
            return [[_preview_cell(cell, self._layout.decimal) for cell in row] for _, row in rows]

    def _numbers(self, block: Sequence[_Line]) -> NDArray[np.float64] | None:
        """Parse lines that hold numbers only, ten times as fast as cell by cell; else None."""
        if self._layout.decimal == ",":
            return None
        delimiter = None if self._layout.delimiter == " " else self._layout.delimiter
        try:
            values = np.loadtxt(
                (line for _, line in block), delimiter=delimiter, comments=None, ndmin=2
            )
        except ValueError:
            return None
        return values if values.shape == (len(block), len(self.columns)) else None

    def _careful(self, lines: Iterator[_Line]) -> Iterator[Chunk]:
        rows = self._rows(lines)
        while block := _block(rows, _weight):
            yield self._parsed(block)
        self.notes = self._commas.notes()

    def _parsed(self, block: Sequence[tuple[int, list[str]]]) -> Chunk:
        """Return rows, cell by cell."""
        values = np.empty((len(block), len(self.columns)), dtype=np.float64)
        texts: dict[int, TextCells] = {}
        for index, cells in enumerate(zip(*(row for _, row in block), strict=True)):
            found = _parse(cells, self._layout.decimal, values[:, index])
            if self._layout.decimal == ",":
                self._commas.look(index, cells, [place for place, _ in block])
            if found is not None:
                texts[index] = found
        return Chunk(values, [place for place, _ in block], texts)

    def labelled_chunks(self, column: int) -> Iterator[tuple[Chunk, list[str]]]:
        self._commas = Commas()
        with self._opened() as lines:
            rows = self._rows(lines)
            while block := _block(rows, _weight):
                yield self._parsed(block), [row[column].strip() for _, row in block]
        self.notes = self._commas.notes()

    @contextmanager
    def _opened(self) -> Iterator[Iterator[_Line]]:
        """Yield the lines after the header."""
        lines = _Numbered(self._path)
        try:
            with open(self._path, encoding=self._layout.encoding, newline="") as file:
                self._passes.callback(file.close)
                numbered = lines.read(file)
                if self._layout.header:
                    next(self._cells(line for _, line in numbered))
                yield numbered
        except UnicodeDecodeError as error:
            raise FormatError(
                f"{self._path.name} has bytes that are not {self._layout.encoding} text, after "
                f"line {lines.number}.",
                "Save it as UTF-8.",
            ) from error
        except csv.Error as error:
            raise FormatError(
                f"{self._path.name}, line {lines.number}: {error}.",
                "Check the quotation marks around there.",
            ) from error

    def _rows(self, lines: Iterator[_Line]) -> Iterator[tuple[int, list[str]]]:
        """Yield (number of its last line, cells) of each row, all of the same width."""
        width = len(self.columns)
        last = size = 0

        def texts() -> Iterator[str]:
            nonlocal last, size
            for place, line in lines:
                last = place
                size += len(line)
                if size > LONGEST_LINE:
                    # A quotation mark that is never closed, or closed and opened on each line.
                    raise too_long(self._path, place)
                yield line

        for row in self._cells(texts()):
            size = 0
            if len(row) != width:
                raise _ragged(self._path, last, len(row), width)
            yield last, row

    def _cells(self, lines: Iterator[str]) -> Iterator[list[str]]:
        if self._layout.delimiter == " ":
            return (line.split() for line in lines)
        return csv.reader(
            lines, delimiter=self._layout.delimiter, skipinitialspace=True, strict=True
        )


class _Numbered:
    """The lines of a file without comments and blanks, counted as an editor counts them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.number = 0

    def read(self, file: TextIO) -> Iterator[_Line]:
        while line := file.readline(LONGEST_LINE):
            self.number += 1
            if len(line) == LONGEST_LINE:
                raise too_long(self._path, self.number)
            if not line.startswith("#") and not line.isspace():
                yield self.number, line


def _block(lines: Iterator[tuple[int, T]], weight: Callable[[T], int]) -> list[tuple[int, T]]:
    """Take the next lines or rows, as many as are worked on at once."""
    block: list[tuple[int, T]] = []
    size = 0
    for place, line in islice(lines, CHUNK):
        block.append((place, line))
        size += weight(line)
        if size > _BLOCK:
            break
    return block


def _weight(row: list[str]) -> int:
    return sum(map(len, row)) + _CELL * len(row)


def _ragged(path: Path, line: int, got: int, width: int) -> FormatError:
    return FormatError(
        f"{path.name}, line {line} has {got} {'value' if got == 1 else 'values'}, but the first "
        f"line has {width}.",
        "Fix this line: each line needs the same number of values.",
    )


def _parse(cells: Sequence[str], decimal: str, out: NDArray[np.float64]) -> TextCells | None:
    """Parse one column into ``out`` (NaN where there is no number); return its text cells."""
    if decimal == "." and "_" not in "".join(cells):
        try:
            out[:] = list(map(float, cells))
        except ValueError:
            pass
        else:
            return None
    count, first = 0, 0
    for row, cell in enumerate(cells):
        value = number(cell, decimal)
        out[row] = np.nan if value is None else value
        if value is None:
            first = first if count else row
            count += 1
    return TextCells(count, first, cells[first].strip()[:40]) if count else None


def _preview_cell(cell: str, decimal: str) -> float | str:
    value = number(cell, decimal)
    return cell[:_SHOWN] if value is None or value != value else value
