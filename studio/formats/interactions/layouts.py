"""The files of the MovieLens data sets (Harper and Konstan 2015, doi:10.1145/2827872), in their
three layouts: ml-100k (tabs and bars), ml-1m and ml-10m (double colons), and all later ones (commas
below a head). What a file is its first line tells.
"""

import csv
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import MAX_ROWS, FormatError
from pushforward.studio.store.regular import open_regular

__all__ = [
    "RATINGS",
    "TITLES",
    "Events",
    "Layout",
    "Titles",
    "layout_of",
    "read_events",
    "read_titles",
]

MAX_LINE = 2**16
MAX_TITLES = 2_000_000
RATINGS = ("userId", "movieId", "rating", "timestamp")
"""The columns of ratings that are read, as MovieLens calls them."""
TITLES = ("movieId", "title")
_NUMBER = re.compile(r"\s*[0-9]{1,18}\s*")


@dataclass(frozen=True)
class Layout:
    """What the lines of a file are.

    Attributes:
        holds: "ratings", "titles", or "" for what comes along and is not used.
        parted: what stands between two cells.
        head: the names of the columns, where the first line says them.
        cells: how many a line has at least.
        places: of the cells that are read, in the order of `RATINGS` or `TITLES`.
    """

    holds: str
    parted: str
    head: tuple[str, ...] = ()
    cells: int = 0
    places: tuple[int, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The columns that are read."""
        return {"ratings": RATINGS, "titles": TITLES}.get(self.holds, ())

    @property
    def missing(self) -> list[str]:
        """The columns that the head should have and has not."""
        there = set(map(str.lower, self.head))
        return [name for name in self.wanted if self.head and name.lower() not in there]


_RATED, _TITLED = (0, 1, 2, 3), (0, 1)
# Files without a head, and what their first line looks like.
_HEADLESS = (
    (r"\d+::\d+::\d(\.\d)?::\d+\s*", Layout("ratings", "::", cells=4, places=_RATED)),
    (r"\d+::[MF]::\d+::\d+::.*\s*", Layout("", "::")),
    (r"\d+::.+::[^:]*\s*", Layout("titles", "::", cells=2, places=_TITLED)),
    (r"\d+\t\d+\t\d(\.\d)?\t\d+\s*", Layout("ratings", "\t", cells=4, places=_RATED)),
    (r"\d+\|\d+\|[MF]\|.*\s*", Layout("", "|")),
    (r"\d+\|[^|]*\|[^|]*\|.*\s*", Layout("titles", "|", cells=2, places=_TITLED)),
)


def layout_of(path: Path) -> Layout | None:
    """Return what a file is, None if it is none of MovieLens. One whose head shows what it is meant
    to be is such a one even if columns are missing.

    Raises:
        OSError, StoreError: it cannot be opened.
    """
    with open_regular(path) as file:
        line = file.readline(MAX_LINE).removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    found = (layout for first, layout in _HEADLESS if re.fullmatch(first, line))
    return next(found, None) or _by_head(line)


def _by_head(line: str) -> Layout | None:
    names = tuple(cell.strip() for cell in _cells(line.strip(), ","))
    there = {name.lower() for name in names}
    if {"movieid", "imdbid"} <= there or {"userid", "movieid", "tag"} <= there:
        return Layout("", ",", names)
    rated = there & {name.lower() for name in RATINGS}
    if {"userid", "movieid"} <= there or len(rated) > 2:
        return _placed("ratings", RATINGS, names)
    if "movieid" in there and there & {"title", "genres"}:
        return _placed("titles", TITLES, names)
    return None


def _placed(holds: str, wanted: Sequence[str], head: tuple[str, ...]) -> Layout:
    lower = [name.lower() for name in head]
    places = tuple(lower.index(name.lower()) for name in wanted if name.lower() in lower)
    return Layout(holds, ",", head, len(head), places)


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
    _check_head(path, layout)
    for number, line, _ in _lines(path, layout):
        cells = _cells(line, layout.parted)
        if len(cells) != layout.cells:
            raise _wrong(path, number, line, "a user, an item, a rating and a time")
        who, what, liked, when = (cells[place] for place in layout.places)
        if not all(map(_NUMBER.fullmatch, (who, what, when))):
            raise _wrong(path, number, line, "a user, an item, a rating and a time")
        try:
            given = float(liked)
        except ValueError:
            given = np.nan
        if not 0.0 <= given <= 1e6:
            raise _wrong(path, number, line, "a user, an item, a rating and a time")
        if len(user) >= MAX_ROWS:
            raise FormatError(
                f"{path.name} has more than {MAX_ROWS:,} ratings, which is the limit.",
                "Import a part of the people.",
            )
        user.append(int(who))
        item.append(int(what))
        rating.append(given)
        time.append(int(when))
    whole = (np.frombuffer(each, np.int64) for each in (user, item, time))
    users, items, times = whole if user else (np.empty(0, np.int64) for _ in range(3))
    return Events(users, items, np.asarray(rating, np.float32), times)


@dataclass(frozen=True)
class Titles:
    """Titles by the number of the item; ``latin`` of them were no UTF-8, and read as Latin-1."""

    of: dict[int, str]
    latin: int = 0


def read_titles(path: Path, layout: Layout) -> Titles:
    """Read a file of titles.

    Raises:
        FormatError: a line is none, or there are too many.
    """
    titles: dict[int, str] = {}
    latin = 0
    _check_head(path, layout)
    for number, line, odd in _lines(path, layout):
        cells = _cells(line, layout.parted)
        if len(cells) < layout.cells or not _NUMBER.fullmatch(cells[layout.places[0]]):
            raise _wrong(path, number, line, "the number of an item and its title")
        if len(titles) >= MAX_TITLES:
            raise FormatError(f"{path.name} has more than {MAX_TITLES:,} titles.")
        item, title = (cells[place] for place in layout.places)
        titles[int(item)] = title.strip()
        latin += odd
    # Files without a head were in Latin-1 from the start.
    return Titles(titles, latin if layout.head else 0)


def _check_head(path: Path, layout: Layout) -> None:
    if not layout.missing:
        return
    lacking = " and ".join(layout.missing)
    many = "s" if len(layout.missing) > 1 else ""
    raise FormatError(
        f"{path.name} lacks the column{many} {lacking}; its columns are {', '.join(layout.head)}.",
        f"Name the columns in its first line: {','.join(layout.wanted)}, in any order.",
    )


def _cells(line: str, parted: str) -> list[str]:
    if parted != "," or '"' not in line:
        return line.split(parted)
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _lines(path: Path, layout: Layout) -> Iterator[tuple[int, str, bool]]:
    """Yield the lines of a file with their numbers, without its head and without empty ones, and
    whether they were no UTF-8: such a line is read as Latin-1, in which any bytes are letters.
    """
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
                line, odd = _text(raw.strip(b"\r\n"))
                if line and not (layout.head and number == 1):
                    yield number, line, odd
    except OSError as error:
        raise FormatError(f"{path.name} cannot be read: {error.strerror}.") from error


def _text(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("latin-1"), True


def _wrong(path: Path, number: int, line: str, wanted: str) -> FormatError:
    shown = line if len(line) <= 60 else f"{line[:57]}..."
    return FormatError(
        f"{path.name}, line {number:,} should be {wanted}, and is {shown!r}.",
        "Check that it is a file of MovieLens, and whole.",
    )
