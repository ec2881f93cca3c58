"""How a text table is laid out: encoding, delimiter, decimal sign, header; guessed from its head.

The delimiter is the one that splits the lines evenly into the most numbers. A decimal comma is
understood where the delimiter is another sign; where it is a comma too, nobody could tell.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.formats.base import FormatError, default_names

__all__ = ["MISSING", "Layout", "guess", "number"]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
_DELIMITERS = (",", ";", "\t", "|", " ")
_HEAD = 2**16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Layout:
    """How to split a text file. ``header`` tells that the first row holds the names."""

    encoding: str
    delimiter: str
    decimal: str
    header: bool
    columns: tuple[str, ...]


def number(cell: str, decimal: str) -> float | None:
    """Return the number in a cell: NaN where it is missing, None where it is text."""
    cell = cell.strip()
    if cell.lower() in MISSING:
        return float("nan")
    if decimal == ",":
        # A point would be a thousands sign, or another decimal sign: not guessed at.
        cell = "text" if "." in cell else cell.replace(",", ".", 1)
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None


def guess(path: Path) -> Layout:
    """Guess the layout of a text file from its first 64 KiB.

    Raises:
        FormatError: it is no text, or has no line.
    """
    with open(path, "rb") as file:
        head = file.read(_HEAD)
    encoding = _encoding(path, head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    # As an open file would split them: `str.splitlines` also splits at form feeds.
    lines = list(io.StringIO(text, newline=""))
    if len(head) == _HEAD and len(lines) > 1:
        lines.pop()  # cut off in the middle
    comments = [line.strip("# \t\r\n") for line in lines if line.startswith("#")]
    lines = [line for line in lines if line.strip() and not line.startswith("#")][:200]
    if not lines:
        raise FormatError(f"{path.name} has no rows.", "Choose a file with at least two rows.")
    delimiter, decimal = _separators(lines)
    rows = _split(lines, delimiter)
    header = _has_header(rows, decimal)
    names = rows[0] if header else _commented_names(comments, delimiter, len(rows[0]))
    return Layout(encoding, delimiter, decimal, header, _unique(names))


def _encoding(path: Path, head: bytes) -> str:
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if b"\0" in head:
        raise FormatError(
            f"{path.name} is not a text file, whatever its name says.",
            "Export it as comma-separated values, or give it the suffix of its real format.",
        )
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _split(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        return [line.split() for line in lines]
    return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))


def _separators(lines: Sequence[str]) -> tuple[str, str]:
    """Return (delimiter, decimal sign): even rows first, then the share of numbers, then width.

    The first row may be a header, and counts only where all else is equal.
    """
    best: tuple[tuple[float, ...], str, str] = ((-1.0,), ",", ".")
    for delimiter in _DELIMITERS:
        rows = _split(lines, delimiter)
        width, share = Counter(map(len, rows)).most_common(1)[0]
        even = share / len(rows)
        for decimal in (".", ",") if delimiter != "," else (".",):
            first, below = _share(rows[:1], decimal), _share(rows[1:] or rows, decimal)
            score = (float(width > 1 and even > 0.5), below, even, width, first)
            if score > best[0]:
                best = (score, delimiter, decimal)
    return best[1], best[2]


def _share(rows: Sequence[Sequence[str]], decimal: str) -> float:
    """Return the share of numbers among the cells that are not empty."""
    cells = [cell for row in rows for cell in row if cell.strip()]
    return sum(number(cell, decimal) is not None for cell in cells) / max(len(cells), 1)


def _has_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """A first row is a header if it has text over numbers, or no number at all."""
    first = [number(cell, decimal) is None for cell in rows[0]]
    for index, text in enumerate(first):
        below = [row[index] for row in rows[1:] if index < len(row)]
        if text and any(number(cell, decimal) is not None for cell in below):
            return True
    named = any(first)
    return named and all(
        text or not cell.strip() for text, cell in zip(first, rows[0], strict=True)
    )


def _commented_names(comments: Sequence[str], delimiter: str, width: int) -> list[str]:
    """Take the last comment before the rows as a header, if it has one name a column."""
    if comments:
        names = _split(comments[-1:], delimiter)[0]
        if len(names) == width and all(number(name, ".") is None for name in names):
            return names
    return list(default_names(width))


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    result: dict[str, None] = {}
    copies: Counter[str] = Counter()
    for place, raw in enumerate(names, start=1):
        base = name = raw.strip() or f"column {place}"
        while name in result:
            copies[base] += 1
            name = f"{base} ({copies[base] + 1})"
        result[name] = None
    return tuple(result)
