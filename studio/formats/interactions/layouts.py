"""The files of the MovieLens data sets (Harper and Konstan 2015, doi:10.1145/2827872), in their
three layouts: ml-100k (tabs and bars), ml-1m and ml-10m (double colons), and all later ones (commas
below a head). What a file is its first line tells.
"""

import csv
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.formats.limits import MAX_ROWS, FormatError
from studio.store.regular import open_regular

__all__ = ["Events", "Layout", "layout_of", "read_events", "read_titles"]

MAX_LINE = 2**16
MAX_TITLES = 2_000_000
_NUMBER = re.compile(r"\s*[0-9]{1,18}\s*")


@dataclass(frozen=True)
class Layout:
    """What the lines of a file are.

    Attributes:
        holds: "ratings" (user, item, rating, time), "titles" (item, title), or "" for what comes
            along and is not used.
        parted: what stands between two cells.
        head: whether the first line names the columns.
        encoding: of its text.
        first: what the first line looks like.
    """

    holds: str
    parted: str
    head: bool
    encoding: str
    first: str


_LAYOUTS = (
    Layout("ratings", ",", True, "utf-8-sig", r"userId,movieId,rating,timestamp\s*"),
    Layout("titles", ",", True, "utf-8-sig", r"movieId,title(,genres)?\s*"),
    Layout("", ",", True, "utf-8-sig", r"(userId,movieId,tag,timestamp|movieId,imdbId,tmdbId)\s*"),
    Layout("ratings", "::", False, "latin-1", r"\d+::\d+::\d(\.\d)?::\d+\s*"),
    Layout("", "::", False, "latin-1", r"\d+::[MF]::\d+::\d+::.*\s*"),
    Layout("titles", "::", False, "latin-1", r"\d+::.+::[^:]*\s*"),
    Layout("ratings", "\t", False, "latin-1", r"\d+\t\d+\t\d(\.\d)?\t\d+\s*"),
    Layout("", "|", False, "latin-1", r"\d+\|\d+\|[MF]\|.*\s*"),
    Layout("titles", "|", False, "latin-1", r"\d+\|[^|]*\|[^|]*\|.*\s*"),
)


def layout_of(path: Path) -> Layout | None:
    """Return what a file is, None if it is none of MovieLens.

    Raises:
        OSError, StoreError: it cannot be opened.
    """
    with open_regular(path) as file:
        line = file.readline(MAX_LINE).removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    return next((each for each in _LAYOUTS if re.fullmatch(each.first, line)), None)


@dataclass(frozen=True)
class Events:
    """Who rated what: arrays of one length, in the order of the files.

    user, item (m,) int64; rating (m,) float32; time (m,) int64, seconds.
    """

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    rating: NDArray[np.float32]
    time: NDArray[np.int64]


def read_events(path: Path, layout: Layout) -> Events:
    """Read a file of ratings.

    Raises:
        FormatError: a line is none, or there are too many.
    """
    user, item, time = (array("q") for _ in range(3))
    rating = array("f")
    for number, line in _lines(path, layout):
        cells = line.split(layout.parted)
        if len(cells) != 4 or not all(_NUMBER.fullmatch(cells[i]) for i in (0, 1, 3)):
            raise _wrong(path, number, line, "a user, an item, a rating and a time")
        try:
            given = float(cells[2])
        except ValueError:
            given = np.nan
        if not 0.0 <= given <= 1e6:
            raise _wrong(path, number, line, "a user, an item, a rating and a time")
        if len(user) >= MAX_ROWS:
            raise FormatError(
                f"{path.name} has more than {MAX_ROWS:,} ratings, which is the limit.",
                "Import a part of the people.",
            )
        user.append(int(cells[0]))
        item.append(int(cells[1]))
        rating.append(given)
        time.append(int(cells[3]))
    whole = (np.frombuffer(each, np.int64) for each in (user, item, time))
    users, items, times = whole if user else (np.empty(0, np.int64) for _ in range(3))
    return Events(users, items, np.asarray(rating, np.float32), times)


def read_titles(path: Path, layout: Layout) -> dict[int, str]:
    """Read a file of titles, by the number of the item.

    Raises:
        FormatError: a line is none, or there are too many.
    """
    titles: dict[int, str] = {}
    for number, line in _lines(path, layout):
        cells = _cells(line, layout)
        if len(cells) < 2 or not _NUMBER.fullmatch(cells[0]):
            raise _wrong(path, number, line, "the number of an item and its title")
        if len(titles) >= MAX_TITLES:
            raise FormatError(f"{path.name} has more than {MAX_TITLES:,} titles.")
        titles[int(cells[0])] = cells[1].strip()
    return titles


def _cells(line: str, layout: Layout) -> list[str]:
    if layout.parted != ",":
        return line.split(layout.parted)
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _lines(path: Path, layout: Layout) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file with their numbers, without its head and without empty ones."""
    try:
        with open_regular(path) as file:
            number = 0
            while raw := file.readline(MAX_LINE + 1):
                number += 1
                if len(raw) > MAX_LINE:
                    raise FormatError(
                        f"{path.name}, line {number:,} is longer than {MAX_LINE:,} characters.",
                        "Check that it is a file of MovieLens.",
                    )
                line = raw.decode(layout.encoding).strip("\r\n")
                if line and not (layout.head and number == 1):
                    yield number, line
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path.name}, line {number:,} is no text in UTF-8.", "Download it anew."
        ) from error
    except OSError as error:
        raise FormatError(f"{path.name} cannot be read: {error.strerror}.") from error


def _wrong(path: Path, number: int, line: str, wanted: str) -> FormatError:
    shown = line if len(line) <= 60 else f"{line[:57]}..."
    return FormatError(
        f"{path.name}, line {number:,} should be {wanted}, and is {shown!r}.",
        "Check that it is a file of MovieLens, and whole.",
    )
