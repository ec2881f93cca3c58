"""One graph, large, with node numbers: edges that remain, vanish or are predicted."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.graphs.graph_flow import GraphWay, Pairs
from pushforward.studio.app.data_types.graphs.graph_paint import paint_edges
from pushforward.studio.app.data_types.graphs.graph_rows import Numbers, ends
from pushforward.studio.app.data_types.graphs.labelled_paint import paint_node
from pushforward.studio.app.data_types.graphs.node_canvas import Paper
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["GraphPlane", "nearest_node"]

DISC = 0.014  # the radius of a node, of the side of the plane
LETTERED = 0.03  # that of one with letters in it
WRONG = 1.5  # the ring of one with too many edges, of its radius
MARK = 1.5  # the shape of a node with a label, of its radius: there is room for a number in it
APART = 0.011  # how far lines of one edge are from each other, of the same
NEAR = 14.0  # pixels around a node in which it is pointed at
LEAST = 0.15  # how clear the least certain edge is that is drawn
NUMBERED = 180  # pixels of a side from which on nodes have their numbers


DIRECTIONS = 24
OUTWARD = 0.15  # of the distance: of directions as clear as each other the outer one is taken


def clear_places(
    points: NDArray[np.float64], first: NDArray[np.int64], second: NDArray[np.int64], away: float
) -> NDArray[np.float64]:
    """Return a place (n, 2) for the number of each of the nodes at ``points`` (n, 2), ``away`` from
    its middle in that direction in which the nearest of the edges, from ``first`` (m,) to
    ``second``, and of the other nodes is farthest.
    """
    angles = 2.0 * math.pi * np.arange(DIRECTIONS) / DIRECTIONS
    round_ = away * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    middle = points.mean(axis=0) if len(points) else np.zeros(2)
    begin, along = points[first], points[second] - points[first]
    squared = np.maximum((along**2).sum(axis=1), 1e-9)
    found = np.empty_like(points)
    for node, point in enumerate(points):
        tried = point + round_
        clear = np.full(DIRECTIONS, 2.0 * away)  # what is farther is in nobody's way
        if len(begin):
            rest = tried[:, None] - begin
            share = ((rest * along).sum(axis=2) / squared).clip(0.0, 1.0)
            apart = np.linalg.norm(rest - share[..., None] * along, axis=2)
            clear = np.minimum(clear, apart.min(axis=1))
        if len(points) > 1:
            others = np.delete(points, node, axis=0)
            apart = np.linalg.norm(tried[:, None] - others, axis=2)
            clear = np.minimum(clear, apart.min(axis=1))
        out = (tried - middle) @ (point - middle)
        clear += OUTWARD * away * out / max(1e-9, float(np.abs(out).max()))
        found[node] = tried[int(clear.argmax())]
    return found


def nearest_node(points: list[QPointF], at: QPointF) -> int:
    """Return the node at a point, -1 for none."""
    away = [math.hypot(p.x() - at.x(), p.y() - at.y()) for p in points]
    best = int(np.argmin(away)) if away else -1
    return best if best >= 0 and away[best] <= NEAR else -1


class GraphPlane(QWidget):
    """Signals:
    hovered: the node under the mouse, -1 for none.
    """

    hovered = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.way: GraphWay | None = None
        self.flow = 1.0
        self.names: Numbers = np.empty(0, np.int64)  # the number of each node, as in the matrix
        self.under = -1
        self._cleared: tuple[object, list[QPointF]] = (None, [])  # of what, and where numbers stand
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(200, 160))
        self.setMouseTracking(True)
        self.setAccessibleName("Denoising sequence of one graph")
        repaint_on_theme(self)

    def show_way(self, way: GraphWay | None, names: Numbers) -> None:
        """Show another graph, whose nodes have these numbers (n,), or none."""
        self.way, self.names, self.under = way, names, -1
        self.update()

    def set_flow(self, t: float) -> None:
        """Show it at another flow time."""
        self.flow = t
        self.update()

    def light(self, node: int) -> None:
        """Ring a node, -1 for none."""
        self.under = node
        self.update()

    @property
    def paper(self) -> Paper | None:
        """Where its nodes are."""
        if self.way is None:
            return None
        return Paper(QRectF(self.rect()).adjusted(12, 12, -12, -12), self.way.places, filled=True)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, theme.colors())

    def paint_on(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint the graph at its moment."""
        paper, way = self.paper, self.way
        if paper is None or way is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = paper.points
        self._paint_pairs(painter, points, way.at(self.flow), max(2.6, APART * paper.side), tokens)
        lettered = way.seen.letters is not None
        radius = max(3.0, (LETTERED if lettered else DISC) * paper.side)
        self._paint_nodes(painter, points, way, radius, tokens)
        self._paint_letters(painter, points, way, radius, tokens)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if 0 <= self.under < len(points):
            painter.setPen(QPen(QColor(tokens.text), 1.5))
            painter.drawEllipse(points[self.under], radius + 4, radius + 4)
        if paper.side >= NUMBERED:
            away = radius * (MARK if way.seen.marks is not None else 1.0)
            self._number(painter, points, away, tokens)

    def _paint_nodes(
        self, painter: QPainter, points: list[QPointF], way: GraphWay, radius: float, tokens: Tokens
    ) -> None:
        marks, there = way.marks_at(self.flow), way.present(self.flow).tolist()
        inks, wrong = way.inks_at(self.flow), way.wrong_at(self.flow)
        for node, point in enumerate(points):
            if marks is not None and there[node] and marks[node] >= 0:
                paint_node(painter, point, MARK * radius, marks[node], tokens)
                continue
            known = there[node] and marks is None
            painter.setPen(QPen(QColor(tokens.panel if known else tokens.line), 1.5))
            own = getattr(tokens, inks[node] or "accent")
            painter.setBrush(QColor(own if known else tokens.panel))
            painter.drawEllipse(point, radius, radius)
            if known and wrong[node]:
                painter.setPen(QPen(QColor(tokens.danger), 1.4, Qt.PenStyle.DotLine))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(point, WRONG * radius, WRONG * radius)

    def _paint_pairs(
        self, painter: QPainter, points: list[QPointF], pairs: Pairs, apart: float, tokens: Tokens
    ) -> None:
        assert self.way is not None
        first, second = ends(self.way.graphs.nodes)
        # Behind what stays; and what is only foreseen is dashed, as colour alone is no sign.
        clear = LEAST + (1.0 - LEAST) * (2.0 * pairs.now - 1.0).clip(0.0, 1.0)
        solid, dashed = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
        looks = (
            (pairs.leaving, pairs.kinds, tokens.warm, 1.0, solid, clear),
            (pairs.coming, pairs.foreseen_kinds, tokens.accent, 1.2, dashed, pairs.foreseen),
            (pairs.here & pairs.last, pairs.kinds, tokens.text, 1.6, solid, clear),
        )
        for chosen, kinds, shade, wide, line, strength in looks:
            ink = QColor(shade)
            steps = np.ceil(8 * strength) / 8
            for step in np.unique(steps[chosen]).tolist():
                ink.setAlphaF(min(1.0, step))
                painter.setPen(QPen(ink, wide, line))
                some = np.flatnonzero(chosen & (steps == step))
                paint_edges(painter, points, first[some], second[some], kinds[some], apart)

    def _paint_letters(
        self, painter: QPainter, points: list[QPointF], way: GraphWay, radius: float, tokens: Tokens
    ) -> None:
        """Write the types of nodes into them, likeliest as they are now."""
        painter.setFont(font(round(1.2 * radius)))
        marks = way.marks_at(self.flow) or [0] * len(points)
        for point, letters, mark in zip(points, way.letters_at(self.flow), marks, strict=True):
            painter.setPen(QColor(tokens.on_accent if mark >= 0 else tokens.muted))
            box = QRectF(point.x() - 2 * radius, point.y() - radius, 4 * radius, 2 * radius)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), letters)

    def _number(
        self, painter: QPainter, points: list[QPointF], radius: float, tokens: Tokens
    ) -> None:
        """Label each node with its number, away from final edges."""
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.muted))
        for at, name in zip(self._clear(points, radius + 9), self.names.tolist(), strict=False):
            box = QRectF(at.x() - 12, at.y() - 8, 24, 16)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), str(name + 1))

    def _clear(self, points: list[QPointF], away: float) -> list[QPointF]:
        """Return where the numbers stand: the same at all moments, or they would jump."""
        assert self.way is not None
        asked = (self.way, self.size(), away)
        if self._cleared[0] != asked:
            first, second = ends(self.way.graphs.nodes)
            joined = np.flatnonzero(self.way.at(1.0).last)
            at = np.array([[point.x(), point.y()] for point in points]).reshape(-1, 2)
            inside = joined[(first[joined] < len(at)) & (second[joined] < len(at))]
            places = clear_places(at, first[inside], second[inside], away)
            self._cleared = (asked, [QPointF(x, y) for x, y in places.tolist()])
        return self._cleared[1]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        paper = self.paper
        self._point(nearest_node(paper.points, event.position()) if paper else -1)

    def leaveEvent(self, event: QEvent) -> None:
        self._point(-1)

    def _point(self, node: int) -> None:
        if node != self.under:
            self.under = node
            self.update()
            self.hovered.emit(node)
