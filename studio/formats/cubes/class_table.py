"""Names of classes in a small table: a number and a name a line, as CSV or text."""

import csv
import io
import re
from pathlib import Path

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.regular_files import open_regular

__all__ = ["is_class_table", "read_class_table", "split_names"]

SUFFIXES = (".csv", ".txt", ".tsv")
LONGEST = 64 * 1024
MOST = 255
_NUMBER = re.compile(r"\d{1,3}\Z")


def is_class_table(path: Path) -> bool:
    """Return whether a file is a table of numbers from 0 to 255 and names."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    try:
        return bool(_rows(path))
    except (OSError, ValueError, csv.Error):
        return False


def read_class_table(path: Path) -> dict[int, str]:
    """Return the names of classes by their numbers; 0 stands for unlabelled.

    Raises:
        FormatError: the file is no such table.
    """
    found = _rows(path)
    if not found:
        raise FormatError(
            f"{path.name} is no table of class names.",
            "Write a number and a name on each line, such as: 1,Water",
        )
    return found


def _rows(path: Path) -> dict[int, str]:
    with open_regular(path) as file:
        raw = file.read(LONGEST + 1)
    if len(raw) > LONGEST:
        return {}
    text = raw.decode("utf-8-sig")
    head = text.split("\n", 1)[0]
    mark = next((mark for mark in ("\t", ";", ",") if mark in head), ",")
    lines = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if row]
    found: dict[int, str] = {}
    for place, row in enumerate(lines):
        cells = [cell.strip() for cell in row]
        if len(cells) < 2 or not _NUMBER.match(cells[0]):
            if place == 0:
                continue  # the names of the columns
            return {}
        number = int(cells[0])
        if number > MOST or number in found or not cells[1] or _is_real(cells[1]):
            return {}
        found[number] = cells[1]
    return found


def _is_real(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def split_names(text: str) -> dict[int, str]:
    """Return names that are separated by commas, by their numbers from 1 on."""
    names = [each.strip() for each in text.split(",")]
    return {number: name for number, name in enumerate(names, start=1) if name}
