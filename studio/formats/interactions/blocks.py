"""Blocks of rows of a delimited text: positions of its cells, found for a block at once."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.interactions.cells import Cells
from pushforward.studio.formats.interactions.sources import Stream
from pushforward.studio.formats.limits import FormatError

__all__ = ["MAX_LINE", "Block", "split_line", "text_blocks"]

MAX_LINE = 2**16
READ = 2**20
"""Bytes of a block."""
_BREAK, _RETURN, _QUOTE = 10, 13, 34
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Some columns of consecutive rows.

    Attributes:
        columns: cells by the place of the column.
        lines: (n,) the number of the line of each row, from 1.
    """

    columns: dict[int, Cells]
    lines: NDArray[np.int64]


def split_line(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line."""
    if delimiter == " ":
        return line.split()
    if delimiter != "," or '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def text_blocks(
    file: Stream, name: str, delimiter: str, width: int, wanted: Sequence[int], skip: int
) -> Iterator[Block]:
    """Yield blocks of rows.

    Args:
        file: an open file; of one that is cut the last line is left out.
        name: of the file, for errors.
        delimiter: what separates two cells.
        width: cells of a row.
        wanted: places of the columns to return.
        skip: lines at the start that are no rows.

    Raises:
        FormatError: a row has another number of cells, or a line is too long.
    """
    rest, line = b"", 1
    while block := file.read(READ):
        block = rest + (block.removeprefix(_BOM) if line == 1 and not rest else block)
        cut = block.rfind(b"\n") + 1
        block, rest = block[:cut], block[cut:]
        if len(rest) > MAX_LINE:
            raise _too_long(name, line + block.count(b"\n"))
        if block:
            yield from _parse(block, name, delimiter, width, wanted, line, skip)
            line += block.count(b"\n")
    if rest and not file.cut:
        yield from _parse(rest + b"\n", name, delimiter, width, wanted, line, skip)


def _parse(
    raw: bytes,
    name: str,
    delimiter: str,
    width: int,
    wanted: Sequence[int],
    first: int,
    skip: int,
) -> Iterator[Block]:
    data = np.frombuffer(raw, np.uint8)
    end = np.flatnonzero(data == _BREAK)
    start = np.concatenate([[0], end[:-1] + 1])
    lines = first + np.arange(len(end))
    end = end - ((end > start) & (data[end - 1] == _RETURN))
    row = (end > start) & (lines > skip)
    start, end, lines = start[row], end[row], lines[row]
    if not len(start):
        return
    if (end - start).max() > MAX_LINE:
        raise _too_long(name, int(lines[(end - start).argmax()]))
    if (delimiter == "," and _QUOTE in data) or delimiter == " ":
        ends = zip(start.tolist(), end.tolist(), strict=True)
        texts = _split_lines([_text(raw[a:b]) for a, b in ends], delimiter)
        _check_widths(np.array([len(each) for each in texts]), width, name, lines, raw, start, end)
        columns = {place: Cells.of_texts([each[place] for each in texts]) for place in wanted}
        yield Block(columns, lines)
        return
    marks = _marks(data, delimiter)
    counts = np.searchsorted(marks, end) - np.searchsorted(marks, start)
    _check_widths(counts + 1, width, name, lines, raw, start, end)
    inner = marks[(marks >= start[0])].reshape(len(start), width - 1)
    after = inner + len(delimiter)
    columns = {
        place: Cells.between(
            data,
            start if place == 0 else after[:, place - 1],
            end if place == width - 1 else inner[:, place],
        )
        for place in wanted
    }
    yield Block(columns, lines)


def _split_lines(lines: list[str], delimiter: str) -> list[list[str]]:
    """Return the cells of lines; all at once if no quoted cell goes on in the next line."""
    if delimiter == ",":
        with suppress(csv.Error):
            found = list(csv.reader(lines))
            if len(found) == len(lines):
                return found
    return [split_line(line, delimiter) for line in lines]


def _marks(data: NDArray[np.uint8], delimiter: str) -> NDArray[np.int64]:
    """Return where the delimiters begin."""
    if len(delimiter) == 1:
        return np.flatnonzero(data == ord(delimiter))
    both = (data[:-1] == ord(delimiter[0])) & (data[1:] == ord(delimiter[1]))
    return np.flatnonzero(both)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _check_widths(
    counts: NDArray[np.int64],
    width: int,
    name: str,
    lines: NDArray[np.int64],
    raw: bytes,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> None:
    wrong = counts != width
    if not wrong.any():
        return
    at = int(wrong.argmax())
    shown = _text(raw[start[at] : end[at]])
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    raise FormatError(
        f"{name}, line {lines[at]:,} has {counts[at]:,} cells, and the first line {width:,}: "
        f"{shown!r}.",
        "Fix or delete the line. If the file was cut off, copy it again.",
    )


def _too_long(name: str, line: int) -> FormatError:
    return FormatError(
        f"{name}, line {line:,} is longer than {MAX_LINE:,} characters.",
        "Check that it is a table with one interaction per line.",
    )
