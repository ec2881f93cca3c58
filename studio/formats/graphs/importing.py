"""Graphs from files that list nodes and edges: packed into rows as long as the largest needs."""

from abc import abstractmethod
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.formats.importer import Importer, Rows
from studio.formats.inspection import Inspection
from studio.formats.limits import FormatError, check_points, rows_at_once
from studio.store.parts import Block, Part
from studio.store.schema import Schema

if TYPE_CHECKING:
    import networkx

__all__ = ["MOST_EDGES", "MOST_NODES", "GraphFiles", "Listed"]

MOST_NODES = 200
"""Nodes of a graph: a row has a number for each pair of them, and they are worked on together."""
MOST_EDGES = MOST_NODES * (MOST_NODES - 1)
"""Edges that a graph may list, each in both directions."""
SHOWN = 3
LEAST = 2  # nodes


@dataclass
class Listed:
    """One graph as it is listed; nodes by what the file calls them.

    Attributes:
        where: the file, and which of its graphs it is, for people.
        nodes: the number of each node, in the order in which they are met.
        edges: pairs of numbers.
        directed: whether the file says that edges have a direction.
    """

    where: str
    nodes: dict[Hashable, int] = field(default_factory=dict)
    edges: list[tuple[int, int]] = field(default_factory=list)
    directed: bool = False

    def node(self, name: Hashable) -> int:
        """Return the number of a node, a new one where it has none.

        Raises:
            FormatError: there are too many.
        """
        number = self.nodes.setdefault(name, len(self.nodes))
        if number >= MOST_NODES:
            raise FormatError(
                f"{self.where} has more than {MOST_NODES} nodes, which is the limit.",
                "Import smaller graphs, or pieces of this one.",
            )
        return number

    def join(self, first: int, second: int) -> None:
        """Add an edge.

        Raises:
            FormatError: there are too many.
        """
        if len(self.edges) >= MOST_EDGES:
            raise FormatError(
                f"{self.where} lists more than {MOST_EDGES:,} edges; {MOST_NODES} nodes have no "
                "more.",
                "Remove those that are listed several times.",
            )
        self.edges.append((first, second))

    @classmethod
    def of(cls, where: str, graph: "networkx.Graph") -> "Listed":
        """Return a graph of networkx. Raises as `node` and `join`."""
        made = cls(where, directed=graph.is_directed())
        for name in graph:
            made.node(name)
        for first, second in graph.edges():
            made.join(made.nodes[first], made.nodes[second])
        return made


@dataclass
class _Seen:
    """What is known of graphs after all were looked through."""

    rows: int = 0
    least: int = MOST_NODES
    most: int = 0
    lonely: int = 0
    loops: int = 0
    directed: int = 0

    def look(self, graph: Listed) -> None:
        size = len(graph.nodes)
        if size < LEAST:
            self.lonely += 1
            return
        self.rows += 1
        self.least, self.most = min(self.least, size), max(self.most, size)
        self.loops += sum(first == second for first, second in graph.edges)
        self.directed += graph.directed

    @property
    def pairs(self) -> int:
        """How long a row is."""
        return self.most * (self.most - 1) // 2

    @property
    def notes(self) -> list[str]:
        """Sentences for people."""
        said = [f"{self.rows:,} graphs of {self.least} to {self.most} nodes."] if self.rows else []
        if self.directed:
            said.append(f"{self.directed:,} have edges with a direction, which is left out.")
        if self.loops:
            said.append(f"{self.loops:,} edges from a node to itself are left out.")
        if self.lonely:
            said.append(f"{self.lonely:,} graphs of fewer than {LEAST} nodes are left out.")
        return said


class GraphFiles(Importer):
    """What importers of graphs share: two passes, the first for the size of the largest."""

    kind = "graphs"
    format: str
    """What the files are called."""

    @abstractmethod
    def graphs(self, path: Path) -> Iterator[Listed]:
        """Yield the graphs of a file.

        Raises:
            FormatError: it holds something else, or too much.
        """

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all files."""
        seen = self._looked(paths)
        preview: dict[str, Any] = {}
        if seen.rows:
            block = next(self._blocks(paths, seen.most))
            preview = {name: values[:SHOWN].tolist() for name, values in block.items()}
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=self.format,
            bytes=0,
            rows=seen.rows,
            parts=_parts(seen.pairs) if seen.rows else [],
            preview=preview,
            problems=[] if seen.rows else [_nothing(paths)],
            notes=seen.notes,
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the graphs of all files."""
        seen = self._looked(paths)
        if not seen.rows:
            raise FormatError(_nothing(paths), "Check where it came from.")
        check_points(paths[0], "", seen.rows, seen.pairs)
        schema = Schema(kind=self.kind, parts=_parts(seen.pairs), facts={"nodes": seen.most})
        return Rows(schema, self._blocks(paths, seen.most), seen.rows)

    def _looked(self, paths: Sequence[Path]) -> _Seen:
        seen = _Seen()
        for path in paths:
            for graph in self.graphs(path):
                seen.look(graph)
        return seen

    def _blocks(self, paths: Sequence[Path], nodes: int) -> Iterator[Block]:
        step = rows_at_once(4 * nodes * (nodes - 1) // 2)
        some: list[Listed] = []
        for path in paths:
            for graph in self.graphs(path):
                if len(graph.nodes) >= LEAST:
                    some.append(graph)
                if len(some) == step:
                    yield _packed(some, nodes)
                    some = []
        if some:
            yield _packed(some, nodes)


def _nothing(paths: Sequence[Path]) -> str:
    return f"{paths[0].name} has no graph of at least {LEAST} nodes."


def _parts(pairs: int) -> list[Part]:
    return [Part(name="x", dtype="float32", shape=[pairs]), Part(name="size", dtype="int64")]


def _packed(graphs: Sequence[Listed], nodes: int) -> Block:
    """Return graphs as parts of a data set: a number for each pair i < j of N nodes, 1 where they
    are joined, -1 where they are not, 0 where one of them is none of the graph's.
    """
    first, second = np.triu_indices(nodes, 1)
    size = np.array([len(graph.nodes) for graph in graphs], dtype=np.int64)
    joined = np.zeros((len(graphs), nodes, nodes), dtype=bool)
    for square, graph in zip(joined, graphs, strict=True):
        if graph.edges:
            ends = np.array(graph.edges)
            square[ends.min(axis=1), ends.max(axis=1)] = True
    x = np.where(joined[:, first, second], np.float32(1.0), np.float32(-1.0))
    return {"x": x * (second < size[:, None]), "size": size}
