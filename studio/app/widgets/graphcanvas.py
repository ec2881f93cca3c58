"""A graph to be edited: a click on nothing adds a node, a drag or two clicks join two of them.

Without a mouse the arrows go from node to node, Enter takes hold of one and joins it with the next
one that is entered, Insert adds a node, Delete removes one, and M marks it.
"""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.icons import repaint_on_theme
from studio.app.kinds.graph_paint import Paper, paint_edges
from studio.app.state.graph_editing import GraphSheet
from studio.app.theme import font, theme
from studio.app.tokens import Tokens
from studio.app.widgets.graphplane import nearest_node

__all__ = ["GraphCanvas"]

DISC = 7.0  # the radius of a node in pixels
ON_EDGE = 5.0  # pixels around an edge in which it is clicked
STEP = 0.35  # from a node to one that a key adds, in units of places
KEYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class GraphCanvas(QWidget):
    """Signals:
    joined: two nodes are to be joined, or parted.
    added: a node is to stand at a place.
    removed: a node is to go.
    marked: a node is to be marked, or no longer.
    """

    joined = Signal(int, int)
    added = Signal(float, float)
    removed = Signal(int)
    marked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.sheet: GraphSheet | None = None
        self.at = -1  # the node of the keyboard
        self.held = -1  # the one that the next is joined with
        self._drag: QPointF | None = None
        self._reach = (1.0, 1.0)  # so far places go: the scale stays while one edits
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(240, 200))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Graph to be edited")
        repaint_on_theme(self)

    def show_sheet(self, sheet: GraphSheet | None, *, fit: bool = False) -> None:
        """Show a graph, or none; with ``fit`` all of it is brought into sight."""
        before = 0 if self.sheet is None else self.sheet.size
        self.sheet = sheet
        size = 0 if sheet is None else sheet.size
        if size != before:
            self.held = -1
        self.at = min(self.at, size - 1)
        if sheet is not None and fit:
            self._reach = tuple(np.abs(sheet.places).max(axis=0, initial=0.5).tolist())
        self.update()

    @property
    def paper(self) -> Paper:
        """How places are seen: as when all was last brought into sight."""
        inside = QRectF(self.rect()).adjusted(12, 12, -12, -12)
        return Paper(inside, np.array([self._reach]), filled=True)

    @property
    def points(self) -> list[QPointF]:
        """Where each node is on the widget."""
        return self.paper.points_of(self.sheet.places) if self.sheet is not None else []

    def place_of(self, at: QPointF) -> tuple[float, float]:
        """Return the place of a node that is painted at a point."""
        paper = self.paper
        away = (at - paper.rect.center()) / paper.scale
        return away.x(), -away.y()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, theme.colors())

    def paint_on(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint the graph with what is held, marked and pointed at."""
        sheet = self.sheet
        if sheet is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = self.points
        first, second = np.nonzero(np.triu(sheet.square, 1))
        painter.setPen(QPen(QColor(tokens.muted), 1.6))
        paint_edges(painter, points, first, second)
        if self.held >= 0 and self._drag is not None:
            painter.setPen(QPen(QColor(tokens.accent), 1.6, Qt.PenStyle.DashLine))
            painter.drawLine(points[self.held], self._drag)
        for node, point in enumerate(points):
            marked = bool(sheet.marked[node])
            painter.setPen(QPen(QColor(tokens.warm if marked else tokens.panel), 2))
            painter.setBrush(QColor(tokens.panel if marked else tokens.accent))
            if marked:  # colour is not the only sign
                side = 1.8 * DISC
                painter.drawRect(QRectF(point.x() - side / 2, point.y() - side / 2, side, side))
            else:
                painter.drawEllipse(point, DISC, DISC)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if 0 <= self.held < len(points):
            painter.setPen(QPen(QColor(tokens.text), 2))
            painter.drawEllipse(points[self.held], DISC + 4, DISC + 4)
        if self.hasFocus() and 0 <= self.at < len(points):
            painter.setPen(QPen(QColor(tokens.accent), 1.5, Qt.PenStyle.DotLine))
            painter.drawEllipse(points[self.at], DISC + 7, DISC + 7)
        if not points:
            painter.setFont(font(13))
            painter.setPen(QColor(tokens.muted))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), "Click to add a node")

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.sheet is None:
            return
        at = event.position()
        node = nearest_node(self.points, at)
        if event.button() == Qt.MouseButton.RightButton:
            if node >= 0:
                self.removed.emit(node)
            return
        if node < 0:
            self.held = -1
            edge = self._edge_at(at)
            if edge is not None:
                self.joined.emit(*edge)
            else:
                self.added.emit(*self.place_of(at))
            return
        self.at = node
        if self.held >= 0 and self.held != node:
            self._join(self.held, node)
        else:
            self.held, self._drag = (-1 if self.held == node else node), at
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.held >= 0 and self._drag is not None:
            self._drag = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged, self._drag = self._drag is not None, None
        node = nearest_node(self.points, event.position()) if self.sheet is not None else -1
        if dragged and self.held >= 0 and node >= 0 and node != self.held:
            self._join(self.held, node)
        elif node < 0:
            self.held = -1
        self.update()

    def _join(self, one: int, other: int) -> None:
        self.held, self._drag = -1, None
        self.joined.emit(one, other)

    def _edge_at(self, at: QPointF) -> tuple[int, int] | None:
        """Return the edge at a point."""
        assert self.sheet is not None
        points = self.points
        best, found = ON_EDGE, None
        for one, other in np.argwhere(np.triu(self.sheet.square, 1)).tolist():
            start, way = points[one], points[other] - points[one]
            along = QPointF.dotProduct(at - start, way) / max(1e-9, QPointF.dotProduct(way, way))
            away = at - (start + way * min(1.0, max(0.0, along)))
            if (far := math.hypot(away.x(), away.y())) < best:
                best, found = far, (one, other)
        return found

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, sheet = Qt.Key(event.key()), self.sheet
        some = sheet is not None and 0 <= self.at < sheet.size
        if sheet is not None and key in KEYS:
            self._go(*KEYS[key])
        elif some and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._hold()
        elif sheet is not None and key == Qt.Key.Key_Insert:
            x, y = sheet.places[self.at].tolist() if some else (0.0, 0.0)
            self.added.emit(x + STEP, y + STEP)
        elif some and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(self.at)
        elif some and key == Qt.Key.Key_M:
            self.marked.emit(self.at)
        elif key == Qt.Key.Key_Escape and self.held >= 0:
            self.held = -1
            self.update()
        else:
            super().keyPressEvent(event)

    def _hold(self) -> None:
        """Take hold of a node, or join it with the one that is held."""
        if self.held >= 0 and self.held != self.at:
            self._join(self.held, self.at)
        else:
            self.held = -1 if self.held == self.at else self.at
        self.update()

    def _go(self, right: float, up: float) -> None:
        """Go to the nearest node in a direction."""
        assert self.sheet is not None
        places = self.sheet.places
        if not 0 <= self.at < len(places):
            self.at = 0 if len(places) else -1
        else:
            away = places - places[self.at]
            along, across = away @ [right, up], np.abs(away @ [up, right])
            ahead = np.flatnonzero(along > np.maximum(1e-9, 0.5 * across))
            if len(ahead):
                self.at = int(ahead[np.argmin(along[ahead] + 2.0 * across[ahead])])
        self.update()
