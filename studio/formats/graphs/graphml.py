"""GraphML: several graphs in one XML file (Brandes et al. 2002, LNCS 2265, 501-512).

Nodes, edges and ``<data>`` attributes are read as a stream. Entities, document type declarations
and nested graphs are refused. A graph with too many nodes or an invalid edge is skipped alone.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from pushforward.studio.formats.graphs.attributes import LONGEST, MOST_NAMES, attributes_of
from pushforward.studio.formats.graphs.importing import (
    MOST_EDGES,
    TOO_MANY,
    Broken,
    Found,
    GraphFiles,
    Listed,
    Unfit,
)
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer

__all__ = ["GraphML"]

_PIECE = 2**16
_KEYS = 200  # attributes that a file may declare
_LONGEST_TAG = 2**22  # bytes between two events of the parser
_MARK = 1024  # bytes in which the first element shows
_HINT = "Save it again as GraphML, for example with networkx or Gephi."


@importer
class GraphML(GraphFiles):
    """Files of GraphML."""

    slug = "graphml"
    title = "Graphs: GraphML"
    format = "GraphML"
    suffixes = (".graphml", ".xml")

    def claims(self, path: Path) -> bool:
        """Say whether a file begins as GraphML does."""
        with open(path, "rb") as file:
            return b"<graphml" in file.read(_MARK) or path.suffix.lower() == ".graphml"

    def graphs(self, path: Path) -> Iterator[Found]:
        """Yield the graphs of a file."""
        reader = _Reader(path)
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                yield from reader.take(piece)
        yield from reader.take(b"", last=True)


class _Reader:
    """Makes graphs of the bytes of a file as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = 0
        self._depth = 0
        self._fed = 0  # bytes
        self._done: list[Found] = []
        self._graph: Listed | None = None
        self._broken: Broken | None = None  # what is wrong with it
        self._ends: list[tuple[str, str, dict[str, str]]] = []
        self._names: dict[str, str] = {}  # of attributes, by their keys
        self._said: dict[str, str] = {}  # of the node or edge that is being read
        self._of_graph: dict[str, str] = {}
        self._key, self._text = "", ""  # of the data that are being read
        self._parser = expat.ParserCreate(namespace_separator=" ")
        # What a document type declares can grow without end, and GraphML needs none of it.
        self._parser.StartDoctypeDeclHandler = self._declared
        self._parser.EntityDeclHandler = self._declared
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._read

    def take(self, piece: bytes, *, last: bool = False) -> list[Found]:
        """Return the graphs that end in the next piece of the file.

        Raises:
            FormatError: it is no GraphML.
        """
        self._fed += len(piece)
        if self._fed - max(self._parser.CurrentByteIndex, 0) > _LONGEST_TAG:
            # The parser reads an unfinished tag anew with each piece.
            raise self._refused(f"has a tag of more than {_LONGEST_TAG // 2**20} MB")
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            why = expat.errors.messages.get(error.code, "")
            raise self._refused(f"is no XML in line {error.lineno:,}: {why}") from error
        done, self._done = self._done, []
        return done

    def _refused(self, what: str) -> FormatError:
        return FormatError(f"{self._path.name} {what}.", _HINT)

    def _declared(self, *what: object) -> None:
        raise self._refused("declares a document type, which is not allowed")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        self._depth += 1
        if self._depth == 1 and tag != "graphml":
            raise self._refused(f"begins with <{tag[:40]}>, and GraphML with <graphml>")
        if tag == "graph":
            if self._graph is not None:
                raise self._refused(f"has a graph nested in graph {self._count}")
            self._count += 1
            where = f"{self._path.name}: graph {self._count:,}"
            self._graph = Listed(where, directed=attributes.get("edgedefault") == "directed")
            self._ends = []
            self._said = self._of_graph = {}
        elif tag == "key" and len(self._names) < _KEYS:
            key = attributes.get("id", "")
            self._names[key] = attributes.get("attr.name", key)[:LONGEST]
        elif tag == "data":
            self._key, self._text = attributes.get("key", ""), ""
        elif self._graph is not None and self._broken is None:
            try:
                self._inside(self._graph, tag, attributes)
            except Unfit as unfit:
                self._broken = unfit.broken

    def _inside(self, graph: Listed, tag: str, attributes: dict[str, str]) -> None:
        """Handle an element within a graph.

        Raises:
            Unfit: the graph is invalid.
        """
        if tag == "node":
            self._node(graph, attributes)
        elif tag == "edge":
            self._edge(graph, attributes)
        elif tag == "hyperedge":
            raise Unfit(graph.where, "an edge between more than two nodes", _HINT)

    def _node(self, graph: Listed, attributes: dict[str, str]) -> None:
        name = attributes.get("id")
        if name is None or name in graph.nodes:
            raise Unfit(graph.where, "a node without an id of its own", _HINT)
        self._said = {}
        graph.node(name, self._said)

    def _edge(self, graph: Listed, attributes: dict[str, str]) -> None:
        if len(self._ends) >= MOST_EDGES:
            raise TOO_MANY.at(graph.where)
        self._said = {}
        ends = attributes.get("source", ""), attributes.get("target", "")
        self._ends.append((*ends, self._said))

    def _read(self, text: str) -> None:
        """Collect the text of ``<data>``, up to the maximum length of a label."""
        if self._key and len(self._text) < LONGEST:
            self._text += text

    def _end(self, name: str) -> None:
        self._depth -= 1
        graph, tag = self._graph, name.rpartition(" ")[2]
        if tag == "data":
            called = self._names.get(self._key, "")
            if called and len(self._said) < MOST_NAMES:
                self._said |= attributes_of({called: self._text})
            self._key = ""
        elif tag in ("node", "edge"):
            self._said = self._of_graph
        if graph is None or tag != "graph":
            return
        try:
            self._done.append(self._broken or self._joined(graph))
        except Unfit as unfit:
            self._done.append(unfit.broken)
        self._graph, self._broken = None, None

    def _joined(self, graph: Listed) -> Listed:
        """Return a graph with its edges, which may precede their nodes.

        Raises:
            Unfit: a node is missing.
        """
        graph.said = self._of_graph
        for source, target, said in self._ends:
            if source not in graph.nodes or target not in graph.nodes:
                raise Unfit(graph.where, "an edge to a node that is not there", _HINT)
            graph.join(graph.nodes[source], graph.nodes[target], said)
        return graph
