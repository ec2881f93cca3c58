"""TU collection: all edges in one file and the graph of each node in another (Morris et al. 2020,
arXiv:2007.08663).

``NAME_A.txt`` has a pair of nodes per line, counted from 1, and ``NAME_graph_indicator.txt`` the
graph of each node, in a folder or an archive. Labels of nodes, edges and graphs are in optional
files, one per line; numeric attributes are ignored.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.graphs.attributes import attributes_of
from pushforward.studio.formats.graphs.importing import GraphFiles, Listed
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.errors import human_bytes

__all__ = ["TuCollection"]

_EDGES, _GRAPHS = "_A.txt", "_graph_indicator.txt"
_NODE_LABELS, _EDGE_LABELS, _CLASSES = "_node_labels.txt", "_edge_labels.txt", "_graph_labels.txt"
_LABELS = (_NODE_LABELS, _EDGE_LABELS, _CLASSES)
_OTHERS = (*_LABELS, "_graph_attributes.txt", "_node_attributes.txt", "_edge_attributes.txt")
_LABEL = "label"  # what they are called among attributes
_MOST = 2**26  # bytes of a file: its numbers take less than the memory that there is
_HINT = (
    "Choose NAME_A.txt and NAME_graph_indicator.txt of one set together, its folder or its archive."
)
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError,
    ValueError, LookupError, OSError,
)  # fmt: skip
"""What reading a damaged archive raises, by what of it is damaged."""


@importer
class TuCollection(GraphFiles):
    """Text files of the TU collection, or an archive of them."""

    slug = "tu"
    title = "Graphs: TU collection"
    format = "TU collection"
    suffixes = (".zip", ".txt")

    def claims(self, path: Path) -> bool:
        """Say whether a file is called as those of a set are, or holds one that is."""
        if path.suffix.lower() != ".zip":
            return path.name.endswith((_EDGES, _GRAPHS, *_OTHERS))
        try:
            with zipfile.ZipFile(path) as archive:
                return any(name.endswith(_EDGES) for name in archive.namelist())
        except _BROKEN:
            return False

    def enough(self, paths: Sequence[Path]) -> bool:
        """Say whether the edges are among the files."""
        return any(path.name.endswith((_EDGES, ".zip")) for path in paths)

    def graphs(self, path: Path) -> Iterator[Listed]:
        """Yield the graphs of a set, where the file is that of its edges or an archive; none of the
        others.
        """
        for files in _archived(path) if path.suffix.lower() == ".zip" else _loose(path):
            yield from _graphs(files)


@dataclass(frozen=True)
class _Text:
    """A file of a set, by its name."""

    name: str
    content: bytes


_Files: TypeAlias = dict[str, _Text]
"""Those of a set, by the ends of their names: `_EDGES`, `_GRAPHS`, and of `_LABELS` what it has."""


def _graphs(files: _Files) -> Iterator[Listed]:
    """Yield the graphs of a set."""
    edges_file, graphs_file = files[_EDGES], files[_GRAPHS]
    name = edges_file.name.removesuffix(_EDGES)
    graph_of = _numbers(graphs_file, 1)[:, 0]
    pairs = _numbers(edges_file, 2) - 1
    outside = ((pairs < 0) | (pairs >= len(graph_of))).any(axis=1)
    if outside.any():
        line = int(outside.argmax()) + 1
        raise FormatError(
            f"{edges_file.name}, line {line:,} joins a node that {graphs_file.name} does not have, "
            f"which has {len(graph_of):,}.",
            _HINT,
        )
    apart = graph_of[pairs[:, 0]] != graph_of[pairs[:, 1]]
    if apart.any():
        line = int(apart.argmax()) + 1
        raise FormatError(f"{edges_file.name}, line {line:,} joins nodes of two graphs.", _HINT)
    nodes = np.argsort(graph_of, kind="stable")
    edges = np.argsort(graph_of[pairs[:, 0]], kind="stable")
    names = np.unique(graph_of)
    of_nodes = _labels(files, _NODE_LABELS, len(graph_of), "nodes")
    of_edges = _labels(files, _EDGE_LABELS, len(pairs), "edges")
    classes = _labels(files, _CLASSES, len(names), "graphs")
    node_ends = np.searchsorted(graph_of[nodes], names, side="right")
    edge_ends = np.searchsorted(graph_of[pairs[edges, 0]], names, side="right")
    first_node = first_edge = 0
    for place, number in enumerate(names):
        last_node, last_edge = node_ends[place], edge_ends[place]
        graph = Listed(f"{name}: graph {number:,}", said=classes[place] if classes else {})
        for node in nodes[first_node:last_node].tolist():
            graph.node(node, of_nodes[node] if of_nodes else {})
        for edge in edges[first_edge:last_edge].tolist():
            one, two = pairs[edge].tolist()
            told = of_edges[edge] if of_edges else {}
            graph.join(graph.nodes[one], graph.nodes[two], told)
        first_node, first_edge = last_node, last_edge
        yield graph


def _labels(files: _Files, end: str, count: int, of: str) -> list[dict[str, str]]:
    """Return the labels of a file, [] where the set has none.

    Raises:
        FormatError: it has not as many as there are.
    """
    if end not in files:
        return []
    text = files[end]
    lines = text.content.decode("utf-8-sig", "replace").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) != count:
        raise FormatError(
            f"{text.name} has {len(lines):,} lines, and the set {count:,} {of}.", _HINT
        )
    # Of several labels in a line the first is the one that papers have.
    return [attributes_of({_LABEL: line.partition(",")[0]}) for line in lines]


def _loose(path: Path) -> Iterator[_Files]:
    """Yield the files of a set, by that of its edges; nothing for another."""
    if not path.name.endswith(_EDGES):
        return
    name = path.name.removesuffix(_EDGES)
    beside = path.with_name(name + _GRAPHS)
    if not beside.is_file():
        raise FormatError(f"{beside.name} is not beside {path.name}.", _HINT)
    there = {_EDGES: path, _GRAPHS: beside, **{end: path.with_name(name + end) for end in _LABELS}}
    files: _Files = {}
    for end, each in there.items():
        if each.is_file():
            _check_size(each.name, each.stat().st_size)
            files[end] = _Text(each.name, each.read_bytes())
    yield files


def _archived(path: Path) -> Iterator[_Files]:
    """Yield the files of each set in an archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for name in names:
                if name.endswith(_EDGES):
                    start = name.removesuffix(_EDGES)
                    if start + _GRAPHS not in names:
                        beside = start + _GRAPHS
                        raise FormatError(f"{path.name} has no {beside} beside {name}.", _HINT)
                    ends = [end for end in (_EDGES, _GRAPHS, *_LABELS) if start + end in names]
                    yield {end: _member(archive, start + end) for end in ends}
    except _BROKEN as error:
        raise FormatError(f"{path.name} is damaged: {error}.", _HINT) from error


def _member(archive: zipfile.ZipFile, name: str) -> _Text:
    with archive.open(name) as file:
        content = file.read(_MOST + 1)  # whatever size it says it has
    _check_size(name, len(content))
    return _Text(PurePosixPath(name).name, content)


def _check_size(name: str, size: int) -> None:
    if size > _MOST:
        raise FormatError(f"{name} has more than the {human_bytes(_MOST)} that it may have.")


def _numbers(text: _Text, columns: int) -> NDArray[np.int64]:
    """Return the whole numbers of a file, (lines, columns)."""
    if not text.content.strip():
        raise FormatError(f"{text.name} is empty.", _HINT)
    lines = io.BytesIO(text.content)
    try:
        found = np.loadtxt(lines, dtype=np.int64, delimiter=",", ndmin=2, encoding="utf-8-sig")
    except (ValueError, OverflowError) as error:
        raise FormatError(f"{text.name} is no list of whole numbers: {error}.", _HINT) from error
    if found.shape[1] != columns:
        raise FormatError(
            f"{text.name} has {found.shape[1]} numbers a line, and should have {columns}.", _HINT
        )
    return found
