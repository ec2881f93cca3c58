"""Events of all files as arrays: who took what, when, and how it was rated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.interactions.blocks import Block
from pushforward.studio.formats.interactions.cells import Cells
from pushforward.studio.formats.interactions.layout import Layout
from pushforward.studio.formats.interactions.records import blocks_of
from pushforward.studio.formats.interactions.sources import Source
from pushforward.studio.formats.limits import FormatError

__all__ = ["MAX_EVENTS", "Events", "File", "read_events"]

MAX_EVENTS = 40_000_000
_LARGEST = 1e6  # a rating beyond it is none
_MILLI, _MICRO, _NANO = 1e11, 1e14, 1e17  # seconds never get that far
Ints = NDArray[np.int64]
Codes = NDArray[np.int32]


@dataclass(frozen=True)
class File:
    """A file and what its lines are."""

    source: Source
    layout: Layout


@dataclass(frozen=True)
class Events:
    """Events in the order of the files.

    Attributes:
        user, item: (m,) codes from 0.
        rating: (m,) float32, None without ratings.
        time: (m,) int64, seconds since 1970 where the files say so; None without times.
        users: (n,) the numbers of the users by code, None where they are no numbers.
        items: (V,) the same of items.
        names: (V,) items by code as the files write them.
        titles, categories: of items by name, as far as the events have them.
        read: events in the files, those included that were left out.
        empty: events without a user or an item.
        low: events with a rating below the threshold.
        unrated: events without a rating; with a threshold they are left out.
        user_names: (n,) users by code as the files write them, () where they are numbers.
    """

    user: Codes
    item: Codes
    rating: NDArray[np.float32] | None
    time: Ints | None
    users: Ints | None
    items: Ints | None
    names: list[str]
    titles: Mapping[str, str]
    categories: Mapping[str, str]
    read: int
    empty: int
    low: int = 0
    unrated: int = 0
    user_names: Sequence[str] = ()


class _NotANumber(Exception):
    """An identifier is no number; ``side`` is the column and ``line`` its line."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.side = side


class _Numbers:
    """Identifiers that are numbers."""

    def __init__(self, side: str) -> None:
        self._side = side
        self._parts: list[NDArray[Any]] = []

    def add(self, cells: Cells, keep: NDArray[np.bool_]) -> Ints:
        value, valid = cells.integers()
        zero = (cells.data[cells.start] == ord("0")) & (cells.end - cells.start > 1)
        if (zero | ~valid)[keep].any():
            raise _NotANumber(self._side)
        value = value[keep]
        small = bool(value.max(initial=0) < 2**31)
        self._parts.append(value.astype(np.int32) if small else value)
        return value

    def finish(self) -> tuple[Codes, Ints]:
        """Return the code of each event and the number of each code, ascending."""
        value = np.concatenate([*self._parts, np.zeros(0, np.int32)])
        self._parts.clear()
        largest = int(value.max(initial=0))
        if largest <= max(4 * len(value), 2**22):
            there = np.zeros(largest + 1, bool)
            there[value] = True
            codes = np.cumsum(there, dtype=np.int32) - np.int32(1)
            return codes[value], np.flatnonzero(there)
        numbers, inverse = np.unique(value, return_inverse=True)
        return inverse.astype(np.int32), numbers.astype(np.int64)


class _Tokens:
    """Identifiers of any letters, by hashes of 64 bits."""

    def __init__(self) -> None:
        self._parts: list[Codes] = []
        self._known: dict[int, int] = {}
        self.names: list[str] = []

    def add(self, cells: Cells, keep: NDArray[np.bool_]) -> Ints:
        places = np.flatnonzero(keep)
        hashes, first, inverse = np.unique(
            cells.hashes()[keep], return_index=True, return_inverse=True
        )
        codes = np.empty(len(hashes), np.int32)
        for at in np.argsort(first).tolist():  # codes go by the first appearance
            each = int(hashes[at])
            code = self._known.get(each)
            if code is None:
                code = self._known[each] = len(self.names)
                self.names.append(cells.text(int(places[first[at]])))
            codes[at] = code
        self._parts.append(codes[inverse])
        return codes[inverse].astype(np.int64)

    def finish(self) -> Codes:
        return np.concatenate([*self._parts, np.zeros(0, np.int32)])


@dataclass
class _Described:
    """Titles and categories of items from the event lines."""

    titles: dict[str, str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)

    def add(
        self, block: Block, layout: Layout, item: Ints, names: Any, keep: NDArray[np.bool_]
    ) -> None:
        roles = {"title": self.titles, "categories": self.categories}
        there = {role: known for role, known in roles.items() if role in layout.roles}
        if not there:
            return
        places = np.flatnonzero(keep)
        ids, first = np.unique(item, return_index=True)
        for each, at in zip(ids.tolist(), first.tolist(), strict=True):
            name = names[each] if names is not None else str(each)
            for role, known in there.items():
                if name not in known:
                    text = block.columns[layout.roles[role]].text(int(places[at]))
                    if text:
                        known[name] = text


def read_events(
    files: Sequence[File], least: float = 0.0, most: int | None = None, *, numbered: bool = False
) -> Events:
    """Read the events of files.

    Args:
        files: all with events.
        least: ratings below it are left out.
        most: bytes that are read of each file, None for all.
        numbered: users and items must be numbers.

    Raises:
        FormatError: a line is no event, or there are too many.
    """
    tokens: set[str] = set()
    while True:
        try:
            return _Reader(files, tokens, numbered).read(least, most)
        except _NotANumber as found:
            tokens.add(found.side)


class _Reader:
    def __init__(self, files: Sequence[File], tokens: set[str], numbered: bool) -> None:
        self._files, self._numbered = files, numbered
        self._user = _Tokens() if "user" in tokens else _Numbers("user")
        self._item = _Tokens() if "item" in tokens else _Numbers("item")
        self._rating: list[NDArray[np.float32]] = []
        self._time: list[NDArray[Any]] = []
        self._described = _Described()
        self._low = self._unrated = 0
        self._all_have = {
            role: all(role in file.layout.roles for file in files) for role in ("rating", "time")
        }

    def read(self, least: float, most: int | None) -> Events:
        read = empty = 0
        for file in self._files:
            wanted = sorted(set(file.layout.roles.values()))
            for block in blocks_of(file.source, file.layout, wanted, most):
                read += len(block.lines)
                empty += self._add(block, file, least)
                if read > MAX_EVENTS:
                    raise FormatError(
                        f"{file.source.name}: more than {MAX_EVENTS:,} interactions, the limit.",
                        "Import a part of the users.",
                    )
        return self._finish(read, empty)

    def _add(self, block: Block, file: File, least: float) -> int:
        """Add the events of a block; return how many have no user or no item."""
        roles = file.layout.roles
        user, item = block.columns[roles["user"]], block.columns[roles["item"]]
        keep = (user.end > user.start) & (item.end > item.start)
        if self._numbered:
            bad = ~(user.integers()[1] & item.integers()[1])
            _check(bad, block, file, "user", numbered=True)
            keep |= True
        empty = int((~keep).sum())
        if "rating" in roles:
            cells = block.columns[roles["rating"]]
            value, valid = cells.decimals()
            valid &= (value >= (0.0 if self._numbered else -_LARGEST)) & (value <= _LARGEST)
            unrated = (cells.end == cells.start) & (not self._numbered)
            _check(keep & ~valid & ~unrated, block, file, "rating", numbered=self._numbered)
            value = np.where(unrated, 0.0, value)
            self._unrated += int((keep & unrated).sum())
            high = (value >= least) & ~unrated if least > 0 else (value >= least) | unrated
            self._low += int((keep & ~unrated & ~high).sum())
            keep &= high
            if self._all_have["rating"]:
                self._rating.append(value[keep].astype(np.float32))
        if self._all_have["time"]:
            column = block.columns[roles["time"]]
            number, valid = column.integers() if self._numbered else column.seconds()
            _check(keep & ~valid, block, file, "time", numbered=self._numbered)
            number = number[keep].astype(np.int64)
            small = bool(number.max(initial=0) < 2**31) and bool(number.min(initial=0) >= -(2**31))
            self._time.append(number.astype(np.int32) if small else number)
        self._user.add(user, keep)
        codes = self._item.add(item, keep)
        names = self._item.names if isinstance(self._item, _Tokens) else None
        self._described.add(block, file.layout, codes, names, keep)
        return empty

    def _finish(self, read: int, empty: int) -> Events:
        users = items = None
        if isinstance(self._user, _Numbers):
            user, users = self._user.finish()
        else:
            user = self._user.finish()
        if isinstance(self._item, _Numbers):
            item, items = self._item.finish()
            names = list(map(str, items.tolist()))
        else:
            item, names = self._item.finish(), self._item.names
        rated = self._all_have["rating"]
        return Events(
            user,
            item,
            np.concatenate([*self._rating, np.zeros(0, np.float32)]) if rated else None,
            self._times() if self._all_have["time"] else None,
            users,
            items,
            names,
            self._described.titles,
            self._described.categories,
            read,
            empty,
            self._low,
            self._unrated,
            self._user.names if isinstance(self._user, _Tokens) else (),
        )

    def _times(self) -> Ints:
        """Return the times in seconds: many files count in a thousandth of them or less."""
        time = np.concatenate([*self._time, np.zeros(0, np.int32)])
        self._time.clear()
        middle = float(np.median(time[:: max(1, len(time) // 10_000)])) if len(time) else 0.0
        scales = ((_NANO, 10**9), (_MICRO, 10**6), (_MILLI, 10**3))
        scale = next((by for above, by in scales if middle > above), 1)
        return time if scale == 1 else time // scale


_WANTED = {"user": "a user and an item", "rating": "a rating", "time": "a time or a date"}


def _check(
    wrong: NDArray[np.bool_], block: Block, file: File, role: str, *, numbered: bool
) -> None:
    """Raise a `FormatError` with the line of the first wrong cell."""
    if not wrong.any():
        return
    at = int(wrong.argmax())
    roles = file.layout.roles
    cells = ", ".join(block.columns[roles[each]].text(at) for each in roles if each != "title")
    line, name = int(block.lines[at]), file.source.name
    if numbered:
        shown = cells if len(cells) <= 60 else f"{cells[:57]}..."
        raise FormatError(
            f"{name}, line {line:,} should be a user, an item, a rating and a time, and is "
            f"{shown!r}.",
            "Check that it is a complete MovieLens file.",
        )
    cell = block.columns[roles[role]].text(at)
    raise FormatError(
        f"{name}, line {line:,}: {cell[:40]!r} in column {file.layout.names[roles[role]]!r} is not "
        f"{_WANTED[role]}.",
        f"Choose another column for {role}, or none, or fix the line.",
    )
