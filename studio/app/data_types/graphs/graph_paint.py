"""One graph, painted: discs where nodes are placed, lines as clear as edges are certain."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.data_types.graphs.graph_rows import GraphRows, ends, finite
from pushforward.studio.app.data_types.graphs.node_canvas import Paper
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.formats.graphs.drawing import SHIFTS
from pushforward.studio.protocol.extras import PLACES

__all__ = [
    "DISC",
    "FAINTEST",
    "HALF",
    "WHY",
    "mark_place",
    "paint_edges",
    "paint_graph",
    "paint_mark",
    "paint_plain",
    "side_by_side",
]

NODE = 0.022  # the radius of a node, of the side of a tile
EDGE = 0.008
DISC = 7.0  # the radius of a node that is edited, in pixels
SHADES = 8
FAINTEST = 0.06  # edges less certain are not drawn
MARKED = 44  # pixels of a tile from which on it has a mark
MARK = 4  # pixels: half of the mark
CROSS = (((-0.8, -0.8), (0.8, 0.8)), ((-0.8, 0.8), (0.8, -0.8)))
TICK = (((-1.0, 0.0), (-0.3, 0.8), (1.0, -0.8)),)
HALF = "half"
"""The array that says which nodes of each graph, (n, N), are of its second community."""
WHY = "why"
"""The array that says what is wrong with each graph, "" where nothing is."""


def paint_graph(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    """Paint a graph x (L,) with "places" (N, 2), and a mark where it is known if it is "why". Where
    it has a "half" (N,), its nodes are squares, and edges between both halves are brighter.
    """
    rows = GraphRows(finite(datum["x"])[None], len(datum[PLACES]))
    count = int(rows.size[0])
    paper = Paper(rect, np.asarray(datum[PLACES], np.float64)[:count])
    points = paper.points
    painter.save()
    painter.setClipRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink = QColor(palette.muted)
    first, second = ends(rows.nodes)
    certain = rows.certain[0]
    seen = np.flatnonzero(certain >= FAINTEST)
    shade = np.ceil(certain[seen] * SHADES)
    for level in sorted(set(shade.tolist())):
        ink.setAlphaF(level / SHADES)
        painter.setPen(QPen(ink, max(0.6, EDGE * paper.side)))
        drawn = seen[shade == level]
        paint_edges(painter, points, first[drawn], second[drawn])
    # A point with a round pen is a disc, one with a square pen a square; all are painted at once.
    size, line = 2.0 * paper.radius(NODE, 1.2), Qt.PenStyle.SolidLine
    discs, squares = points, list[QPointF]()
    if HALF in datum:
        half = np.asarray(datum[HALF], bool)[:count]
        between = np.flatnonzero((certain >= 0.5) & (second < count))
        between = between[half[first[between]] != half[second[between]]]
        painter.setPen(QPen(QColor(palette.text), max(0.8, 1.4 * EDGE * paper.side)))
        paint_edges(painter, points, first[between], second[between])
        discs, squares = ([points[i] for i in np.flatnonzero(part)] for part in (~half, half))
    painter.setPen(QPen(QColor(palette.accent), size, line, Qt.PenCapStyle.RoundCap))
    painter.drawPoints(discs)
    if squares:
        painter.setPen(QPen(QColor(palette.warm), size, line, Qt.PenCapStyle.SquareCap))
        painter.drawPoints(squares)
    if WHY in datum:
        paint_mark(painter, rect, palette, wrong=bool(str(datum[WHY])))
    painter.restore()


def paint_plain(
    painter: QPainter, paper: Paper, points: list[QPointF], datum: Arrays, palette: Tokens
) -> None:
    """Paint the likely edges of a graph, its row x (1, L), and its nodes, large enough to hit."""
    square = GraphRows.of(datum).adjacency[0]
    painter.setPen(QPen(QColor(palette.muted), 1.6))
    first, second = np.nonzero(np.triu(square, 1))
    paint_edges(painter, points, first, second)
    painter.setPen(QPen(QColor(palette.panel), 2))
    painter.setBrush(QColor(palette.accent))
    for point in points:
        painter.drawEllipse(point, DISC, DISC)


def paint_edges(
    painter: QPainter,
    points: list[QPointF],
    first: NDArray[Any],
    second: NDArray[Any],
    kinds: NDArray[Any] | None = None,
    apart: float = 0.0,
) -> None:
    """Paint lines between nodes: one each, or as many as the edge type, ``apart`` pixels apart."""
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    lines = [QLineF(points[i], points[j]) for i, j in pairs]
    if kinds is not None:
        numbers = zip(lines, kinds.tolist(), strict=True)
        lines = [each for line, kind in numbers for each in side_by_side(line, kind, apart)]
    painter.drawLines(lines)


def side_by_side(line: QLineF, many: int, apart: float) -> list[QLineF]:
    """Return ``many`` parallel lines around one."""
    aside = QPointF(-line.dy(), line.dx()) * (apart / max(1e-9, line.length()))
    return [line.translated(aside * shift) for shift in SHIFTS[many]]


def mark_place(rect: QRectF) -> QPointF | None:
    """Return the middle of the mark of a tile, None where it has no room for one."""
    if min(rect.width(), rect.height()) < MARKED:
        return None
    return QPointF(rect.right() - MARK - 4, rect.top() + MARK + 4)


def paint_mark(painter: QPainter, rect: QRectF, palette: Tokens, *, wrong: bool) -> None:
    """Paint a tick or a cross into the upper right corner of a tile that has room for it."""
    if (place := mark_place(rect)) is None:
        return
    middle = np.array([place.x(), place.y()])
    shapes = CROSS if wrong else TICK
    painter.setPen(QPen(QColor(palette.warm if wrong else palette.good), 1.5))
    for shape in shapes:
        painter.drawPolyline([QPointF(*p) for p in (middle + MARK * np.array(shape)).tolist()])
