"""Graphs from files that list nodes and edges: packed into rows as long as the largest needs."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.labels import EDGE_LABELS, NODE_LABELS, places_for, row_length
from pushforward.studio.counts import format_count, format_range, verb_for
from pushforward.studio.formats.graphs.attributes import (
    Attributes,
    Labels,
    Seen,
    attributes_of,
    label_option,
)
from pushforward.studio.formats.graphs.rows import typed_rows
from pushforward.studio.formats.graphs.two_pass import Collected, LeftOut, ReadTwice
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store.parts import Block, Part
from pushforward.studio.store.schema import Schema

if TYPE_CHECKING:
    import networkx

__all__ = [
    "MOST_EDGES",
    "MOST_NODES",
    "TOO_LARGE",
    "TOO_MANY",
    "Broken",
    "Found",
    "GraphFiles",
    "Listed",
    "Unfit",
]

MOST_NODES = 200
"""Nodes of a graph: a row has a number for each pair of them, and they are worked on together."""
MOST_EDGES = MOST_NODES * (MOST_NODES - 1)
"""Edges that a graph may list, each in both directions."""
MOST_CLASSES = 100
LEAST = 2  # nodes
NODES, EDGES, GRAPHS = "node_labels", "edge_labels", "classes"
_NOTHING: Attributes = {}


class Unfit(FormatError):
    """One graph of a file is invalid, others may be fine; readers yield it as `Broken`. The reason
    ``has`` contains no numbers, so that reasons can be counted.
    """

    def __init__(self, where: str, has: str, hint: str = "") -> None:
        super().__init__(f"{where} has {has}.", hint)
        self.broken = Broken(where, f"they have {has}")


@dataclass(frozen=True)
class Limit:
    """What a graph may not have, and what to do about it."""

    has: str
    hint: str

    def at(self, where: str) -> Unfit:
        """Return it as an error of one graph."""
        return Unfit(where, self.has, self.hint)


TOO_LARGE = Limit(
    f"more than {MOST_NODES} nodes, which is the limit",
    "Import smaller graphs, or pieces of this one.",
)
TOO_MANY = Limit(
    f"more than {MOST_EDGES:,} edges, and {MOST_NODES} nodes have no more",
    "Remove those that are listed several times.",
)


@dataclass
class Listed:
    """A graph as listed in a file.

    Attributes:
        where: the file and the number of the graph, for messages.
        nodes: index of each node by its name.
        edges: pairs of indices.
        directed: whether the file declares directed edges.
        of_nodes, of_edges: their attributes, in the same order.
        said: attributes of the graph.
    """

    where: str
    nodes: dict[Hashable, int] = field(default_factory=dict)
    edges: list[tuple[int, int]] = field(default_factory=list)
    directed: bool = False
    of_nodes: list[Attributes] = field(default_factory=list)
    of_edges: list[Attributes] = field(default_factory=list)
    said: Attributes = field(default_factory=dict)

    def node(self, name: Hashable, said: Attributes = _NOTHING) -> int:
        """Return the number of a node, a new one where it has none.

        Raises:
            Unfit: there are too many.
        """
        number = self.nodes.setdefault(name, len(self.nodes))
        if number >= MOST_NODES:
            raise TOO_LARGE.at(self.where)
        if number == len(self.of_nodes):
            self.of_nodes.append(said)
        return number

    def join(self, first: int, second: int, said: Attributes = _NOTHING) -> None:
        """Add an edge.

        Raises:
            Unfit: there are too many.
        """
        if len(self.edges) >= MOST_EDGES:
            raise TOO_MANY.at(self.where)
        self.edges.append((first, second))
        self.of_edges.append(said)

    @classmethod
    def from_networkx(cls, where: str, graph: "networkx.Graph") -> "Listed":
        """Return a graph of networkx. Raises as `node` and `join`."""
        made = cls(where, directed=graph.is_directed(), said=attributes_of(graph.graph))
        for name, said in graph.nodes(data=True):
            made.node(name, attributes_of(said))
        for first, second, said in graph.edges(data=True):
            made.join(made.nodes[first], made.nodes[second], attributes_of(said))
        return made


@dataclass(frozen=True)
class Broken:
    """A graph that is left out, while others of its file are taken: where it is, and why."""

    where: str
    why: str


Found: TypeAlias = Listed | Broken


class _Graphs(Collected[Found, Listed]):
    """Graphs, or labelled ones where their nodes or edges have labels."""

    one = f"graph of {LEAST} to {MOST_NODES} nodes"

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.least, self.most, self.lonely, self.loops, self.directed = MOST_NODES, 0, 0, 0, 0
        self.again = 0
        self.edges: tuple[int, int] | None = None  # the fewest and the most of a graph
        self.sparsest, self.densest = 1.0, 0.0
        self.left = LeftOut()
        self._seen = {
            option.path: Seen(str(options.get(option.path, ""))) for option in GraphFiles.options
        }

    def look(self, met: Found) -> None:
        if isinstance(met, Broken):
            self.left.add(met.why, met.where)
            return
        size = len(met.nodes)
        if size < LEAST:
            self.lonely += 1
            return
        self.rows += 1
        self.least, self.most = min(self.least, size), max(self.most, size)
        self.loops += sum(first == second for first, second in met.edges)
        self.again += _again(met.edges)
        edges = len({frozenset(pair) for pair in met.edges if pair[0] != pair[1]})
        low, high = self.edges or (edges, edges)
        self.edges = min(low, edges), max(high, edges)
        density = 2.0 * edges / (size * (size - 1))
        self.sparsest = min(self.sparsest, density)
        self.densest = max(self.densest, density)
        self.directed += met.directed
        self._seen[NODES].look(met.of_nodes)
        self._seen[EDGES].look(met.of_edges)
        self._seen[GRAPHS].look([met.said], alone=True)

    def accept(self, met: Found) -> Listed | None:
        return met if isinstance(met, Listed) and len(met.nodes) >= LEAST else None

    @cached_property
    def labels(self) -> dict[str, Labels]:
        """What nodes, edges and graphs are called, once all were looked at."""
        most = {NODES: NODE_LABELS, EDGES: EDGE_LABELS, GRAPHS: MOST_CLASSES}
        return {path: seen.labels(most[path]) for path, seen in self._seen.items()}

    @property
    def _typed(self) -> bool:
        return bool(self.labels[NODES].names or self.labels[EDGES].names)

    @cached_property
    def _cut(self) -> tuple[int, int]:
        """For how many nodes rows have places, and how many types their edges have."""
        kinds = EDGE_LABELS if self.labels[EDGES].names else 1
        return (places_for(self.most, kinds), kinds) if self._typed else (self.most, 1)

    @property
    def numbers(self) -> int:
        nodes, kinds = self._cut
        return row_length(nodes, kinds) if self._typed else nodes * (nodes - 1) // 2

    @property
    def notes(self) -> list[str]:
        said = []
        if self.rows:
            assert self.edges is not None
            dense = sorted({f"{self.sparsest:.2g}", f"{self.densest:.2g}"}, key=float)
            said.append(
                f"{format_count(self.rows, 'graph')} of {format_range(self.least, self.most)} "
                "nodes and "
                f"{format_range(*self.edges)} edge{'s' * (self.edges != (1, 1))}, "
                f"density {' to '.join(dense)}."
            )
        if self.rows == 1:
            said.append(
                "No model learns from a single network: cut it into several graphs, such as "
                "neighbourhoods of its nodes."
            )
        said += [
            note
            for path, of in ((NODES, "nodes"), (EDGES, "edges"), (GRAPHS, "graphs"))
            for note in (self._seen[path].notes(self.labels[path], of) if self.rows else ())
        ]  # fmt: skip
        if self.directed:
            have = "has" if self.directed == 1 else "have"
            said.append(f"{self.directed:,} {have} directed edges; the direction is ignored.")
        for n, one, which in (
            (self.loops, "edge", "from a node to itself"),
            (self.lonely, "graph", f"of fewer than {LEAST} nodes"),
        ):
            if n:
                said.append(f"{format_count(n, one)} {which} {verb_for(n)} left out.")
        if self.again:
            said.append(
                f"{format_count(self.again, 'edge')} {verb_for(self.again)} duplicate; each is "
                "used once."
            )
        if left := self.left.note:
            said.append(left)
        return said

    @property
    def details(self) -> Mapping[str, Any]:
        return {
            "sources": {path: list(seen.values) for path, seen in self._seen.items()},
            "taken": {path: seen.guessed for path, seen in self._seen.items() if seen.guessed},
            "unused": {
                path: "These files have no labels."
                for path, seen in self._seen.items() if not seen.values
            },
        }  # fmt: skip

    @property
    def schema(self) -> Schema:
        nodes = self._cut[0]
        pairs = nodes * (nodes - 1) // 2
        classes = self.labels[GRAPHS].names
        parts = [Part(name="x", dtype="float32", shape=[pairs])]
        facts: dict[str, Any] = {"nodes": nodes}
        if self._typed:
            parts = [
                Part(name="types", dtype="uint8", shape=[nodes]),
                Part(name="edges", dtype="uint8", shape=[pairs]),
            ]
            facts |= {path: list(self.labels[path].names) for path in (NODES, EDGES)}
        parts.append(Part(name="size", dtype="int64"))
        if classes:
            parts.append(Part(name="label", dtype="int64"))
        kind = "labelled-graphs" if self._typed else "graphs"
        return Schema(kind=kind, parts=parts, classes=list(classes), facts=facts)

    def packed(self, some: Sequence[Listed]) -> Block:
        """Return the parts of graphs: "x", a number for each pair i < j of N nodes, 1 where they
        are joined, -1 where they are not, 0 where one of them is none of the graph's; or, of
        labelled ones, the "types" of nodes from 0, and in "edges" what joins each pair, from 1, 0
        for nothing. Their "size", and their class in "label" where they have one.
        """
        nodes = self._cut[0]
        first, second = np.triu_indices(nodes, 1)
        size = np.array([len(graph.nodes) for graph in some], dtype=np.int64)
        types = np.zeros((len(some), nodes), np.uint8)
        square = np.zeros((len(some), nodes, nodes), np.uint8)
        for row, graph in enumerate(some):
            if self.labels[NODES].names:
                types[row, : size[row]] = [self.labels[NODES].type_of(s) for s in graph.of_nodes]
            if graph.edges:
                ends = np.array(graph.edges)
                square[row, ends.min(axis=1), ends.max(axis=1)] = self._joining(graph)
        edges = square[:, first, second]
        found: dict[str, NDArray[Any]] = {"types": types, "edges": edges}
        if not self._typed:
            x = np.where(edges, np.float32(1.0), np.float32(-1.0))
            found = {"x": x * (second < size[:, None])}
        found["size"] = size
        if (classes := self.labels[GRAPHS]).names:
            found["label"] = np.array([classes.type_of(graph.said) for graph in some], np.int64)
        return found

    def _joining(self, graph: Listed) -> list[int]:
        labels = self.labels[EDGES]
        if not labels.names:
            return [1] * len(graph.edges)
        return [labels.type_of(said) + 1 for said in graph.of_edges]

    def plot_rows(self, block: Block) -> Block:
        if not self._typed:
            return {}
        types, edges, size = (block[name].astype(np.int64) for name in ("types", "edges", "size"))
        return {"x": typed_rows(types, edges, size, NODE_LABELS, self._cut[1])}


def _again(edges: Sequence[tuple[int, int]]) -> int:
    """Return how many edges are listed that were listed before, in one direction or the other;
    where each is listed in both, as is usual, once in both is no repetition.
    """
    ways = Counter((i, j) for i, j in edges if i != j)
    pairs = {(min(i, j), max(i, j)) for i, j in ways}
    both = len(ways) == 2 * len(pairs)
    return sum(ways.values()) - (len(ways) if both else len(pairs))


class GraphFiles(ReadTwice[Found, Listed]):
    """What importers of graphs share."""

    kind = "graphs"
    options: ClassVar[tuple[FieldSpec, ...]] = (
        label_option(NODES, "Label of nodes", "nodes"),
        label_option(EDGES, "Label of edges", "edges"),
        label_option(GRAPHS, "Class of graphs", "graphs"),
    )

    @abstractmethod
    def graphs(self, path: Path) -> Iterator[Found]:
        """Yield the graphs of a file.

        Raises:
            FormatError: it holds something else, or too much.
        """

    def each(self, path: Path) -> Iterator[Found]:
        """Yield the graphs of a file; see `graphs`."""
        return self.graphs(path)

    def collecting(self, options: Mapping[str, Any]) -> Collected[Found, Listed]:
        """Return an empty collection for graphs."""
        return _Graphs(options)
