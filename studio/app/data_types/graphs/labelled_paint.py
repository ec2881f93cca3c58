"""One labelled graph, painted: the label of a node is a shape and a colour, that of an edge is a
colour and how many lines it has.
"""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from pushforward.observables.graphs.labels import NODE_LABELS, cut
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.data_types.graphs.graph_paint import (
    FAINTEST,
    WHY,
    paint_mark,
    side_by_side,
)
from pushforward.studio.app.data_types.graphs.graph_rows import ends
from pushforward.studio.app.data_types.graphs.node_canvas import Paper
from pushforward.studio.app.data_types.graphs.typed_rows import TypedRows
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.protocol.extras import PLACES, SIZE

__all__ = [
    "SHAPES",
    "label_tones",
    "labelled_rows",
    "paint_labelled",
    "paint_labels",
    "paint_node",
]

NODE, EDGE, APART = 0.03, 0.008, 0.018  # of the side of a tile


def _around(corners: int, turn: float = 0.25) -> tuple[tuple[float, float], ...]:
    """Return the corners of an even polygon, the first one up after a quarter turn."""
    angles = [2.0 * math.pi * (k / corners + turn) for k in range(corners)]
    return tuple((math.cos(angle), -math.sin(angle)) for angle in angles)


def _star() -> tuple[tuple[float, float], ...]:
    outer, inner = _around(5), _around(5, 0.35)
    return tuple(
        corner for (x, y), (u, v) in zip(outer, inner, strict=True)
        for corner in ((1.2 * x, 1.2 * y), (0.5 * u, 0.5 * v))
    )  # fmt: skip


_THIN = 0.38
SHAPES: Sequence[tuple[tuple[float, float], ...]] = (
    (),
    _around(4, 0.125),
    _around(3),
    _around(4),
    _star(),
    _around(3, 0.75),
    _around(6),
    ((-_THIN, -1), (_THIN, -1), (_THIN, -_THIN), (1, -_THIN), (1, _THIN), (_THIN, _THIN),
     (_THIN, 1), (-_THIN, 1), (-_THIN, _THIN), (-1, _THIN), (-1, -_THIN), (-_THIN, -_THIN)),
)  # fmt: skip
"""The shape of a node of each type, of size 1; a disc has no corners."""


def label_tones(palette: Tokens) -> tuple[str, ...]:
    """Return the colour of each type of node."""
    return (palette.accent, palette.warm, palette.good, palette.danger, *palette.more)


def labelled_rows(arrays: Arrays) -> TypedRows:
    """Return data (n, ...) by name as graphs with labels."""
    x = np.nan_to_num(np.asarray(arrays["x"], np.float64))
    nodes, edges = cut(x.shape[1]) or (0, 1)
    return TypedRows(x, nodes, NODE_LABELS, edges, arrays.get(SIZE))


def paint_labelled(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    """Paint a graph x (L,) with "places" (N, 2), and a mark where it is known if it is "why"."""
    row = {name: np.asarray(datum[name])[None] for name in ("x", SIZE) if name in datum}
    count = int(labelled_rows(row).size[0])
    paper = Paper(rect, np.asarray(datum[PLACES], np.float64)[:count])
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_labels(painter, paper, paper.points, row, palette)
    if WHY in datum:
        paint_mark(painter, rect, palette, wrong=bool(str(datum[WHY])))
    painter.restore()


def paint_labels(
    painter: QPainter, paper: Paper, points: list[QPointF], datum: Arrays, palette: Tokens
) -> None:
    """Paint a graph, its row x (1, L), whose nodes are at these points of a paper."""
    rows = labelled_rows(datum)
    _paint_edges(painter, paper, points, rows, palette)
    radius = paper.radius(NODE, 2.0)
    types, masked = (each[0, : len(points)].tolist() for each in (rows.types, rows.masked))
    for point, label, hidden in zip(points, types, masked, strict=True):
        if hidden:
            painter.setPen(QPen(QColor(palette.muted), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(point, 0.5 * radius, 0.5 * radius)
        else:
            paint_node(painter, point, radius, label, palette)


def paint_node(painter: QPainter, at: QPointF, radius: float, label: int, palette: Tokens) -> None:
    """Paint a node of a type, from 0."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(label_tones(palette)[label]))
    if corners := SHAPES[label]:
        painter.drawPolygon(
            QPolygonF([QPointF(at.x() + radius * x, at.y() + radius * y) for x, y in corners])
        )
    else:
        painter.drawEllipse(at, 0.9 * radius, 0.9 * radius)


def _paint_edges(
    painter: QPainter, paper: Paper, points: list[QPointF], rows: TypedRows, palette: Tokens
) -> None:
    """Paint the most likely type of each edge, with its probability as opacity."""
    certain, kinds = rows.orders[0].max(axis=0), rows.orders[0].argmax(axis=0) + 1
    first, second = ends(rows.nodes)
    inks = (palette.muted, palette.more[2], palette.warm, palette.more[0])
    apart = max(1.6, APART * paper.side)
    for pair in np.flatnonzero(certain >= FAINTEST).tolist():
        one, other = points[int(first[pair])], points[int(second[pair])]
        kind = int(kinds[pair])
        ink = QColor(inks[kind - 1])
        ink.setAlphaF(float(certain[pair]))
        painter.setPen(QPen(ink, max(0.7, EDGE * paper.side)))
        painter.drawLines(side_by_side(QLineF(one, other), kind, apart))
