"""Labelled graphs: nodes are shapes in the colours of their labels, edges lines of theirs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.canonical import same_graphs
from pushforward.observables.graphs.labelled_makes import (
    LABELLED_MAKES,
    LabelledMake,
    labelled_make_meant,
)
from pushforward.observables.graphs.labels import EDGE_LABELS, NODE_LABELS, cut
from pushforward.observables.graphs.statistics import graph_statistics, node_statistics, spectra
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
from pushforward.studio.app.data.pairwise_distance import Distances
from pushforward.studio.app.data.validity import VALIDITY, validity
from pushforward.studio.app.data_types.graphs import graph_sets
from pushforward.studio.app.data_types.graphs.graph_edit_spec import ByHand, of_types
from pushforward.studio.app.data_types.graphs.graph_paint import WHY
from pushforward.studio.app.data_types.graphs.graph_rows import GraphRows, ReadGraphs
from pushforward.studio.app.data_types.graphs.labelled_paint import (
    labelled_rows,
    paint_labelled,
    paint_labels,
)
from pushforward.studio.app.data_types.graphs.type import EIGENVALUE, OWN, TITLES
from pushforward.studio.app.data_types.graphs.typed_rows import TypedRows
from pushforward.studio.counts import format_count
from pushforward.studio.graph_layout import lay_out
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.extras import MEANT, PLACES

__all__ = ["KIND"]

OF_NODES, NEW = "Node labels", "new"
COLUMNS = "columns"


def drawings(arrays: Arrays) -> Tiles:
    """Return tiles of graphs packed in rows x (n, L), with "places" (n, N, 2) of their nodes, laid
    out here if missing.
    """
    own = {name: each for name, each in arrays.items() if name != COLUMNS}
    return EachTile({**own, **_ready(own)}, paint_labelled, say=_describe_graph)


def _ready(arrays: Arrays) -> Arrays:
    """Return the places (n, N, 2) of the nodes if missing."""
    if PLACES in arrays:
        return {}
    rows = labelled_rows(arrays)
    return {PLACES: lay_out(rows.edges, rows.size, rows.types)}


def _describe_graph(datum: Arrays) -> str:
    types, edges = labelled_rows({"x": np.asarray(datum["x"])[None]}).each()[0]
    return f"{_counts(types)}; {format_count(int((edges > 0).sum()) // 2, 'edge')}"


def _counts(types: NDArray[Any]) -> str:
    """Say how many nodes have each label, by its number from 1."""
    many = enumerate(np.bincount(types, minlength=1).tolist(), 1)
    return ", ".join(f"{n} of {label}" for label, n in many if n)


def _labels(columns: Sequence[str]) -> tuple[str, ...]:
    """Return what labels of nodes are called: by their number, and by name where they have one."""
    return _numbered(columns[:NODE_LABELS], NODE_LABELS)


def _edge_labels(columns: Sequence[str]) -> tuple[str, ...]:
    """Return the same of labels of edges."""
    return tuple(f"edge {each}" for each in _numbered(columns[NODE_LABELS:], EDGE_LABELS))


def _numbered(names: Sequence[str], many: int) -> tuple[str, ...]:
    all_names = (*names, *("",) * many)[:many]
    return tuple(f"{k} {one_line(name)}".strip() for k, name in enumerate(all_names, 1))


def _measures(arrays: Arrays) -> Measured:
    """Return the measures of each graph: counts, node labels and own label; and facts relative to
    others: validity, isomorphism class, novelty.
    """
    rows = labelled_rows(arrays)
    joined = rows.edges > 0
    ready: dict[str, NDArray[Any]] = {
        TITLES["nodes"]: rows.size,
        TITLES["edges"]: joined.sum(axis=(1, 2)) // 2,
        OF_NODES: np.array([_counts(types) for types, _ in rows.each()], dtype=str),
        **classes(arrays, OWN),
    }
    if WHY in arrays:
        ready[VALIDITY] = validity(arrays[WHY])
    ready |= {title: arrays[name] for title, name in _FOUND.items() if name in arrays}

    def counted_in(_title: str) -> Measured:
        found = graph_statistics(joined, rows.size)
        return {TITLES[name]: values for name, values in found.items()}

    return Lazily(ready, tuple(TITLES.values()), counted_in)


_FOUND = {"Class": graph_sets.CLASS, "Copies": graph_sets.COPIES, "New": NEW}


def _elements(arrays: Arrays) -> Measured:
    """Say of each node how many it is joined to, and how many of these are joined."""
    rows = labelled_rows(arrays)
    found = node_statistics(rows.edges > 0, rows.size)
    return {name: found[name] for name in ("degree", "clustering")}


def _several(arrays: Arrays) -> Measured:
    """Say the spectrum of each graph."""
    rows = labelled_rows(arrays)
    return {EIGENVALUE: spectra(rows.edges > 0, rows.size)}


def _relative_facts(data: Arrays, training: Arrays | None, *, own: bool) -> dict[str, NDArray[Any]]:
    """Return of graphs, (n,) each: "class" and "copies"; with training graphs also whether each is
    "new" (unless ``own``), and "why", violations of the common rule.
    """
    rows = labelled_rows(data)
    met = same_graphs(rows.edges, rows.size, rows.types)
    number, many = graph_sets.by_count(met)
    found: dict[str, NDArray[Any]] = {graph_sets.CLASS: number, graph_sets.COPIES: many}
    if training is not None and len(training["x"]):
        known = labelled_rows(training)
        if known.x.shape[1] == rows.x.shape[1] and not own:
            both = _classes(known, rows)
            seen = both[: len(known.x)]
            counts = np.bincount(seen, minlength=int(both.max()) + 1)
            found[NEW] = np.where(counts[both[len(seen) :]] == 0, "new", "known")
        of = graph_sets.chosen_rule(training, LABELLED_MAKES)
        make = labelled_make_meant(of, known.types, known.edges, known.size)
        if make is not None:
            found[WHY] = np.array(make.wrong(rows.types, rows.edges, rows.size), dtype=str)
        share = 1.0 if make is None else _share(make, known)
        found |= graph_sets.of_make(make.title if make is not None else "", share, len(rows.x))
    return found


def _share(make: LabelledMake, known: TypedRows) -> float:
    """Return which share of graphs is of a make."""
    return make.wrong(known.types, known.edges, known.size).count("") / len(known.x)


def _rules(training: Arrays) -> list[tuple[str, str]]:
    """Return what a person may say that a graph has to be to be valid, as `graph_sets.rules`: of
    makes that labels tell only those that some training graphs are of.
    """
    some = {name: each[: graph_sets.LOOKED_AT] for name, each in training.items()}
    known = labelled_rows(some)
    shares = {slug: (make.title, _share(make, known)) for slug, make in LABELLED_MAKES.items()}
    met = {
        slug: each for slug, each in shares.items() if each[1] or not LABELLED_MAKES[slug].labels
    }
    return graph_sets.chosen_of(met)


def _classes(some: TypedRows, others: TypedRows) -> NDArray[np.int64]:
    """Return the class of each of some graphs and then of each of others."""
    pairs = ((each.edges, each.size, each.types) for each in (some, others))
    return same_graphs(*(np.concatenate(both) for both in zip(*pairs, strict=True)))


def _graph(arrays: Arrays) -> ReadGraphs:
    """Return them as graphs, and the number of each node's label."""
    rows = labelled_rows(arrays)
    letters = np.where(rows.unknown, "?", (rows.types + 1).astype(str))
    marks = np.where(rows.unknown, -1, rows.types)
    return ReadGraphs(GraphRows(rows.joined, rows.nodes), letters, marks, rows.kinds)


def _features(arrays: Arrays) -> NDArray[np.float64]:
    """Return of each graph how many nodes and edges of each label it has, and its spectrum."""
    rows = labelled_rows(arrays)
    real = np.arange(rows.nodes) < rows.size[:, None]
    own = [((rows.types == k) & real).sum(axis=1) for k in range(NODE_LABELS)]
    joined = [(rows.edges == k).sum(axis=(1, 2)) / 2 for k in range(1, EDGE_LABELS + 1)]
    tones = np.nan_to_num(spectra(rows.edges > 0, rows.size), nan=0.0)
    return np.concatenate([np.stack(own + joined, axis=1), tones], axis=1).astype(np.float64)


def _same(one: Arrays, many: Arrays) -> NDArray[np.bool_]:
    """Return whether one graph is each of some, (n,)."""
    mine = labelled_rows({name: np.asarray(each)[None] for name, each in one.items()})
    found = _classes(mine, labelled_rows(many))
    return np.asarray(found[1:] == found[0])


def _filed(arrays: Arrays) -> Arrays:
    """Return what `studio.formats.graphs.labelled` writes of graphs."""
    rows = labelled_rows(arrays)
    return {
        "x": rows.types.astype(np.uint8), "edges": rows.edges.astype(np.uint8), "size": rows.size,
    }  # fmt: skip


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    nodes = int(facts.get("nodes") or (cut(x.shape[1]) or (0, 1))[0])
    said = f"{format_count(how_many(x, facts), 'labelled graph')} of at most {nodes} nodes"
    for of, names in (("nodes", columns[:NODE_LABELS]), ("edges", columns[NODE_LABELS:])):
        if told := [f"{k} {one_line(name)}" for k, name in enumerate(names, 1) if name]:
            said += f"; labels of {of}: {', '.join(told)}"
    return said


KIND = Kind(
    slug="labelled-graphs",
    about="Networks whose nodes and edges have labels: proteins, roles, words",
    title="Labelled graphs",
    one="labelled graph",
    many="labelled graphs",
    moving="labelled graphs",
    loading="Loading labelled graphs",
    layout="tiles",
    fits=lambda shape: len(shape) == 1 and cut(shape[0]) is not None,
    tiles=drawings,
    ready=_ready,
    facts=_facts,
    groups={
        "Labels": ("label-triples", "valid-labels"),
        "Structure": (
            "degree-mmd",
            "clustering-mmd",
            "orbit-mmd",
            "spectral-mmd",
            "permutation-test",
        ),
    },
    measures=_measures,
    element="node",
    elements=_elements,
    several=_several,
    first=("Node degree", "Node clustering", EIGENVALUE, "Edges", "Triangles", "Clustering"),
    shares=("Node clustering", "Clustering", "Density"),
    brief=("Edges", "Clustering"),
    told=(LABEL,),
    asked={TITLES["nodes"]: "size"},
    among=_relative_facts,
    graph=_graph,
    by_hand=ByHand(
        lambda arrays: of_types(labelled_rows(arrays)),
        paint_labels,
        names=_labels,
        edges=_edge_labels,
        says=(VALIDITY, "Nodes", "Edges", OF_NODES),
    ),
    marked=(WHY, graph_sets.MAKE, graph_sets.MET),
    alike=(MEANT,),
    means=graph_sets.means,
    rules=_rules,
    views=("graph-flow", "tiles", "browser", "graph-edit", "asked"),
    apart=Distances("labels and the spectrum; 0: identical graph", _features, _same),
    page=36,
    browsed=16_384,
    least=52,
    parts=(PLACES,),
    suffixes=("graphml", "json", "svg", "npz", "h5"),
    filed=_filed,
    order=41,
    scene=partial(stage_tiles.scene, tiles=drawings, common=stage_tiles.in_place(_ready)),
    step=partial(stage_tiles.step, tiles=drawings),
)
