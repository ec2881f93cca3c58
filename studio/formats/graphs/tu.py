"""Sets of the TU collection: the edges of all graphs in one file, and the graph of each node in
another (Morris et al. 2020, arXiv:2007.08663).

``NAME_A.txt`` has a pair of nodes a line, counted from 1, and ``NAME_graph_indicator.txt`` the
number of the graph of each node. What nodes, edges and graphs are called stands in other files,
which are left out.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.formats.graphs.importing import GraphFiles, Listed
from studio.formats.limits import FormatError
from studio.formats.registry import importer
from studio.store.errors import human_bytes

__all__ = ["TuCollection"]

_EDGES, _GRAPHS = "_A.txt", "_graph_indicator.txt"
_OTHERS = (
    "_graph_labels.txt", "_node_labels.txt", "_edge_labels.txt", "_graph_attributes.txt",
    "_node_attributes.txt", "_edge_attributes.txt",
)  # fmt: skip
_MOST = 2**28  # bytes of a file: its numbers take less than the memory that there is
_HINT = "Choose NAME_A.txt and NAME_graph_indicator.txt of one set together, or its folder."


@importer
class TuCollection(GraphFiles):
    """Text files of the TU collection."""

    slug = "tu"
    title = "Graphs: TU collection"
    format = "TU collection"
    suffixes = (".txt",)

    def claims(self, path: Path) -> bool:
        """Say whether a file is called as those of a set are."""
        return path.name.endswith((_EDGES, _GRAPHS, *_OTHERS))

    def enough(self, paths: Sequence[Path]) -> bool:
        """Say whether the edges are among the files."""
        return any(path.name.endswith(_EDGES) for path in paths)

    def graphs(self, path: Path) -> Iterator[Listed]:
        """Yield the graphs of a set, where the file is that of its edges; none of the others."""
        if not path.name.endswith(_EDGES):
            return
        name = path.name.removesuffix(_EDGES)
        beside = path.with_name(name + _GRAPHS)
        if not beside.is_file():
            raise FormatError(f"{beside.name} is not beside {path.name}.", _HINT)
        graph_of = _numbers(beside, 1)[:, 0]
        pairs = _numbers(path, 2) - 1
        outside = ((pairs < 0) | (pairs >= len(graph_of))).any(axis=1)
        if outside.any():
            line = int(outside.argmax()) + 1
            raise FormatError(
                f"{path.name}, line {line:,} joins a node that {beside.name} does not have, which "
                f"has {len(graph_of):,}.",
                _HINT,
            )
        apart = graph_of[pairs[:, 0]] != graph_of[pairs[:, 1]]
        if apart.any():
            line = int(apart.argmax()) + 1
            raise FormatError(f"{path.name}, line {line:,} joins nodes of two graphs.", _HINT)
        nodes = np.argsort(graph_of, kind="stable")
        edges = np.argsort(graph_of[pairs[:, 0]], kind="stable")
        names = np.unique(graph_of)
        node_ends = np.searchsorted(graph_of[nodes], names, side="right")
        edge_ends = np.searchsorted(graph_of[pairs[edges, 0]], names, side="right")
        first_node = first_edge = 0
        for number, last_node, last_edge in zip(names, node_ends, edge_ends, strict=True):
            graph = Listed(f"{name}: graph {number:,}")
            for node in nodes[first_node:last_node].tolist():
                graph.node(node)
            for one, two in pairs[edges[first_edge:last_edge]].tolist():
                graph.join(graph.nodes[one], graph.nodes[two])
            first_node, first_edge = last_node, last_edge
            yield graph


def _numbers(path: Path, columns: int) -> NDArray[np.int64]:
    """Return the whole numbers of a file, (lines, columns)."""
    if (size := path.stat().st_size) > _MOST:
        raise FormatError(f"{path.name} has {human_bytes(size)}; it may have {human_bytes(_MOST)}.")
    if not size:
        raise FormatError(f"{path.name} is empty.", _HINT)
    try:
        found = np.loadtxt(path, dtype=np.int64, delimiter=",", ndmin=2, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as error:
        raise FormatError(f"{path.name} is no list of whole numbers: {error}.", _HINT) from error
    if found.shape[1] != columns:
        raise FormatError(
            f"{path.name} has {found.shape[1]} numbers a line, and should have {columns}.", _HINT
        )
    return found
