"""GML: a graph as nested lists of keys and values (Himsolt 1997), read by networkx."""

import re
from collections.abc import Iterator
from pathlib import Path

from pushforward.studio.formats.graphs.importing import Found, GraphFiles, Listed, Unfit
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.errors import human_bytes

__all__ = ["Gml"]

_MOST = 2**24  # bytes: the largest graph has some millions
_GRAPH, _SEVERAL = re.compile(r"\bgraph\s*\["), re.compile(r"\bmultigraph\b")
_HINT = "Save it again as GML or GraphML, for example with networkx or Gephi."


@importer
class Gml(GraphFiles):
    """Files of GML, one graph each."""

    slug = "gml"
    title = "Graphs: GML"
    format = "GML"
    suffixes = (".gml",)

    def graphs(self, path: Path) -> Iterator[Found]:
        """Yield the graph of a file."""
        import networkx

        if (size := path.stat().st_size) > _MOST:
            raise FormatError(
                f"{path.name} has {human_bytes(size)}; GML may have {human_bytes(_MOST)}.",
                "Import smaller graphs, or pieces of this one.",
            )
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise FormatError(f"{path.name} is no text.", _HINT) from error
        if not _SEVERAL.search(text):
            # Else an edge that is listed again would be an error: it is taken once, and told.
            text = _GRAPH.sub(r"\g<0> multigraph 1 ", text, count=1)
        try:
            graph = networkx.parse_gml(text.splitlines(), label="id")
        except RecursionError as error:
            raise FormatError(f"{path.name} has lists nested too deeply.", _HINT) from error
        except (networkx.NetworkXError, ValueError, KeyError, TypeError) as error:
            raise FormatError(f"{path.name} is no GML: {error}.", _HINT) from error
        try:
            yield Listed.from_networkx(path.name, graph)
        except Unfit as unfit:
            yield unfit.broken
