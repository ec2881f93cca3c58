"""Graphs: nodes where their layout has them, and edges as clear as they are certain."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.app.kinds.kind import Arrays, EachTile, Kind, Measured, Tiles, how_many
from studio.app.tokens import Tokens
from studio.counted import counted
from studio.graph_layout import laid_out
from studio.protocol.extras import PLACES

__all__ = ["KIND", "drawings"]

REACH = 1.7  # of a tile, around its middle; nodes are about 1 away from it
NODE = 0.022  # the radius of a node, of the side of a tile
EDGE = 0.008
SHADES = 8
FAINTEST = 0.06  # edges less certain are not drawn


def drawings(arrays: Arrays) -> Tiles:
    """Return tiles of graphs packed in rows x (n, L), as `models.layouts.graphs` says, with
    "places" (n, N, 2) of their nodes; where nobody has placed them, they are laid out here.
    """
    placed = arrays if PLACES in arrays else {**arrays, PLACES: _placed(arrays["x"])}
    return EachTile(placed, _paint)


def _square(row: NDArray[Any], nodes: int) -> tuple[NDArray[np.float64], int]:
    """Return how certain each edge is, (N, N) upper triangle in [0, 1], and how many nodes are
    real: pairs with others are exactly 0.
    """
    first, second = np.triu_indices(nodes, 1)
    pairs = np.nan_to_num(np.asarray(row, dtype=np.float64)[-len(first) :])
    square = np.zeros((nodes, nodes))
    square[first, second] = np.where(pairs != 0.0, np.clip((1.0 + pairs) / 2.0, 0.0, 1.0), 0.0)
    return square, round((1.0 + math.sqrt(1.0 + 8.0 * np.count_nonzero(pairs))) / 2.0)


def _nodes(length: int) -> int:
    """Return N for rows of so many numbers where nodes have none: N (N - 1) / 2 pairs."""
    return (1 + math.isqrt(1 + 8 * length)) // 2


def _placed(x: NDArray[Any]) -> NDArray[np.float32]:
    """Return places (n, N, 2) of the nodes of graphs in rows (n, L), by their likely edges."""
    nodes = _nodes(x.shape[1])
    squares = [_square(row, nodes) for row in x]
    likely = np.array([square + square.T >= 0.5 for square, _ in squares])
    return laid_out(likely.reshape(len(x), nodes, nodes), np.array([n for _, n in squares], int))


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    places = np.asarray(datum[PLACES], np.float64)
    square, count = _square(datum["x"], len(places))
    side = min(rect.width(), rect.height())
    middle = np.array([rect.center().x(), rect.center().y()])
    # Never out of the tile, also where one node is far from all others.
    scale = side / (2.0 * max(REACH, 1.1 * float(np.abs(places[:count]).max(initial=0.0))))
    points = [QPointF(*p) for p in middle + scale * places[:count] * np.array([1.0, -1.0])]
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(palette.muted)
    shade = np.ceil(square * SHADES).astype(int)
    for level in range(1, SHADES + 1):
        ink.setAlphaF(level / SHADES)
        painter.setPen(QPen(ink, max(0.6, EDGE * side)))
        ends = np.argwhere((shade == level) & (square >= FAINTEST))
        painter.drawLines([QLineF(points[i], points[j]) for i, j in ends])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.accent))
    radius = max(1.2, NODE * side)
    for point in points:
        painter.drawEllipse(point, radius, radius)
    painter.restore()


def _measures(arrays: Arrays) -> Measured:
    """Say how many nodes each graph has, and how many edges that are likely."""
    pairs = np.nan_to_num(np.asarray(arrays["x"]))
    width = _nodes(pairs.shape[1]) if PLACES not in arrays else arrays[PLACES].shape[1]
    pairs = pairs[:, pairs.shape[1] - width * (width - 1) // 2 :]
    nodes = np.rint((1.0 + np.sqrt(1.0 + 8.0 * np.count_nonzero(pairs, axis=1))) / 2.0)
    return {"Nodes": nodes.astype(int), "Edges": (pairs > 0.0).sum(axis=1)}


def _facts(x: NDArray[Any], columns: tuple[str, ...], facts: Mapping[str, Any]) -> str:
    nodes = int(facts.get("nodes") or _nodes(x.shape[1]))
    return f"{counted(how_many(x, facts), 'graph')} of at most {nodes} nodes"


KIND = Kind(
    slug="graphs",
    about="Networks and molecules: nodes in no order, edges in pairs",
    title="Graphs",
    one="graph",
    many="graphs",
    moving="graphs",
    loading="Loading graphs",
    layout="tiles",
    fits=lambda shape: (
        len(shape) == 1 and _nodes(shape[0]) * (_nodes(shape[0]) - 1) == 2 * shape[0]
    ),
    tiles=drawings,
    facts=_facts,
    groups={
        "Structure": ("degree-mmd", "clustering-mmd", "orbit-mmd"),
        "Valid, different, new": ("two-communities", "different-graphs", "new-graphs"),
    },
    measures=_measures,
    imports="GraphML or lists of edges",
    page=36,
    parts=(PLACES,),
    suffixes=("graphml", "edgelist", "npz", "h5"),
    order=40,
)
