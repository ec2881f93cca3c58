"""Edge lists: two nodes per line; further columns are attributes.

A blank line ends a graph, as does a line ``# graph 3 of 16 nodes``, which gives the number of nodes
(then numbered from 0; some may have no edge). Other lines beginning with # are comments. A graph
with an invalid line is skipped alone.
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pushforward.studio.formats.graphs.attributes import LONGEST
from pushforward.studio.formats.graphs.importing import Broken, Found, GraphFiles, Listed, Unfit
from pushforward.studio.formats.graphs.two_pass import lines_of
from pushforward.studio.formats.registry import importer

__all__ = ["EdgeList"]

_LONGEST = 4096  # bytes of a line
_COLUMNS = 8  # that are told apart
_LOOKED = 50  # lines of a text in which it shows whether they may be edges
_HEAD = re.compile(r"#\s*graph\s+\S+\s+of\s+(\d{1,12})\s+nodes\s*")
_HINT = "Write one edge a line as two names without spaces, and a blank line between two graphs."


@importer
class EdgeList(GraphFiles):
    """Text files of edges."""

    slug = "edgelist"
    title = "Graphs: lists of edges"
    format = "edge list"
    suffixes = (".edgelist", ".edges", ".txt")

    def claims(self, path: Path) -> bool:
        """Say whether a file is called so, or says that its lines are edges: two numbers a line may
        be anything.
        """
        return path.suffix.lower() != ".txt" or _HEAD.fullmatch(_first(path, 1)[0]) is not None

    def also(self, path: Path) -> bool:
        """Say whether the first lines of a text may be edges."""
        lines = [line for line in _first(path, _LOOKED) if not line.startswith("#")]
        return bool(lines) and all(2 <= len(line.split()) <= _COLUMNS for line in lines)

    def graphs(self, path: Path) -> Iterator[Found]:
        """Yield the graphs of a file."""
        reader = _Reader(path.name)
        for number, line in lines_of(path, _LONGEST):
            yield from reader.take(number, line)
        yield from reader.end()


class _Reader:
    """Builds graphs from lines; an invalid edge invalidates its whole graph."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0
        self._graph = Listed("")
        self._said = False  # whether the graph said how many nodes it has
        self._broken: Broken | None = None

    def take(self, number: int, line: bytes | None) -> Iterator[Found]:
        """Take the next line, None for one that is too long, and yield the graph that it ends."""
        where = f"{self._name}, line {number:,}"
        try:
            text = _text(where, line, first=number == 1)
            head = _HEAD.fullmatch(text)
            if head or not text:
                yield from self.end()
            if head:
                self._begin()
                self._said = True
                for node in range(int(head[1])):
                    self._graph.node(str(node))
            elif text and not text.startswith("#") and self._broken is None:
                self._edge(where, text)
        except Unfit as unfit:
            self._broken = self._broken or unfit.broken

    def end(self) -> Iterator[Found]:
        """Yield the graph that was read."""
        if self._broken is not None:
            yield self._broken
        elif self._graph.nodes:
            yield self._graph
        self._graph, self._broken = Listed(""), None

    def _begin(self) -> None:
        self._count += 1
        self._graph, self._said = Listed(f"{self._name}: graph {self._count:,}"), False

    def _edge(self, where: str, text: str) -> None:
        """Add the edge of a line.

        Raises:
            Unfit: it is none.
        """
        if not self._graph.where:
            self._begin()
        graph = self._graph
        words = text.split(maxsplit=_COLUMNS)
        ends, more = words[:2], words[2:]
        if len(ends) < 2:
            raise Unfit(where, "a line with one word; an edge needs two", _HINT)
        if self._said and not all(end in graph.nodes for end in ends):
            raise Unfit(where, "an edge to a node number that is too large", _HINT)
        if more and more[0].startswith("{"):
            more = [" ".join(more)]  # as networkx writes attributes
        told = {f"column {k}": value[:LONGEST] for k, value in enumerate(more, 3)}
        graph.join(graph.node(ends[0]), graph.node(ends[1]), told)


def _first(path: Path, most: int) -> list[str]:
    """Return the first lines of a file that are not empty, "" for want of any."""
    found = []
    for _, line in islice(lines_of(path, _LONGEST), 20 * most):
        text = (line or b"").decode("utf-8-sig", "replace").strip()
        if text:
            found.append(text)
        if len(found) == most:
            break
    return found or [""]


def _text(where: str, line: bytes | None, *, first: bool) -> str:
    if line is None:
        raise Unfit(where, f"a line that is longer than {_LONGEST:,} bytes", _HINT)
    try:
        return line.decode("utf-8-sig" if first else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise Unfit(where, "a line that is no text", _HINT) from error
