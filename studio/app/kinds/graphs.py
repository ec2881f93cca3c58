"""Graphs: nodes where their layout has them, and edges as clear as they are certain."""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.app.kinds.apart import Apart
from studio.app.kinds.kind import Arrays, EachTile, Kind, Measured, Tiles, how_many
from studio.app.tokens import Tokens
from studio.counted import counted
from studio.graph_layout import canonical_order, laid_out
from studio.protocol.extras import PLACES

__all__ = ["KIND", "drawings"]

REACH = 1.7  # of a tile, around its middle; nodes are about 1 away from it
NODE = 0.022  # the radius of a node, of the side of a tile
EDGE = 0.008
SHADES = 8
FAINTEST = 0.06  # edges less certain are not drawn
QUANTILES = 32  # of a spectrum


def drawings(arrays: Arrays) -> Tiles:
    """Return tiles of graphs packed in rows x (n, L), as `models.layouts.graphs` says, with
    "places" (n, N, 2) of their nodes; where nobody has placed them, they are laid out here.
    """
    return EachTile({**arrays, **_ready(arrays)}, _paint)


def _pairs(x: NDArray[Any], nodes: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return how certain the edge of each pair of nodes is, (n, N (N - 1) / 2) in [0, 1], and how
    many nodes of each graph are real, (n,): pairs with others are exactly 0.
    """
    count = nodes * (nodes - 1) // 2
    pairs = np.nan_to_num(np.asarray(x, np.float64)[:, x.shape[1] - count :])
    certain = np.where(pairs != 0.0, np.clip((1.0 + pairs) / 2.0, 0.0, 1.0), 0.0)
    real = np.rint((1.0 + np.sqrt(1.0 + 8.0 * np.count_nonzero(pairs, axis=1))) / 2.0)
    return certain, real.astype(np.int64)


@cache
def _ends(nodes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the two nodes of each pair."""
    first, second = np.triu_indices(nodes, 1)
    return first, second


def _likely(x: NDArray[Any], nodes: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which nodes have an edge between them, (n, N, N), and how many are real, (n,)."""
    certain, real = _pairs(x, nodes)
    first, second = _ends(nodes)
    square = np.zeros((len(x), nodes, nodes), dtype=bool)
    square[:, first, second] = square[:, second, first] = certain >= 0.5
    return square, real


def _nodes(length: int) -> int:
    """Return N for rows of so many numbers where nodes have none: N (N - 1) / 2 pairs."""
    return (1 + math.isqrt(1 + 8 * length)) // 2


def _ready(arrays: Arrays) -> Arrays:
    """Return the places (n, N, 2) of the nodes of graphs, where nobody has placed them."""
    return {} if PLACES in arrays else {PLACES: _placed(arrays["x"])}


def _placed(x: NDArray[Any]) -> NDArray[np.float32]:
    """Return places (n, N, 2) of the nodes of graphs in rows (n, L), by their likely edges."""
    return laid_out(*_likely(x, _nodes(x.shape[1])))


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    places = np.asarray(datum[PLACES], np.float64)
    certain, count = (each[0] for each in _pairs(np.asarray(datum["x"])[None], len(places)))
    side = min(rect.width(), rect.height())
    middle = np.array([rect.center().x(), rect.center().y()])
    # Never out of the tile, also where one node is far from all others.
    scale = side / (2.0 * max(REACH, 1.1 * float(np.abs(places[:count]).max(initial=0.0))))
    points = [QPointF(*p) for p in (middle + scale * places[:count] * [1.0, -1.0]).tolist()]
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(palette.muted)
    first, second = _ends(len(places))
    shade = np.where(certain >= FAINTEST, np.ceil(certain * SHADES), 0.0)
    for level in np.unique(shade[shade > 0.0]).tolist():
        ink.setAlphaF(level / SHADES)
        painter.setPen(QPen(ink, max(0.6, EDGE * side)))
        drawn = np.flatnonzero(shade == level)
        ends = zip(first[drawn].tolist(), second[drawn].tolist(), strict=True)
        painter.drawLines([QLineF(points[i], points[j]) for i, j in ends])
    # A point with a round pen is a disc, and all are painted at once.
    size = 2.0 * max(1.2, NODE * side)
    line, cap = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap
    painter.setPen(QPen(QColor(palette.accent), size, line, cap))
    painter.drawPoints(points)
    painter.restore()


def _measures(arrays: Arrays) -> Measured:
    """Say how many nodes each graph has, and how many edges that are likely."""
    certain, real = _pairs(np.asarray(arrays["x"]), _most(arrays))
    return {"Nodes": real, "Edges": (certain > 0.5).sum(axis=1)}


def _most(arrays: Arrays) -> int:
    """Return N, the nodes that a graph has at most."""
    return int(arrays[PLACES].shape[1]) if PLACES in arrays else _nodes(arrays["x"].shape[1])


def _spectra(arrays: Arrays) -> NDArray[np.float64]:
    """Return of each graph the eigenvalues of its normalised Laplacian as their quantiles: the
    Euclidean distance is that between spectra as Wasserstein's second has it, (n, QUANTILES).
    """
    likely, real = _likely(np.asarray(arrays["x"]), _most(arrays))
    degree = likely.sum(axis=2)
    root = np.divide(1.0, np.sqrt(degree), out=np.zeros(degree.shape), where=degree > 0)
    alone = np.eye(likely.shape[1]) * (degree > 0)[..., None]
    values = np.linalg.eigvalsh(alone - root[:, :, None] * likely * root[:, None])
    found = np.empty((len(values), QUANTILES))
    at = (np.arange(QUANTILES) + 0.5) / QUANTILES
    for row, (each, count) in enumerate(zip(values, real, strict=True)):
        # Nodes that are not there are zeros, as the least ones are.
        own = each[len(each) - count :]
        found[row] = own[np.minimum((at * count).astype(int), count - 1)]
    return found / math.sqrt(QUANTILES)


def _same(one: Arrays, many: Arrays) -> NDArray[np.bool_]:
    """Return whether one graph is each of some, (n,), however their nodes are numbered."""
    mine = _certificate({name: np.asarray(each)[None] for name, each in one.items()})[0]
    return np.array([each == mine for each in _certificate(many)], dtype=bool)


def _certificate(arrays: Arrays) -> list[bytes]:
    """Return the edges of each graph in an order of its nodes that follows from them alone. Few
    regular graphs have several; those of one may then be taken for two.
    """
    found = []
    for graph, count in zip(*_likely(np.asarray(arrays["x"]), _most(arrays)), strict=True):
        order = canonical_order(graph[:count, :count])
        found.append(
            int(count).to_bytes(4, "little") + np.packbits(graph[order][:, order]).tobytes()
        )
    return found


def _filed(arrays: Arrays) -> Arrays:
    """Return what `studio.formats.graphs.writing` writes of graphs: who is beside whom, how many
    nodes there are, and where nodes have a number these.
    """
    x, nodes = np.asarray(arrays["x"]), _most(arrays)
    square, real = _likely(x, nodes)
    feature = x[:, : x.shape[1] - nodes * (nodes - 1) // 2].astype(np.float32)
    numbers = {"feature": feature} if feature.size else {}
    return {"x": square.astype(np.uint8), "size": real, **numbers}


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
    ready=_ready,
    facts=_facts,
    groups={
        "Structure": ("degree-mmd", "clustering-mmd", "orbit-mmd", "spectral-mmd"),
        "Valid, different, new": (
            "two-communities",
            "trees",
            "lobsters",
            "grids",
            "planar-graphs",
            "hubs",
            "different-graphs",
            "new-graphs",
        ),
    },
    measures=_measures,
    apart=Apart("the spectrum of the normalised Laplacian; 0 is the same graph", _spectra, _same),
    imports="GraphML, GML, graph6, JSON, TU sets or lists of edges",
    page=36,
    parts=(PLACES,),
    suffixes=("graphml", "edgelist", "g6", "npz", "h5"),
    filed=_filed,
    order=40,
)
