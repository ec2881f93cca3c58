"""Lists of edges: two nodes a line; what else stands in it are attributes, by their columns.

A blank line ends a graph, and so does a line ``# graph 3 of 16 nodes``, which also says how many
nodes there are, of which some may have no edge; nodes are then the numbers from 0 on. Other lines
that begin with # say nothing.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from studio.formats.graphs.attributes import LONGEST
from studio.formats.graphs.importing import GraphFiles, Listed
from studio.formats.limits import FormatError
from studio.formats.registry import importer

__all__ = ["EdgeList"]

_LONGEST = 4096  # bytes of a line
_COLUMNS = 8  # that are told apart
_HEAD = re.compile(r"#\s*graph\s+\S+\s+of\s+(\d{1,12})\s+nodes\s*")
_HINT = "Write one edge a line as two names without spaces, and a blank line between two graphs."


@importer
class EdgeList(GraphFiles):
    """Text files of edges."""

    slug = "edgelist"
    title = "Graphs: lists of edges"
    format = "edge list"
    suffixes = (".edgelist", ".edges")

    def graphs(self, path: Path) -> Iterator[Listed]:
        """Yield the graphs of a file."""
        count, graph, said = 0, Listed(""), False
        for number, line in _lines(path):
            head = _HEAD.fullmatch(line)
            if head or not line:
                if graph.nodes:
                    yield graph
                    graph = Listed("")
                if not head:
                    continue
            elif line.startswith("#"):
                continue
            if not graph.where:
                count += 1
                graph = Listed(f"{path.name}: graph {count:,}")
                said = False
            if head:
                said = True
                for node in range(int(head[1])):
                    graph.node(str(node))
                continue
            words = line.split(maxsplit=_COLUMNS)
            ends, more = words[:2], words[2:]
            if len(ends) < 2:
                raise FormatError(f"{path.name}, line {number:,}: an edge has two nodes.", _HINT)
            if said and not all(end in graph.nodes for end in ends):
                raise FormatError(
                    f"{path.name}, line {number:,}: an edge of a graph of {len(graph.nodes)} nodes "
                    f"joins numbers from 0 to {len(graph.nodes) - 1}.",
                    _HINT,
                )
            if more and more[0].startswith("{"):
                more = [" ".join(more)]  # as networkx writes attributes
            told = {f"column {k}": value[:LONGEST] for k, value in enumerate(more, 3)}
            graph.join(graph.node(ends[0]), graph.node(ends[1]), told)
        if graph.nodes:
            yield graph


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with open(path, "rb") as file:
        number = 0
        while line := file.readline(_LONGEST + 1):
            number += 1
            if len(line) > _LONGEST:
                raise FormatError(
                    f"{path.name}, line {number:,} is longer than {_LONGEST:,} bytes.", _HINT
                )
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise FormatError(f"{path.name}, line {number:,} is no text.", _HINT) from error
