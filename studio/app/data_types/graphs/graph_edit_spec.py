"""How graphs of a kind are edited by hand: read from rows, named and painted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from pushforward.studio.app.data_types.graphs.graph_edits import Cut
from pushforward.studio.app.data_types.graphs.graph_rows import GraphRows
from pushforward.studio.app.data_types.graphs.node_canvas import Paper
from pushforward.studio.app.data_types.graphs.typed_rows import TypedRows
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.graph_layout import Lay, lay_out

__all__ = ["ByHand", "PaintRow", "of_pairs", "of_types"]

Arrays: TypeAlias = Mapping[str, NDArray[Any]]
Graph: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""The types of the nodes of a graph (n,), from 0, and of its edges (n, n), from 1."""
PaintRow: TypeAlias = Callable[[QPainter, Paper, list[QPointF], Arrays, Tokens], None]
"""Paints a graph, its row x (1, L), whose nodes are at these points of a paper."""


@dataclass(frozen=True)
class ByHand:
    """Interface of the graph editor to a data type.

    Attributes:
        read: returns the packing of rows, and their graphs.
        paint: paints one.
        names: names of node types, by the column names of the data; none without types.
        edges: likewise of edge types.
        node, edge: their nouns.
        says: measures shown for a graph, in order; the first ones without a name.
        plain: number of those.
        lay: layout function.
    """

    read: Callable[[Arrays], tuple[Cut, list[Graph]]]
    paint: PaintRow
    names: Callable[[Sequence[str]], Sequence[str]] = lambda columns: ()
    edges: Callable[[Sequence[str]], Sequence[str]] = lambda columns: ()
    node: str = "node"
    edge: str = "edge"
    says: tuple[str, ...] = ()
    plain: int = 1
    lay: Lay = lay_out


def of_pairs(arrays: Arrays) -> tuple[Cut, list[Graph]]:
    """Return graphs without types."""
    rows = GraphRows.of(arrays)
    pairs = zip(rows.adjacency, rows.size.tolist(), strict=True)
    return Cut(rows.nodes), [(np.zeros(n, np.int64), square[:n, :n]) for square, n in pairs]


def of_types(rows: TypedRows) -> tuple[Cut, list[Graph]]:
    """Return graphs with types."""
    return Cut(rows.nodes, rows.node_types, rows.edge_types), rows.each()
