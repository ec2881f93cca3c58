"""Changes to a history, and how they are undone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

__all__ = ["ADDED", "Entry", "WhatIf"]

ADDED = -1


@dataclass(frozen=True)
class Entry:
    """An item of a history.

    Attributes:
        item: its number, from 1.
        place: in the history before changes, from 0; `ADDED` if it was not there.
        kept: whether the model is asked with it.
    """

    item: int
    place: int = ADDED
    kept: bool = True

    @property
    def added(self) -> bool:
        """Whether the user added it."""
        return self.place == ADDED


class WhatIf:
    """A history and the changes to it, and the items that are removed from the catalogue."""

    def __init__(self, original: Sequence[int] = ()) -> None:
        self.original = list(original)
        self._first = tuple(Entry(item, place) for place, item in enumerate(original))
        self.entries = self._first
        self.dropped: frozenset[int] = frozenset()
        self._past: list[tuple[tuple[Entry, ...], frozenset[int]]] = []

    @property
    def items(self) -> list[int]:
        """Items that the model is asked with, the newest last."""
        return [entry.item for entry in self.entries if entry.kept]

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._past)

    @property
    def changes(self) -> int:
        """Number of items that were added, left out, moved or removed from the catalogue."""
        added = sum(entry.added for entry in self.entries)
        out = sum(not entry.kept for entry in self.entries)
        places = [entry.place for entry in self.entries if not entry.added]
        return added + out + len(places) - _longest_rising(places) + len(self.dropped)

    def set(self, entries: Sequence[Entry]) -> None:
        """Change the history."""
        self._change(tuple(entries), self.dropped)

    def drop(self, item: int) -> None:
        """Remove an item from the catalogue, so that it is not recommended."""
        self._change(self.entries, self.dropped | {item})

    def _change(self, entries: tuple[Entry, ...], dropped: frozenset[int]) -> None:
        if (entries, dropped) != (self.entries, self.dropped):
            self._past.append((self.entries, self.dropped))
            self.entries, self.dropped = entries, dropped

    def undo(self) -> None:
        """Undo the last change."""
        if self._past:
            self.entries, self.dropped = self._past.pop()

    def reset(self) -> None:
        """Undo all changes, as one change."""
        self._change(self._first, frozenset())

    def toggle(self, row: int) -> None:
        """Leave an item out, or take it back; an added one is removed."""
        entries = list(self.entries)
        entry = entries[row]
        if entry.added:
            del entries[row]
        else:
            entries[row] = replace(entry, kept=not entry.kept)
        self.set(entries)

    def add(self, item: int, row: int | None = None) -> int:
        """Add an item, at the end or before a row; one that is there moves. Return its row."""
        entries = list(self.entries)
        at = next((i for i, entry in enumerate(entries) if entry.item == item), None)
        entry = Entry(item)
        row = len(entries) if row is None else row
        if at is not None:
            entry = replace(entries.pop(at), kept=True)
            row -= row > at
        entries.insert(row, entry)
        self.set(entries)
        return row


def _longest_rising(values: Sequence[int]) -> int:
    """Return the length of the longest increasing subsequence: what was not moved."""
    from bisect import bisect_left

    tails: list[int] = []
    for value in values:
        at = bisect_left(tails, value)
        tails[at : at + 1] = [value]
    return len(tails)
