"""An order of the nodes of a graph that follows from the graph alone, however they are numbered.

Two graphs are the same but for the numbers of their nodes where they are equal in that order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["canonical_order", "certificate", "same_graphs"]

Numbers: TypeAlias = NDArray[np.int64]
_Trace: TypeAlias = list[tuple[int, ...]]

_KEPT = 16
"""So many ways to tell nodes apart are followed at once. More are left only by graphs such as
strongly regular ones; their order may depend on the numbers after all."""


def canonical_order(square: NDArray[Any], colours: Sequence[int] | None = None) -> Numbers:
    """Return the nodes of a graph (n, n) in its own order, (n,); nodes may have whole ``colours``
    of their own, which come first.

    Colour refinement (Weisfeiler and Leman 1968); where it leaves some nodes alike, each of the
    first class of such is told apart in turn, and those are followed that show least by it, of
    several that an automorphism maps on each other one (McKay and Piperno 2014,
    doi:10.1016/j.jsc.2013.09.003, sections 2 and 4). What is left at last is the least matrix.
    """
    graph = _Graph.of(square)
    now, _ = graph.refined(list(colours) if colours is not None else [0] * len(square))
    if len(set(now)) == len(now):
        return np.argsort(now)
    # In a forest nodes of one colour are alike, so that any one will do.
    return graph.forest_order(now) if graph.is_forest else graph.least_order(now)


@dataclass(frozen=True)
class _Graph:
    """A graph as lists, since arrays of a few numbers cost more than what is done with them.

    Attributes:
        square: its matrix of whole numbers.
        neighbours: of each node those that it is joined to.
        types: of each node what joins it to them.
        kinds: one more than the highest number of a type.
    """

    square: NDArray[np.int64]
    neighbours: list[list[int]]
    types: list[list[int]]
    kinds: int

    @classmethod
    def of(cls, square: NDArray[Any]) -> "_Graph":
        numbers = np.asarray(square, np.int64)
        first, second = numbers.nonzero()
        ends = np.searchsorted(first, np.arange(len(numbers) + 1)).tolist()
        others, kinds = second.tolist(), numbers[first, second].tolist()
        pieces = [slice(*each) for each in pairwise(ends)]
        return cls(
            numbers, [others[each] for each in pieces], [kinds[each] for each in pieces],
            max(kinds, default=1) + 1,
        )  # fmt: skip

    @property
    def is_forest(self) -> bool:
        """Whether it has no cycle."""
        seen, parts = set[int](), 0
        for start in range(len(self.neighbours)):
            if start not in seen:
                parts += 1
                left = [start]
                seen.add(start)
                while left:
                    new = set(self.neighbours[left.pop()]) - seen
                    seen |= new
                    left += new
        return sum(map(len, self.neighbours)) == 2 * (len(self.neighbours) - parts)

    def refined(self, colours: list[int]) -> tuple[list[int], _Trace]:
        """Return colours 0, 1, ... by which nodes of a class have as many neighbours of each class
        by each type, and what told them apart.
        """
        count = 0
        while True:
            if self.kinds == 2:
                keys = [
                    (own, *sorted([colours[other] for other in around]))
                    for own, around in zip(colours, self.neighbours, strict=True)
                ]
            else:
                keys = [
                    (own, *sorted([self.kinds * colours[o] + t for o, t in zip(*by, strict=True)]))
                    for own, *by in zip(colours, self.neighbours, self.types, strict=True)
                ]
            rank = {key: number for number, key in enumerate(sorted(set(keys)))}
            colours = [rank[key] for key in keys]
            if len(rank) == count or len(rank) == len(keys):
                return colours, sorted(keys)
            count = len(rank)

    def told_apart(self, colours: list[int], one: int) -> tuple[list[int], _Trace]:
        """Return colours after one node was made different from its class."""
        colours = [2 * colour + 1 for colour in colours]
        colours[one] -= 1
        return self.refined(colours)

    def forest_order(self, colours: list[int]) -> Numbers:
        """Return the order after telling apart the first one that is alike another, and so on."""
        while len(set(colours)) < len(colours):
            colours, _ = self.told_apart(colours, _first_class(colours)[0])
        return np.argsort(colours)

    def least_order(self, colours: list[int]) -> Numbers:
        """Return the order of the least matrix, of all ways to tell nodes apart."""
        ways = [colours]
        while len(set(ways[0])) < len(colours):
            found = [
                self.told_apart(way, one) for way in ways for one in self._unlike(_first_class(way))
            ]
            least = min(trace for _, trace in found)
            ways = self._different([way for way, trace in found if trace == least])
        return min(map(np.argsort, ways), key=self._written)

    def _unlike(self, nodes: list[int]) -> list[int]:
        """Return nodes of which none could change places with another one alone."""
        kept: list[int] = []
        for node in nodes:
            mine = self.square[node]
            for other in kept:
                apart = mine != self.square[other]
                apart[[node, other]] = False
                if not apart.any():
                    break
            else:
                kept.append(node)
        return kept

    def _different(self, ways: list[list[int]]) -> list[list[int]]:
        """Return ways of which none leads where another one does: those are the same under an
        automorphism.
        """
        if len(ways) == 1:
            return ways
        ends = {self._written(self.forest_order(way)): way for way in reversed(ways)}
        return [ends[end] for end in sorted(ends)[:_KEPT]]

    def _written(self, order: Numbers) -> bytes:
        return self.square[order][:, order].tobytes()


def _first_class(colours: list[int]) -> list[int]:
    """Return the nodes of the first colour that several have."""
    alike = min(colour for colour in set(colours) if colours.count(colour) > 1)
    return [node for node, colour in enumerate(colours) if colour == alike]


def certificate(square: NDArray[Any], colours: Sequence[int] | None = None) -> bytes:
    """Return what two graphs (n, n) have in common where they are the same, and no others do."""
    order = canonical_order(square, colours)
    numbers = np.asarray(square, np.int64)[order][:, order]
    own = np.asarray(colours, np.int64)[order] if colours is not None else np.empty(0, np.int64)
    return len(order).to_bytes(4, "little") + own.tobytes() + numbers.astype(np.uint8).tobytes()


def same_graphs(
    adjacency: NDArray[Any], size: NDArray[Any], colours: NDArray[Any] | None = None
) -> Numbers:
    """Return the class of each graph (n, N, N), (n,): those that are the same have one number, from
    0 as they are met; ``colours`` are those of nodes, (n, N).

    Only graphs that the degrees of nodes and of their neighbours do not tell apart are brought into
    their order.
    """
    alike: dict[bytes, list[int]] = {}
    for row, key in enumerate(_histories(adjacency, size, colours)):
        alike.setdefault(key, []).append(row)
    found: dict[bytes, list[int]] = {}
    for key, rows in alike.items():
        for row in rows:
            full = key
            if len(rows) > 1:
                n = int(size[row])
                own = colours[row, :n].tolist() if colours is not None else None
                full = key + certificate(adjacency[row, :n, :n], own)
            found.setdefault(full, []).append(row)
    classes = np.empty(len(adjacency), np.int64)
    for number, rows in enumerate(sorted(found.values(), key=min)):
        classes[rows] = number
    return classes


def _histories(
    adjacency: NDArray[Any], size: NDArray[Any], colours: NDArray[Any] | None
) -> list[bytes]:
    """Return of each graph how often its nodes have each sum of what is around them, as bytes."""
    edges = np.asarray(adjacency, np.float64)
    real = np.arange(edges.shape[1]) < np.asarray(size)[:, None]
    state = real * (1.0 if colours is None else 1.0 + np.asarray(colours, np.float64))
    for _ in range(3):
        # Whole numbers below 2^53 in floats: sums do not depend on their order.
        state = np.mod(7.0 * state + 31.0 * (edges @ (state**2 % 1009.0)[..., None])[..., 0], 65521)
        state *= real
    return [row.tobytes() for row in np.sort(np.where(real, state, -1.0), axis=1)]
