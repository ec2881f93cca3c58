"""Graphs as JSON: node-link format of networkx and D3, or numbers of nodes with edge pairs.

A file holds one graph, a list, or ``{"graphs": [...]}``. A graph is ``{"nodes": [{"id": 0}, ...],
"links": [{"source": 0, "target": 1}, ...]}`` (links may be called edges), or ``{"n": 4, "edges":
[[0, 1], ...]}``. Other fields of nodes, links and graphs (also in ``"graph"``) are attributes.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pushforward.studio.formats.graphs.attributes import Attributes, attributes_of
from pushforward.studio.formats.graphs.importing import (
    MOST_NODES,
    TOO_LARGE,
    Found,
    GraphFiles,
    Listed,
    Unfit,
)
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.errors import human_bytes
from pushforward.studio.store.regular_files import open_regular

__all__ = ["GraphJson"]

_MOST = 2**25  # bytes: what is read takes twenty times as many
_LINE = 2**20
_OWN = ("n", "directed", "multigraph")
_HINT = (
    'A graph is {"nodes": [{"id": 0}, ...], "links": [{"source": 0, "target": 1}, ...]} as '
    'networkx writes it, or {"n": 4, "edges": [[0, 1], ...]}; a file has one, a list, or '
    '{"graphs": [...]}.'
)


@importer
class GraphJson(GraphFiles):
    """Files of JSON."""

    slug = "graph-json"
    title = "Graphs: JSON"
    format = "JSON"
    suffixes = (".json",)

    def claims(self, path: Path) -> bool:
        """Say whether a file is one value, and not a record per line, such as reviews."""
        with open_regular(path) as file:
            line, more = file.readline(_LINE), file.read(1)
        return not (more == b"{" and line.rstrip().endswith(b"}"))

    def graphs(self, path: Path) -> Iterator[Found]:
        """Yield the graphs of a file."""
        if (size := path.stat().st_size) > _MOST:
            raise FormatError(
                f"{path.name} has {human_bytes(size)}; JSON may have {human_bytes(_MOST)}.",
                "Divide it, and choose all its parts together.",
            )
        try:
            value = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{path.name} is no JSON: {error}.", _HINT) from error
        if isinstance(value, dict) and isinstance(value.get("graphs"), list):
            value = value["graphs"]
        for number, each in enumerate(value if isinstance(value, list) else [value], 1):
            try:
                yield _graph(each, f"{path.name}: graph {number:,}")
            except Unfit as unfit:
                yield unfit.broken


def _graph(value: Any, where: str) -> Listed:
    if not isinstance(value, dict):
        raise Unfit(where, "neither nodes nor edges", _HINT)
    own = value.get("graph")
    whole = attributes_of(value, but=_OWN) | attributes_of(own if isinstance(own, dict) else {})
    graph = Listed(where, directed=value.get("directed") is True, said=whole)
    linked = isinstance(value.get("nodes"), list)
    numbers: Iterable[tuple[int | str, Attributes]] = (
        _names(value, where) if linked else ((node, {}) for node in range(_count(value, where)))
    )
    for name, said in numbers:
        if name in graph.nodes:
            raise Unfit(where, "two nodes with the same id", _HINT)
        graph.node(name, said)
    edges = value.get("links", value.get("edges")) if linked else value.get("edges")
    if not isinstance(edges, list):
        raise Unfit(where, "no list of edges", _HINT)
    for edge in edges:
        ends = [edge.get("source"), edge.get("target")] if isinstance(edge, dict) else edge
        if not isinstance(ends, list) or len(ends) != 2:
            raise Unfit(where, "an edge that is not between two nodes", _HINT)
        if not all(isinstance(end, (int, str)) and end in graph.nodes for end in ends):
            raise Unfit(where, "an edge to a node that is not there", _HINT)
        told = (
            attributes_of(edge, but=("source", "target", "key")) if isinstance(edge, dict) else {}
        )
        graph.join(graph.nodes[ends[0]], graph.nodes[ends[1]], told)
    return graph


def _names(value: dict[str, Any], where: str) -> list[tuple[int | str, Attributes]]:
    found = [each if isinstance(each, dict) else {"id": each} for each in value["nodes"]]
    names: list[tuple[int | str, Attributes]] = [
        (name, attributes_of(each, but=("id",)))
        for each in found
        if isinstance(name := each.get("id"), (int, str))
    ]
    if len(names) < len(found):
        raise Unfit(where, "a node without an id that is a number or a word", _HINT)
    return names


def _count(value: dict[str, Any], where: str) -> int:
    count = value.get("n")
    if not isinstance(count, int) or count < 0:
        raise Unfit(where, "neither a list of nodes nor their number", _HINT)
    if count > MOST_NODES:
        raise TOO_LARGE.at(where)
    return count
