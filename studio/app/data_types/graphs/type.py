"""Graphs: nodes where their layout has them, and edges as clear as they are certain."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.communities import communities
from pushforward.observables.graphs.makes import MAKES, halved
from pushforward.observables.graphs.statistics import (
    graph_statistics,
    node_statistics,
    spectra,
    whole_statistics,
)
from pushforward.studio.app.core.data_type import (
    LABEL,
    Arrays,
    EachTile,
    Kind,
    Measured,
    Tiles,
    classes,
    how_many,
)
from pushforward.studio.app.data import stage_tiles
from pushforward.studio.app.data.lazy_measures import Lazily
from pushforward.studio.app.data.validity import VALIDITY, validity
from pushforward.studio.app.data_types.graphs import graph_sets
from pushforward.studio.app.data_types.graphs.graph_edit_spec import ByHand, of_pairs
from pushforward.studio.app.data_types.graphs.graph_paint import HALF, WHY, paint_graph, paint_plain
from pushforward.studio.app.data_types.graphs.graph_rows import GraphRows, ReadGraphs, nodes_of
from pushforward.studio.counts import format_count
from pushforward.studio.graph_layout import lay_out
from pushforward.studio.protocol.extras import MEANT, PLACES, SIZE

__all__ = ["EIGENVALUE", "KIND", "OWN", "TITLES", "drawings"]

TITLES = {
    "nodes": "Nodes",
    "edges": "Edges",
    "density": "Density",
    "triangles": "Triangles",
    "clustering": "Clustering",
    "components": "Components",
    "largest-degree": "Largest degree",
}
WHOLE = {
    "squares": "Squares",
    "diameter": "Diameter",
    "assortativity": "Assortativity",
    "gap": "Spectral gap",
}
"""What takes a look at the whole graph, and a moment."""
MANY = "Communities"
"""How many a graph has by greedy modularity."""
COMMUNITIES = MAKES["two-communities"].title
FOUND = {
    "Class": graph_sets.CLASS,
    "Copies": graph_sets.COPIES,
    "Nearest": graph_sets.NEAREST,
}
EIGENVALUE = "Laplacian eigenvalue"
OWN = "Label"
"""The class of a graph, where data have classes; "Class" is of isomorphic ones."""


def drawings(arrays: Arrays) -> Tiles:
    """Return tiles of graphs packed in rows x (n, L), see `models.layouts.graphs`, with "places"
    (n, N, 2) of their nodes, laid out here if missing.
    """
    return EachTile({**arrays, **_ready(arrays)}, paint_graph)


def _ready(arrays: Arrays) -> Arrays:
    """Return the places (n, N, 2) of the nodes if missing, and for two communities the nodes of the
    second.
    """
    graphs = GraphRows.of(arrays)
    found = {} if PLACES in arrays else {PLACES: lay_out(graphs.adjacency, graphs.size)}
    if graph_sets.MAKE in arrays and (arrays[graph_sets.MAKE] == COMMUNITIES).all():
        half = np.zeros((len(graphs.x), graphs.nodes), bool)
        for row, n in zip(range(len(half)), graphs.size.tolist(), strict=True):
            half[row, :n] = halved(graphs.adjacency[row, :n, :n])
        found[HALF] = half
    return found


def _measures(arrays: Arrays) -> Measured:
    """Return the measures of each graph by its likely edges; and facts relative to others:
    validity, isomorphism class, distance to the nearest training graph.
    """
    graphs = GraphRows.of(arrays)
    ready: dict[str, NDArray[Any]] = {
        TITLES["nodes"]: graphs.size,
        TITLES["edges"]: graphs.adjacency.sum(axis=(1, 2)) // 2,
        **classes(arrays, OWN),
    }
    if WHY in arrays:
        ready[VALIDITY] = validity(arrays[WHY])
    ready |= {title: arrays[name] for title, name in FOUND.items() if name in arrays}

    def counted_in(title: str) -> Measured:
        if title == MANY:
            pairs = zip(graphs.adjacency, graphs.size.tolist(), strict=True)
            return {MANY: np.array([communities(square[:n, :n]) for square, n in pairs], np.int64)}
        if title in WHOLE.values():
            found = whole_statistics(graphs.adjacency, graphs.size)
            return {WHOLE[name]: values for name, values in found.items()}
        found = graph_statistics(graphs.adjacency, graphs.size)
        return {TITLES[name]: values for name, values in found.items()}

    return Lazily(ready, (*TITLES.values(), *WHOLE.values(), MANY), counted_in)


def _elements(arrays: Arrays) -> Measured:
    """Say of each node how many it is joined to, and how many of these are joined."""
    graphs = GraphRows.of(arrays)
    found = node_statistics(graphs.adjacency, graphs.size)
    return {name: found[name] for name in ("degree", "clustering")}


def _several(arrays: Arrays) -> Measured:
    """Say the spectrum of each graph."""
    graphs = GraphRows.of(arrays)
    return {EIGENVALUE: spectra(graphs.adjacency, graphs.size)}


def _filed(arrays: Arrays) -> Arrays:
    """Return the arrays of `studio.formats.graphs.writing`: adjacency, size, and node features if
    any.
    """
    graphs = GraphRows.of(arrays)
    numbers = {"feature": graphs.feature.astype(np.float32)} if graphs.feature.size else {}
    return {"x": graphs.adjacency.astype(np.uint8), "size": graphs.size, **numbers}


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    nodes = int(facts.get("nodes") or nodes_of(x.shape[1]))
    return f"{format_count(how_many(x, facts), 'graph')} of at most {nodes} nodes"


KIND = Kind(
    slug="graphs",
    hints={
        "Class": "Isomorphism class; 1 is the largest",
        "Copies": "Number of isomorphic copies",
        "Nearest": (
            "Distance to the nearest training graph in spectrum, number of nodes and of "
            "components; 0: identical"
        ),
        WHOLE["squares"]: "Cycles of four nodes",
        WHOLE["diameter"]: "Diameter: the longest shortest path between connected nodes",
        WHOLE[
            "assortativity"
        ]: "Assortativity: correlation of the degrees at the two ends of an edge",
        WHOLE["gap"]: "Second eigenvalue of the normalised Laplacian; 0 for a disconnected graph",
        VALIDITY: "Whether the graph satisfies the validity rule below the grid",
    },
    about="Networks: unordered nodes joined by edges",
    title="Graphs",
    one="graph",
    many="graphs",
    moving="graphs",
    loading="Loading graphs",
    layout="tiles",
    fits=lambda shape: (
        len(shape) == 1 and nodes_of(shape[0]) * (nodes_of(shape[0]) - 1) == 2 * shape[0]
    ),
    tiles=drawings,
    ready=_ready,
    facts=_facts,
    groups={
        "Structure": (
            "degree-mmd",
            "clustering-mmd",
            "orbit-mmd",
            "spectral-mmd",
            "nspdk-mmd",
            "random-gin",
            "permutation-test",
        ),
        "Valid, different, new": (
            "valid-graphs",
            "two-communities",
            "trees",
            "lobsters",
            "grids",
            "planar-graphs",
            "hubs",
            "different-graphs",
            "new-graphs",
        ),
        "Likelihood": ("bits-per-graph",),
    },
    measures=_measures,
    element="node",
    elements=_elements,
    several=_several,
    first=(
        *("Node degree", "Node clustering", EIGENVALUE, "Edges"),
        *("Triangles", "Clustering", "Density", "Largest degree"),
    ),
    shares=("Node clustering", "Clustering", "Density"),
    brief=("Edges", "Clustering"),
    told=(LABEL,),
    asked={TITLES["density"]: "density", TITLES["nodes"]: "size"},
    below=TITLES["edges"],
    among=graph_sets.isomorphism_measures,
    graph=lambda arrays: ReadGraphs(GraphRows.of(arrays)),
    by_hand=ByHand(
        of_pairs, paint_plain, says=(VALIDITY, "Nodes", "Edges", "Clustering", "Nearest")
    ),
    marked=(WHY, graph_sets.MAKE, graph_sets.MET, SIZE),
    alike=(MEANT,),
    means=graph_sets.means,
    rules=graph_sets.rules,
    apart=graph_sets.apart,
    imports="GraphML, GML, graph6, JSON, TU sets or lists of edges, with labels",
    page=36,
    least=52,
    views=("graph-flow", "tiles", "browser", "graph-edit", "asked"),
    parts=(PLACES,),
    suffixes=("graphml", "json", "edgelist", "g6", "svg", "npz", "h5"),
    filed=_filed,
    order=40,
    scene=partial(stage_tiles.scene, tiles=drawings, common=stage_tiles.in_place(_ready)),
    step=partial(stage_tiles.step, tiles=drawings),
)
