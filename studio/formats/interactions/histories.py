"""Histories of users from events: filtered, in order of time, and cut to what a model reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.interactions.events import Events
from pushforward.studio.formats.limits import CHUNK_BYTES, rows_at_once
from pushforward.studio.store.parts import Block, Part, lengths_of

__all__ = ["Filters", "Histories", "core", "make_histories"]

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
_EVENTS = 2_000_000  # sorted at once
_SEED = 0  # of the order of events of one time


@dataclass(frozen=True)
class Filters:
    """Selection and order of events.

    Attributes:
        core: minimum number of interactions of each user and item (k-core).
        ties: order of events of a user with equal times: "random", "file" or "item".
        repeats: whether repeated items are kept.
        gap: hours without an event that split a history; 0 for never.
    """

    core: int = 5
    ties: str = "random"
    repeats: bool = False
    gap: float = 0.0


@dataclass(frozen=True)
class Histories:
    """Histories one after the other.

    Attributes:
        items: (m,) items from 1.
        starts: (n + 1,) where each history begins, and the end of the last.
        rating, time: (m,), None if unknown.
        users: (n,) numbers of the users; counted from 1 where the files have none or a user has
            several histories.
        numbered: whether ``users`` are those of the files.
        codes: (V,) the code of each item in the events.
        repeated, rare: numbers of events that were left out as repeats of an item by its user, and
            by the k-core filter.
        names: (n,) users as the files write them, () where ``users`` are enough; sessions of a user
            are numbered.
    """

    items: Codes
    starts: Ints
    rating: NDArray[np.float32] | None
    time: Ints | None
    users: Ints
    numbered: bool
    codes: Ints
    repeated: int = 0
    rare: int = 0
    names: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Ints:
        """(n,) items of each history."""
        return np.diff(self.starts)

    def parts(self, longest: int) -> list[Part]:
        """Return what a row holds."""
        found = [Part(name="x", dtype="int64", shape=[longest])]
        if self.time is not None:
            found.append(Part(name="time", dtype="int64", shape=[longest]))
        if self.rating is not None:
            found.append(Part(name="rating", dtype="float32", shape=[longest]))
        earlier = Part(name="earlier", dtype="int64", ragged=True)
        return [*found, earlier, Part(name="person", dtype="int64")]

    def rows(self, start: int, stop: int, longest: int, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of some histories as rows: those of the newest items, padded with 0 at the
        end.
        """
        lengths = np.minimum(np.diff(self.starts[start : stop + 1]), longest)
        x = np.zeros((stop - start, longest), values.dtype)
        row, column = np.nonzero(np.arange(longest) < lengths[:, None])
        x[row, column] = values[(self.starts[start + 1 : stop + 1] - lengths)[row] + column]
        return x

    def blocks(self, longest: int) -> Iterator[Block]:
        """Yield the histories as rows."""
        step, most = rows_at_once(24 * longest), CHUNK_BYTES // 8
        start = 0
        while start < len(self):
            # So many users, or fewer who have many items.
            full = int(np.searchsorted(self.starts, self.starts[start] + most, "right")) - 1
            stop = min(start + step, len(self), max(start + 1, full))
            yield self._block(start, stop, longest)
            start = stop

    def _block(self, start: int, stop: int, longest: int) -> Block:
        own = self.starts[start : stop + 1]
        lengths = np.diff(own)
        before = np.maximum(0, lengths - longest)
        place = np.arange(own[-1] - own[0]) - np.repeat(own[:-1] - own[0], lengths)
        block: dict[str, NDArray[Any]] = {
            "x": self.rows(start, stop, longest, self.items).astype(np.int64),
            "earlier": self.items[own[0] : own[-1]][place < np.repeat(before, lengths)].astype(
                np.int64
            ),
            lengths_of("earlier"): before,
            "person": self.users[start:stop],
        }
        for name, values in (("time", self.time), ("rating", self.rating)):
            if values is not None:
                kind = np.int64 if name == "time" else np.float32
                block[name] = self.rows(start, stop, longest, values).astype(kind)
        return block


def make_histories(events: Events, filters: Filters) -> Histories:
    """Return the histories of all users of whom something is left.

    Events of a rating below the threshold are out already. Of an item that a user takes again the
    first event stays, then users and items of few events fall, again and again, and histories of
    users are divided at gaps.
    """
    order = _order(events, filters)
    repeated = len(events.user) - len(order)
    user, item = events.user[order], events.item[order]
    kept = _core_mask(user, item, filters.core)
    rare = len(kept) - int(kept.sum())
    if not kept.all():
        order, user, item = order[kept], user[kept], item[kept]
    del kept
    rating = None if events.rating is None else events.rating[order]
    time = None if events.time is None else events.time[order]
    del order
    begins = np.flatnonzero(np.diff(user, prepend=np.int32(-1)))
    divided = filters.gap > 0 and time is not None and len(user) > 0
    if divided:
        assert time is not None
        late = np.diff(time, prepend=time[:1]) > 3600 * filters.gap
        late[begins] = True
        begins = np.flatnonzero(late)
        kept = np.repeat((lengths := np.diff(begins, append=len(user))) > 1, lengths)
        user, item, time = user[kept], item[kept], time[kept]
        rating = None if rating is None else rating[kept]
        begins = np.concatenate([[0], np.cumsum(lengths[lengths > 1])])[:-1]
    codes = np.flatnonzero(np.bincount(item, minlength=1))
    codes = codes if len(item) else codes[:0]
    place = np.zeros(int(codes.max(initial=0)) + 1, np.int32)
    place[codes] = np.arange(1, len(codes) + 1)
    numbered = events.users is not None and not divided
    users = np.arange(1, len(begins) + 1)
    if numbered:
        assert events.users is not None
        users = events.users[user[begins]]
    starts = np.append(begins, len(item)).astype(np.int64)
    return Histories(
        place[item],
        starts,
        rating,
        time,
        users,
        numbered,
        codes,
        repeated,
        rare,
        _name_histories(events, user[begins], divided=divided),
    )


def _name_histories(events: Events, user: Codes, *, divided: bool) -> list[str]:
    """Return the names of the users of histories, by their codes (n,); [] where numbers do."""
    if events.users is not None and not divided:
        return []
    known = events.user_names if events.users is None else list(map(str, events.users.tolist()))
    names = [known[code] for code in user.tolist()] if known else []
    if not divided or not names:
        return names
    first = np.searchsorted(user, user)  # histories are in the order of users
    return [f"{name}/{i + 1}" for name, i in zip(names, np.arange(len(user)) - first, strict=True)]


def core(user: NDArray[Any], item: NDArray[Any], least: int) -> Ints:
    """Return the events (m,) of the largest set in which every user and every item has at least so
    many; users and items are codes from 0.
    """
    return np.flatnonzero(_core_mask(user, item, least))


def _core_mask(user: NDArray[Any], item: NDArray[Any], least: int) -> NDArray[np.bool_]:
    """Return which events `core` keeps."""
    kept = np.ones(len(user), bool)
    left = len(user)
    while left:
        for side in (user, item):
            kept &= (_counts(side, kept) >= least)[side]
        if (now := int(kept.sum())) == left:
            break
        left = now
    return kept


def _counts(codes: NDArray[Any], kept: NDArray[np.bool_]) -> Ints:
    """Return how often each code is among the kept events; some events at a time, since counting
    takes 8 bytes of each.
    """
    found = np.zeros(int(codes.max(initial=0)) + 1, np.int64)
    for start in range(0, len(codes), _EVENTS):
        some = slice(start, start + _EVENTS)
        found += np.bincount(codes[some][kept[some]], minlength=len(found))
    return found


def _order(events: Events, filters: Filters) -> Codes:
    """Return the events by user and time; of repeated items the first, if repeats are left out.

    Users are sorted some at a time, which bounds the memory.
    """
    counts = np.bincount(events.user, minlength=1)
    ends = np.cumsum(counts)
    rng = np.random.default_rng(_SEED)
    found = []
    first = 0
    while first < len(counts):
        base = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, base + _EVENTS, "right")))
        if first == 0 and last >= len(counts):
            rows = np.arange(len(events.user), dtype=np.int32)
        else:
            inside = (events.user >= first) & (events.user < last)
            rows = np.flatnonzero(inside).astype(np.int32)
        found.append(_sorted(events, rows, filters, rng))
        first = last
    return np.concatenate([*found, np.zeros(0, np.int32)])


def _sorted(events: Events, rows: Codes, filters: Filters, rng: np.random.Generator) -> Codes:
    """Return events of some users by user and time."""
    if filters.ties == "random" and events.time is not None:
        rows = rng.permutation(rows)
    elif filters.ties == "item":
        rows = rows[np.argsort(events.item[rows], kind="stable")]
    user = events.user[rows].astype(np.int64)
    if events.time is None:
        rows = rows[np.argsort(user, kind="stable")]
    else:
        time = events.time[rows].astype(np.int64)
        time -= time.min() if len(time) else 0
        if time.max(initial=0) < 2**34 and user.max(initial=0) < 2**29:
            rows = rows[np.argsort(user << 34 | time, kind="stable")]
        else:
            rows = rows[np.lexsort((time, user))]
    if filters.repeats or not len(rows):
        return rows
    user, item = events.user[rows].astype(np.int64), events.item[rows]
    pair = (user - user[0]) * (int(item.max()) + 1) + item
    ordered = np.sort(pair)  # much cheaper than to sort the places along, and repeats are few
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return rows
    suspects = np.flatnonzero(np.isin(pair, twice))
    _, first = np.unique(pair[suspects], return_index=True)
    keep = np.ones(len(rows), bool)
    keep[suspects] = False
    keep[suspects[first]] = True
    return rows[keep]
