"""What is edited in the lab of graphs: a graph whose nodes and edges may have types, which of its
nodes a model may make anew, and what is handed to it. Pure.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.graph_layout import Lay, lay_out

__all__ = [
    "OPERATORS",
    "Cut",
    "GraphSheet",
    "GraphTask",
    "Keep",
    "joined",
    "laid_anew",
    "marked",
    "moved",
    "operator_inputs",
    "sheet_of",
    "tasks_for",
    "typed",
    "with_node",
    "without_node",
]

Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]
Places = NDArray[np.float64]
Keep = Literal["edges", "unmarked", "nothing"]
LEAST = 2  # nodes


@dataclass(frozen=True)
class GraphTask:
    """A task with a graph.

    Attributes:
        title: its name.
        operators: operators that do it; the first supported one is used.
        says: the effect, in a sentence.
        keep: what the model must keep: edges and node types; all but marked nodes and their pairs;
            or nothing.
        config: initial settings that differ from the operator's.
    """

    title: str
    operators: tuple[str, ...]
    says: str
    keep: Keep
    config: Mapping[str, Any] = field(default_factory=lambda: {"draws": 6})
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def operator(self) -> str:
        """The one that does it."""
        return self.operators[0]


COMPLETES, TRANSLATES = ("inpaint", "fill-in"), ("sdedit", "revise")
OPERATORS = frozenset((*COMPLETES, *TRANSLATES))
"""What the lab asks of a model."""
_TASKS = (
    GraphTask("Add {edge}s", COMPLETES, "All {edge}s are kept; the model may add more.", "edges"),
    GraphTask(
        "Make marked anew",
        COMPLETES,
        "Only marked {node}s and their pairs are resampled.",
        "unmarked",
    ),
    GraphTask(
        "Translate", TRANSLATES, "A {one} close to it, under the conditions below.", "nothing"
    ),
)
# In words that a kind of graphs may have its own for.


def tasks_for(
    able: Collection[str], one: str = "graph", node: str = "node", edge: str = "edge"
) -> tuple[GraphTask, ...]:
    """Return the tasks of a model that is able to do some operators, each with the one that does
    it, in the words for a graph, its nodes and edges.
    """
    ready = ((task, [each for each in task.operators if each in able]) for task in _TASKS)
    own = {"one": one, "node": node, "edge": edge}
    return tuple(
        replace(
            task,
            operators=tuple(some),
            title=task.title.format(**own),
            says=task.says.format(**own),
        )
        for task, some in ready
        if some
    )


@dataclass(frozen=True)
class Cut:
    """How graphs lie in rows, as `models.layouts.graphs` says.

    Attributes:
        nodes: how many nodes a graph has at most.
        node_types: of how many types nodes are, 0 where they have none.
        edge_types: of how many edges are.
    """

    nodes: int
    node_types: int = 0
    edge_types: int = 1


@dataclass(frozen=True, eq=False)
class GraphSheet:
    """What lies on the table.

    Attributes:
        square: what joins nodes, (n, n): the type of an edge from 1, 0 where there is none.
        places: where nodes are, (n, 2), about the origin.
        title: which graph it is, or was.
        marked: nodes that may be made anew, with their pairs, (n,).
        types: of what type each node is, (n,), from 0.
    """

    square: Numbers
    places: Places
    title: str
    marked: NDArray[np.bool_]
    types: Numbers

    @property
    def size(self) -> int:
        """How many nodes it has."""
        return len(self.square)

    @property
    def edges(self) -> int:
        """How many edges it has."""
        return int((self.square > 0).sum()) // 2

    def row(self, cut: Cut) -> Floats:
        """Return it as a row of graphs that are cut so, (L,): 1 for what is there, -1 for what is
        not, 0 for all of nodes that it has not.
        """
        own = self.types[:, None] == np.arange(cut.node_types)
        layers = self.square == np.arange(1, cut.edge_types + 1)[:, None, None]
        return _packed(np.where(own, 1.0, -1.0), np.where(layers, 1.0, -1.0), cut)

    def kept(self, cut: Cut, keep: Keep) -> Floats:
        """Return which numbers of its row a model has to leave as they are, (L,), 1 for each."""
        nodes = np.ones(self.size, bool) if keep == "edges" else ~self.marked
        pairs = self.square > 0 if keep == "edges" else nodes[:, None] & nodes
        own = np.repeat(nodes[:, None], cut.node_types, axis=1)
        layers = np.repeat(pairs[None], cut.edge_types, axis=0)
        return _packed(own.astype(float), layers.astype(float), cut)


def _packed(own: NDArray[np.floating], layers: NDArray[np.floating], cut: Cut) -> Floats:
    """Return numbers of nodes (n, K) and of pairs by type (E, n, n) as a row (L,)."""
    spare = cut.nodes - len(own)
    nodes = np.pad(own, ((0, spare), (0, 0)))
    pairs = np.pad(layers, ((0, 0), (0, spare), (0, spare)))
    first, second = np.triu_indices(cut.nodes, 1)
    return np.concatenate([nodes.ravel(), pairs[:, first, second].ravel()]).astype(np.float32)


def sheet_of(
    square: NDArray[Any], title: str, types: NDArray[Any] | None = None, lay: Lay = lay_out
) -> GraphSheet:
    """Return a graph (n, n), perhaps with types of its nodes (n,), on the table, laid out as graphs
    of its kind are everywhere.
    """
    n = len(square)
    own = None if types is None else types[None]
    places = lay(square[None], np.array([n]), own)[0].astype(np.float64)
    kinds = np.zeros(n, np.int64) if types is None else np.asarray(types, np.int64)
    return GraphSheet(np.asarray(square, np.int64), places, title, np.zeros(n, bool), kinds)


def joined(sheet: GraphSheet, one: int, other: int, kinds: int = 1) -> GraphSheet:
    """Return a sheet with an edge between two nodes, or the next edge type if there is one; after
    the last type it is removed.
    """
    square = sheet.square.copy()
    if one != other:
        square[one, other] = square[other, one] = (square[one, other] + 1) % (kinds + 1)
    return replace(sheet, square=square)


def typed(sheet: GraphSheet, node: int, kind: int) -> GraphSheet:
    """Return a sheet with a node of another type."""
    types = sheet.types.copy()
    types[node] = kind
    return replace(sheet, types=types)


def with_node(sheet: GraphSheet, place: tuple[float, float], kind: int = 0) -> GraphSheet:
    """Return a sheet with one more node of a type, which is joined to none."""
    return replace(
        sheet,
        square=np.pad(sheet.square, (0, 1)),
        places=np.concatenate([sheet.places, [place]]),
        marked=np.append(sheet.marked, False),
        types=np.append(sheet.types, kind),
    )


def without_node(sheet: GraphSheet, node: int) -> GraphSheet:
    """Return a sheet without a node and its edges; unchanged if fewer than two would remain."""
    if sheet.size <= LEAST:
        return sheet
    left = np.arange(sheet.size) != node
    return replace(
        sheet, square=sheet.square[left][:, left], places=sheet.places[left],
        marked=sheet.marked[left], types=sheet.types[left],
    )  # fmt: skip


def moved(sheet: GraphSheet, node: int, place: tuple[float, float]) -> GraphSheet:
    """Return a sheet with a node at another place."""
    places = sheet.places.copy()
    places[node] = place
    return replace(sheet, places=places)


def marked(sheet: GraphSheet, node: int) -> GraphSheet:
    """Return a sheet with a node marked, or no longer."""
    other = sheet.marked.copy()
    other[node] = not other[node]
    return replace(sheet, marked=other)


def laid_anew(sheet: GraphSheet, lay: Lay = lay_out) -> GraphSheet:
    """Return a sheet whose nodes are where the layout has them."""
    return replace(sheet, places=sheet_of(sheet.square, "", sheet.types, lay).places)


def operator_inputs(sheet: GraphSheet, cut: Cut, keep: Keep) -> dict[str, Any]:
    """Return what is handed to the operator that goes on from a graph, by slots.

    Raises:
        ValueError: there is nothing to be made anew, or nothing that is kept; a sentence for a
            person.
    """
    row = sheet.row(cut)
    if keep == "nothing":
        return {"rows": [row.tolist()]}
    known = sheet.kept(cut, keep)
    if keep == "unmarked" and not sheet.marked.any():
        raise ValueError("No node is marked. Mark the nodes to resample (M).")
    if not known.any():
        raise ValueError("Nothing is left to keep. Draw an edge, or leave two nodes unmarked.")
    if known[row != 0.0].all():
        raise ValueError("All pairs are joined: no edge can be added.")
    return {"rows": [row.tolist()], "known": [known.astype(int).tolist()]}
