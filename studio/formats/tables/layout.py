"""Layout of a text table, guessed from its beginning: encoding, delimiter, decimal sign, header.

The delimiter splits the lines evenly into the most numbers. A decimal comma is recognised unless
the delimiter is a comma too.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pushforward.studio.formats.limits import FormatError, check_size
from pushforward.studio.formats.tables.base import default_names, unique_names

__all__ = ["LONGEST_LINE", "MISSING", "Layout", "guess", "no_number", "number", "too_long"]

LONGEST_LINE = 2**20
"""Characters; a table with 2,048 columns has lines of some 50,000."""

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})
_DELIMITERS = (",", ";", "\t", "|", " ")
_HEAD = 2**16
_LONGEST_HEAD = 4 * LONGEST_LINE
_SAMPLE = 20_000  # cells that are looked at to choose a delimiter
_PAGES: dict[str, tuple[str, ...]] = {
    "web page (HTML)": ("<!doctype html", "<html", "<head", "<body", "<table"),
    "XML document": ("<?xml",),
}
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:([.,' \u00a0\u2009\u202f])\d{3})(?:\1\d{3})*([.,]\d+)?")
_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")
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


def no_number(cell: str) -> str:
    """Say why a cell of text may have been meant as a number, "" where nothing suggests it."""
    if _THOUSANDS.fullmatch(cell):
        return " (a thousands separator? remove it)"
    if _COMMA.fullmatch(cell):
        return " (a decimal comma? use a point in all rows)"
    return ""


def too_long(path: Path, line: int) -> FormatError:
    """Say that a line has no end."""
    return FormatError(
        f"{path.name}, line {line} has more than {LONGEST_LINE:,} characters: this is not a table "
        "with one point per line.",
        "Check the line ends and the format of the file.",
    )


def guess(path: Path) -> Layout:
    """Guess the layout of a text file from its first 64 KiB, or its first lines if they are longer.

    Raises:
        FormatError: it is no text, is a page of the web, or has no line.
    """
    head, cut = _head(path)
    encoding = _encoding(path, head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    _refuse_pages(path, text)
    # As an open file would split them: `str.splitlines` also splits at form feeds.
    lines = list(io.StringIO(text, newline=""))
    if cut and len(lines) > 1:
        lines.pop()  # in the middle
    for place, line in enumerate(lines, start=1):
        if len(line) >= LONGEST_LINE:
            raise too_long(path, place)
    comments = [line.strip("# \t\r\n") for line in lines if line.startswith("#")]
    lines = [line for line in lines if line.strip() and not line.startswith("#")][:200]
    if not lines:
        raise FormatError(f"{path.name} has no rows.", "Choose a file with at least two rows.")
    try:
        return _layout(path, encoding, lines, comments)
    except csv.Error as error:
        raise FormatError(
            f"{path.name}: its first rows cannot be split into cells: {error}.",
            "Check the quotation marks in them.",
        ) from error


def _layout(path: Path, encoding: str, lines: Sequence[str], comments: Sequence[str]) -> Layout:
    delimiter, decimal = _separators(lines)
    rows = _split(lines, delimiter)
    check_size(path, "", len(rows), len(rows[0]))
    header = _has_header(rows, decimal)
    names = rows[0] if header else _commented_names(comments, delimiter, len(rows[0]))
    return Layout(encoding, delimiter, decimal, header, unique_names(names))


def _head(path: Path) -> tuple[bytes, bool]:
    """Return the beginning of a file, with three lines at least, and whether there is more."""
    with open(path, "rb") as file:
        head = more = file.read(_HEAD)
        end = b"\n" if b"\n" in head else b"\r"
        while more and head.count(end) < 3 and len(head) < _LONGEST_HEAD:
            more = file.read(_HEAD)
            head += more
        return head, bool(file.read(1))


def _refuse_pages(path: Path, text: str) -> None:
    start = text[:1000].lstrip("\ufeff \t\r\n").lower()
    for kind, beginnings in _PAGES.items():
        if start.startswith(beginnings):
            raise FormatError(
                f"{path.name} is a {kind}, not a table, despite its name.",
                "Download the data file itself, not the web page.",
            )


def _encoding(path: Path, head: bytes) -> str:
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if b"\0" in head:
        raise FormatError(
            f"{path.name} is not a text file, despite its name.",
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
    cells = list(islice((cell for row in rows for cell in row if cell.strip()), _SAMPLE))
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
