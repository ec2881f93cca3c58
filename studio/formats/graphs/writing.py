"""Graphs written as GraphML, as JSON, as lists of edges, as graph6, drawn as SVG, or as arrays."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.arrays import ARRAY_SUFFIXES, write_arrays
from pushforward.studio.formats.graphs.drawing import draw_sheet
from pushforward.studio.store.atomic import write_bytes

if TYPE_CHECKING:
    import networkx

__all__ = ["FEATURE", "GRAPH_SUFFIXES", "graphml", "node_links", "write_graphs"]

GRAPH_SUFFIXES = (".graphml", ".json", ".edgelist", ".g6", ".svg", *ARRAY_SUFFIXES)
FEATURE = "feature"
"""What the number of a node is called in a file."""


def write_graphs(
    path: Path,
    adjacency: NDArray[np.bool_],
    size: NDArray[np.integer],
    feature: NDArray[np.floating] | None = None,
    attrs: Mapping[str, object] | None = None,
) -> None:
    """Write graphs to a file whose suffix chooses the format, replacing it atomically.

    GraphML and JSON ("graphs", each with "nodes" and "links") hold several graphs. An edge list has
    a line ``# graph 0 of 16 nodes`` per graph and two node numbers per edge. graph6 has one graph
    per line without attributes. SVG is a sheet of at most 2,000 drawings. NPZ and HDF5 hold
    "adjacency" (n, N, N) of 0 and 1, "size" (n,) and, if present, "feature" (n, N).

    Args:
        path: the file.
        adjacency: (n, N, N), symmetric.
        size: (n,), number of real nodes, which come first.
        feature: (n, N), a number per node.
        attrs: provenance (plain JSON): "provenance", in text a comment.

    Raises:
        FormatError: graphs cannot be written with this suffix.
        StoreError: the disk refused.
    """
    suffix, said = path.suffix.lower(), json.dumps(dict(attrs or {}))
    if suffix == ".graphml":
        write_bytes(path, graphml(_graphs(adjacency, size, feature), said))
    elif suffix == ".json":
        write_bytes(path, node_links(_graphs(adjacency, size, feature), attrs))
    elif suffix == ".edgelist":
        write_bytes(path, _edge_lists(_graphs(adjacency, size, None), said))
    elif suffix == ".g6":
        write_bytes(path, _graph6(_graphs(adjacency, size, None)))
    elif suffix == ".svg":
        write_bytes(path, draw_sheet(adjacency, size, said=said))
    else:
        arrays: dict[str, NDArray[Any]] = {"adjacency": adjacency.astype(np.uint8), "size": size}
        if feature is not None:
            arrays[FEATURE] = feature
        write_arrays(path, arrays, attrs)


def _graphs(
    adjacency: NDArray[np.bool_],
    size: NDArray[np.integer],
    feature: NDArray[np.floating] | None,
) -> Iterator["networkx.Graph"]:
    import networkx

    for row, (square, count) in enumerate(zip(adjacency, size.tolist(), strict=True)):
        graph = networkx.Graph()
        graph.add_nodes_from(range(count))
        first, second = np.nonzero(np.triu(square[:count, :count], 1))
        graph.add_edges_from(zip(first.tolist(), second.tolist(), strict=True))
        if feature is not None:
            numbers = enumerate(feature[row, :count].tolist())
            networkx.set_node_attributes(graph, dict(numbers), FEATURE)
        yield graph


def graphml(graphs: Iterable["networkx.Graph"], said: str) -> bytes:
    """Return graphs as GraphML, one after the other; where they come from is a comment."""
    from networkx.readwrite.graphml import GraphMLWriter

    writer = GraphMLWriter()
    for graph in graphs:
        writer.add_graph_element(graph)
        writer.attributes.clear()  # else it writes those of each graph again with every later one
    body = io.BytesIO()
    writer.dump(body)
    # Two hyphens end a comment of XML; JSON may write one otherwise.
    safe = said.replace("--", "-\\u002d")
    head, end, rest = body.getvalue().partition(b"?>")
    return head + end + f"\n<!-- provenance: {safe} -->\n".encode() + rest.lstrip()


def node_links(graphs: Iterable["networkx.Graph"], attrs: Mapping[str, object] | None) -> bytes:
    """Return {"provenance": ..., "graphs": [...]}, each graph as networkx and D3 write it."""
    import networkx

    listed = [networkx.node_link_data(graph, edges="links") for graph in graphs]
    return json.dumps({"provenance": dict(attrs or {}), "graphs": listed}).encode()


def _edge_lists(graphs: Iterator["networkx.Graph"], said: str) -> bytes:
    from networkx.readwrite.edgelist import generate_edgelist

    lines = [f"# provenance: {said}"]
    for number, graph in enumerate(graphs):
        lines.append(f"# graph {number} of {len(graph)} nodes")
        lines += generate_edgelist(graph, data=False)
    return ("\n".join(lines) + "\n").encode()


def _graph6(graphs: Iterator["networkx.Graph"]) -> bytes:
    import networkx

    return b"".join(networkx.to_graph6_bytes(graph, header=False) for graph in graphs)
