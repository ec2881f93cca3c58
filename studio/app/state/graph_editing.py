"""What is edited in the lab of graphs: a graph, which of its nodes a model may join anew, and what
is handed to it. Pure.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from studio.graph_layout import laid_out

__all__ = [
    "KEEP",
    "GraphSheet",
    "Keep",
    "handed",
    "joined",
    "laid_anew",
    "marked",
    "moved",
    "sheet_of",
    "with_node",
    "without_node",
]

Bools = NDArray[np.bool_]
Places = NDArray[np.float64]
Keep = Literal["edges", "unmarked"]
KEEP: dict[Keep, tuple[str, str]] = {
    "edges": ("Edges", "All edges stay; the model may add others."),
    "unmarked": ("Unmarked", "Only the pairs of marked nodes are drawn anew."),
}
"""What may be kept while a model completes a graph: what it is called, and what that means."""
LEAST = 2  # nodes


@dataclass(frozen=True, eq=False)
class GraphSheet:
    """What lies on the table.

    Attributes:
        square: who is joined, (n, n).
        places: where nodes are, (n, 2), about the origin.
        title: which graph it is, or was.
        marked: nodes whose pairs may be made anew, (n,).
    """

    square: Bools
    places: Places
    title: str
    marked: Bools

    @property
    def size(self) -> int:
        """How many nodes it has."""
        return len(self.square)

    @property
    def edges(self) -> int:
        """How many edges it has."""
        return int(self.square.sum()) // 2

    def row(self, nodes: int) -> NDArray[np.float32]:
        """Return it as a row of graphs of at most so many nodes, (P,): 1 for an edge, -1 for none,
        0 for pairs with nodes that it has not.
        """
        return self._packed(np.where(self.square, 1.0, -1.0), nodes)

    def kept(self, nodes: int, keep: Keep) -> NDArray[np.float32]:
        """Return which pairs a model has to leave as they are, (P,), 1 for each: those that are
        joined, or all of which no node is marked.
        """
        unmarked = ~(self.marked[:, None] | self.marked)
        return self._packed((self.square if keep == "edges" else unmarked).astype(float), nodes)

    def _packed(self, square: NDArray[np.floating], nodes: int) -> NDArray[np.float32]:
        whole = np.zeros((nodes, nodes), np.float32)
        whole[: self.size, : self.size] = square
        return whole[np.triu_indices(nodes, 1)]


def sheet_of(square: Bools, title: str) -> GraphSheet:
    """Return a graph (n, n) on the table, laid out as graphs are everywhere."""
    n = len(square)
    places = laid_out(square[None], np.array([n]))[0].astype(np.float64)
    return GraphSheet(square, places, title, np.zeros(n, bool))


def joined(sheet: GraphSheet, one: int, other: int) -> GraphSheet:
    """Return a sheet with an edge between two nodes, or without the one that was there."""
    square = sheet.square.copy()
    square[one, other] = square[other, one] = not square[one, other] and one != other
    return replace(sheet, square=square)


def with_node(sheet: GraphSheet, place: tuple[float, float]) -> GraphSheet:
    """Return a sheet with one more node, which is joined to none."""
    return replace(
        sheet,
        square=np.pad(sheet.square, (0, 1)),
        places=np.concatenate([sheet.places, [place]]),
        marked=np.append(sheet.marked, False),
    )


def without_node(sheet: GraphSheet, node: int) -> GraphSheet:
    """Return a sheet without a node and its edges; as it is where it would have less than two."""
    if sheet.size <= LEAST:
        return sheet
    left = np.arange(sheet.size) != node
    return replace(
        sheet, square=sheet.square[left][:, left], places=sheet.places[left],
        marked=sheet.marked[left],
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


def laid_anew(sheet: GraphSheet) -> GraphSheet:
    """Return a sheet whose nodes are where the layout has them."""
    return replace(sheet, places=sheet_of(sheet.square, "").places)


def handed(sheet: GraphSheet, nodes: int, keep: Keep) -> dict[str, Any]:
    """Return what is handed to the operator that completes graphs of at most so many nodes.

    Raises:
        ValueError: there is nothing to be made anew, or nothing that is kept; a sentence for a
            person.
    """
    known = sheet.kept(nodes, keep)
    row = sheet.row(nodes)
    if keep == "unmarked" and not sheet.marked.any():
        raise ValueError("No node is marked: mark those whose edges may be made anew (M).")
    if not known.any():
        raise ValueError("Nothing would be kept: draw an edge, or leave two nodes unmarked.")
    if known[row != 0.0].all():
        raise ValueError("All pairs are joined, so that nothing can be added.")
    return {"rows": [row.tolist()], "known": [known.astype(int).tolist()]}
