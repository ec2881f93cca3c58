"""A graph along the flow: edges at any flow time, which of them remain, and the predicted ones.
Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.canonical import canonical_order
from pushforward.studio.app.core.data_type import AsGraphs
from pushforward.studio.app.data_types.graphs.graph_rows import (
    Floats,
    GraphRows,
    Numbers,
    ReadGraphs,
)
from pushforward.studio.protocol.extras import DENOISED, LEVELS, PLACES
from pushforward.studio.protocol.records import FlowRecord

__all__ = ["ORDERS", "GraphWay", "Pairs"]

STOPS = 8  # pictures of a strip
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of nodes at a flow time, (P,) each.

    Attributes:
        now: probability of an edge, in [0, 1].
        foreseen: predicted probability of the final edge; as ``now`` if unknown.
        last: final edges.
        kinds, foreseen_kinds: their types, from 1; all 1 without types.
    """

    now: Floats
    foreseen: Floats
    last: Bools
    kinds: Numbers
    foreseen_kinds: Numbers

    @property
    def here(self) -> Bools:
        """Which are likely joined now."""
        return self.now >= 0.5

    @property
    def leaving(self) -> Bools:
        """Which are joined now and not at the end."""
        return self.here & ~self.last

    @property
    def coming(self) -> Bools:
        """Which are not joined now, and the model expects that they will be."""
        return ~self.here & (self.foreseen >= 0.5)


@dataclass(frozen=True, eq=False)
class GraphWay:
    """Frames of one graph: flow times ``t`` (T,), the graphs ``seen`` and, if predicted,
    ``expected``, and noise ``levels`` (T,), None if unknown. Node numbers and ``places`` (n, 2) are
    those of the last frame.
    """

    t: NDArray[np.floating]
    seen: ReadGraphs
    places: Floats
    expected: ReadGraphs | None = None
    levels: NDArray[np.floating] | None = None

    @classmethod
    def of(cls, record: FlowRecord, row: int, read: AsGraphs) -> "GraphWay":
        """Return the way of a fixed latent of a record that has "places"; of one that is built node
        by node it ends, at t = 1, with its last node: larger ones of its record go on.
        """
        t, x, extras = record.t, record.x[:, row], record.extras
        mine = {name: extras[name][:, row] for name in (PLACES, DENOISED) if name in extras}
        mine |= {LEVELS: extras[LEVELS]} if LEVELS in extras else {}
        way = cls._from_arrays(t, x, mine, read)
        end = way._done + 1
        if not way.built or end == len(t):
            return way
        mine = {name: each[:end] for name, each in mine.items()}
        return cls._from_arrays(t[:end] / t[end - 1], x[:end], mine, read)

    @classmethod
    def _from_arrays(
        cls, t: NDArray[Any], x: NDArray[Any], extras: Mapping[str, NDArray[Any]], read: AsGraphs
    ) -> "GraphWay":
        """Return the way of the frames (T, ...) of one latent."""
        places, denoised = extras[PLACES], extras.get(DENOISED)
        seen = read({"x": x, PLACES: places})
        expected = None if denoised is None else read({"x": denoised, PLACES: places})
        at = np.asarray(places[-1][: int(seen.graphs.size[-1])], np.float64)
        return cls(t, seen, at, expected, extras.get(LEVELS))

    @property
    def graphs(self) -> GraphRows:
        """Its pairs in each frame."""
        return self.seen.graphs

    @property
    def typed(self) -> bool:
        """Whether edges have types."""
        return self.seen.kinds is not None

    def frame(self, t: float) -> int:
        """Return the frame at a flow time, or the last one before it."""
        times = np.asarray(self.t, np.float64)
        found = int(np.searchsorted(times, t + 1e-9, side="right")) - 1
        return max(0, min(found, len(times) - 1)) if self.moves else len(times) - 1

    @property
    def size(self) -> int:
        """How many nodes it has."""
        return len(self.places)

    @property
    def moves(self) -> bool:
        """Whether it has more than one frame."""
        return len(self.t) > 1

    @cached_property
    def last(self) -> Bools:
        """Which pairs are joined at the end, (P,)."""
        found: Bools = self.graphs.certain[-1] >= 0.5
        return found

    @cached_property
    def square(self) -> Bools:
        """The graph at the end, (n, n)."""
        found: Bools = self.graphs.adjacency[-1, : self.size, : self.size]
        return found

    def at(self, t: float) -> Pairs:
        """Return the pairs at a flow time, between the two frames around it; where in each of them
        an edge is there or is not, as in the one before it: there is never half an edge.
        """
        now = self.graphs.certain[self.frame(t)]
        if not self._sure:
            now = self._between(self.graphs.certain, t)
        kinds = self._kinds(self.seen, t)
        if self.expected is None:
            return Pairs(now, now, self.last, kinds, kinds)
        foreseen = self._between(self.expected.graphs.certain, t)
        return Pairs(now, foreseen, self.last, kinds, self._kinds(self.expected, t))

    @cached_property
    def _sure(self) -> bool:
        """Whether each pair of each frame is joined or is not."""
        certain = self.graphs.certain
        return bool(((certain == 0.0) | (certain == 1.0)).all())

    @cached_property
    def built(self) -> bool:
        """Whether its nodes come one after the other."""
        return not self.typed and self.moves and int(self.graphs.size[0]) < self.size

    @cached_property
    def _done(self) -> int:
        """The frame from which nothing changes any more."""
        graphs = self.graphs
        same = (graphs.size == graphs.size[-1]) & (graphs.pairs == graphs.pairs[-1]).all(axis=1)
        return int(np.flatnonzero(~same).max(initial=-1)) + 1

    def nodes_at(self, t: float) -> int:
        """Return how many nodes there are at a flow time."""
        return int(self.present(t).sum())

    def _kinds(self, read: ReadGraphs, t: float) -> Numbers:
        if read.kinds is None:
            return np.ones(self.last.shape, np.int64)
        found: Numbers = read.kinds[self.frame(t)]
        return found

    def _between(self, values: Floats, t: float) -> Floats:
        times = np.asarray(self.t, np.float64)
        place = float(np.interp(t, times, np.arange(len(times)))) if self.moves else 0.0
        frame = min(int(place), len(values) - 1)
        after = values[min(frame + 1, len(values) - 1)]
        found: Floats = values[frame] + (place - frame) * (after - values[frame])
        return found

    def present(self, t: float) -> Bools:
        """Return which nodes exist at a flow time, (n,): growing models add them one by one. Typed
        nodes always exist.
        """
        if self.typed:
            return np.ones(self.size, bool)
        found: Bools = np.arange(self.size) < int(self.graphs.size[self.frame(t)])
        return found

    def letters_at(self, t: float) -> list[str]:
        """Return the letters of its nodes at a flow time, "" where they have no types."""
        if self.seen.letters is None:
            return [""] * self.size
        found: list[str] = self.seen.letters[self.frame(t), : self.size].tolist()
        return found

    def marks_at(self, t: float) -> list[int] | None:
        """Return the shapes of its nodes at a flow time, None where all are discs."""
        if self.seen.marks is None:
            return None
        found: list[int] = self.seen.marks[self.frame(t), : self.size].tolist()
        return found

    def inks_at(self, t: float) -> list[str]:
        """Return the name of the colour of each node at a flow time, "" for that of all."""
        if self.seen.inks is None:
            return [""] * self.size
        found: list[str] = self.seen.inks[self.frame(t), : self.size].tolist()
        return found

    def wrong_at(self, t: float) -> list[bool]:
        """Return which nodes have more edges at a flow time than they can."""
        if self.seen.wrong is None:
            return [False] * self.size
        found: list[bool] = self.seen.wrong[self.frame(t), : self.size].tolist()
        return found

    def level(self, t: float) -> float | None:
        """Return the noise level at a flow time, None if unknown."""
        if self.levels is None:
            return None
        return float(np.interp(t, self.t, self.levels))

    @cached_property
    def stops(self) -> list[int]:
        """Frames for a strip of few pictures, the first and the last among them."""
        places = np.linspace(0, len(self.t) - 1, STOPS).round().astype(int)
        return [int(place) for place in np.unique(places)]

    def stop(self, t: float) -> int:
        """Return which picture of the strip is that of a flow time: where nodes come one after the
        other the last that has no more of them.
        """
        times = np.asarray(self.t, np.float64)[self.stops]
        if self.built:
            return max(0, int(np.searchsorted(times, t + 1e-9, side="right")) - 1)
        return int(np.argmin(np.abs(times - t)))

    @cached_property
    def across(self) -> Floats:
        """What its curves are drawn over, (T,): the nodes where they come one after the other, else
        the flow time.
        """
        return np.asarray(self.graphs.size if self.built else self.t, np.float64)

    @cached_property
    def edges(self) -> Numbers:
        """How many edges are likely in each frame, (T,)."""
        return np.asarray((self.graphs.certain >= 0.5).sum(axis=1), np.int64)

    @cached_property
    def settled(self) -> Floats:
        """Which share of the pairs is in each frame as at the end, of the same type, (T,)."""
        real = self.graphs.pairs[-1] != 0.0
        if not real.any():
            return np.ones(len(self.t))
        same = (self.graphs.certain >= 0.5) == self.last
        if (kinds := self.seen.kinds) is not None:
            same &= ~self.last | (kinds == kinds[-1])
        return np.asarray(same[:, real].mean(axis=1), np.float64)


def _by_breadth(square: Bools) -> Numbers:
    """Return nodes breadth first from the one of most neighbours, piece by piece."""
    order: list[int] = []
    for start in np.argsort(-square.sum(axis=1), kind="stable").tolist():
        queue = [start] if start not in order else []
        while queue:
            node = queue.pop(0)
            order.append(node)
            queue += [i for i in np.flatnonzero(square[node]).tolist() if i not in order + queue]
    return np.array(order, np.int64)


ORDERS: Mapping[str, Callable[[Bools], Numbers]] = {
    "Canonical": canonical_order,
    "Breadth first": _by_breadth,
    "Sampling order": lambda square: np.arange(len(square)),
}
"""Orders of the nodes of a graph (n, n) in its matrix, by name."""
