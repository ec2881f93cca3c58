"""A graph as motifs, one after another: small graphs that are added whole, and then joined.

A symbol adds a motif, and more say of each of its nodes to which earlier ones it is joined, as
fragments of molecules are (Jin et al. 2018, arXiv:1802.04364, section 2; Maziarz et al. 2022,
arXiv:2103.03864, section 2.2). A single node is a motif, too, so that every graph has a word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pushforward.models.layouts.graph_words.language import (
    Chances,
    Language,
    Neighbours,
    Reading,
    Written,
)

__all__ = ["MOTIFS", "Motif", "MotifName", "Motifs"]

MotifName = Literal["cliques", "rings"]


@dataclass(frozen=True)
class Motif:
    """A small graph: how many nodes it has, and which are joined, the later one first."""

    nodes: int
    edges: tuple[tuple[int, int], ...]


def _ring(nodes: int) -> Motif:
    return Motif(nodes, (*((i, i - 1) for i in range(1, nodes)), (nodes - 1, 0)))


def _clique(nodes: int) -> Motif:
    return Motif(nodes, tuple((j, i) for i, j in combinations(range(nodes), 2)))


MOTIFS: Mapping[MotifName, tuple[Motif, ...]] = {
    "cliques": tuple(_clique(nodes) for nodes in range(1, 6)),
    "rings": (_clique(1), *(_ring(nodes) for nodes in range(3, 7))),
}
"""The motifs of each set, from the smallest to the largest."""


class Motifs(Language):
    """Symbols are the motifs of a set, "next", which goes on to the next node of a motif, and the
    nodes to which one is joined.

    Args:
        name: of the set.
        nodes: N, how many there are at most.
    """

    def __init__(self, name: MotifName, nodes: int) -> None:
        super().__init__(nodes)
        self.name = name
        self.motifs = MOTIFS[name]
        self._number = {motif.nodes: i for i, motif in enumerate(self.motifs)}

    @property
    def symbols(self) -> int:
        return len(self.motifs) + 1 + self.nodes

    @property
    def longest(self) -> int:
        return self.nodes * (self.nodes - 1) // 2 + 2 * self.nodes

    def reading(self, size: int) -> "Assembly":
        return Assembly(self.motifs, size)

    def written(self, graph: Neighbours, chances: Chances) -> Written:
        found = _clique_of if self.name == "cliques" else _ring_of
        joined = [set(around) for around in graph]
        left = set(range(len(graph)))
        order: list[int] = []
        place: dict[int, int] = {}
        word: list[int] = []
        reading = self.reading(len(graph))

        def add(symbol: int) -> None:
            reading.read(symbol)
            word.append(symbol)

        while left:
            near = sorted(node for node in left if not joined[node].isdisjoint(place))
            nodes = found(chances.pick(near or sorted(left)), joined, left, chances)
            place.update((node, len(order) + i) for i, node in enumerate(nodes))
            first = len(order)
            order += nodes
            left.difference_update(nodes)
            add(self._number[len(nodes)])
            for node in nodes:
                earlier = sorted(place[other] for other in graph[node] if other in place)
                for other in (other for other in earlier if other < first):
                    add(len(self.motifs) + 1 + other)
                if reading.pending == place[node]:
                    add(len(self.motifs))
        return Written(word, order)


class Assembly(Reading):
    """A graph that is put together.

    Attributes:
        pending: the node whose edges are being read, -1 if a motif is next.
    """

    def __init__(self, motifs: Sequence[Motif], size: int) -> None:
        super().__init__(size)
        self._motifs = motifs
        self.nodes = 0
        self._first = 0
        self._last = -1
        self.pending = -1

    def allowed(self) -> list[int]:
        count = len(self._motifs)
        if self.pending >= 0:
            return [count, *range(count + 2 + self._last, count + 1 + self._first)]
        missing = self.size - self.nodes
        return [i for i, motif in enumerate(self._motifs) if motif.nodes <= missing]

    def read(self, symbol: int) -> None:
        count = len(self._motifs)
        if symbol < count:
            motif = self._motifs[symbol]
            self._first = self.nodes
            self.nodes += motif.nodes
            self.edges += [(self._first + i, self._first + j) for i, j in motif.edges]
            self._go_to(self._first)
        elif symbol == count:
            self._go_to(self.pending + 1)
        else:
            self._last = symbol - count - 1
            self.edges.append((self.pending, self._last))
            if self._last == self._first - 1:
                self._go_to(self.pending + 1)

    def _go_to(self, node: int) -> None:
        """Go on to a node of the motif; where there was none before it there is nothing to say."""
        self.pending = node if self._first > 0 and node < self.nodes else -1
        self._last = -1


def _clique_of(
    node: int, joined: Sequence[set[int]], left: set[int], chances: Chances
) -> list[int]:
    """Return a clique of nodes that are left, grown from one by chance as far as motifs go."""
    found, could = [node], joined[node] & left
    while could and len(found) < MOTIFS["cliques"][-1].nodes:
        found.append(chances.pick(sorted(could)))
        could = could & joined[found[-1]]
    return found


def _ring_of(node: int, joined: Sequence[set[int]], left: set[int], chances: Chances) -> list[int]:
    """Return a ring through a node of nodes that are left, by chance one of the shortest through
    one of its edges, which have no chords; the node alone where there is none so short.
    """
    longest = MOTIFS["rings"][-1].nodes
    far = {next_: _steps(next_, node, joined, left, longest) for next_ in joined[node] & left}
    rings = sorted(next_ for next_, steps in far.items() if node in steps)
    if not rings:
        return [node]
    found = [node, chances.pick(rings)]
    steps = far[found[1]]
    # Back from the node to its neighbour, by nodes that are one step nearer each time.
    back: list[int] = []
    at = node
    for step in range(steps[node] - 1, 0, -1):
        at = chances.pick(sorted(n for n in joined[at] if steps.get(n) == step))
        back.append(at)
    return [*found, *reversed(back)]


def _steps(
    start: int, end: int, joined: Sequence[set[int]], left: set[int], longest: int
) -> dict[int, int]:
    """Return how many edges each node that is left is from a start, without the edge from there to
    the end: as far as the end, if it closes a ring of at most a number of nodes.
    """
    steps, layer = {start: 0}, {start}
    for step in range(1, longest):
        reached = {other for node in layer for other in joined[node] & left} - steps.keys()
        layer = reached - {end} if step == 1 else reached
        steps.update(dict.fromkeys(layer, step))
        if end in layer:
            break
    return steps
