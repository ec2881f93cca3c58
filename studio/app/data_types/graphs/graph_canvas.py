"""A graph to be edited: a click on nothing adds a node, a drag or two clicks join two of them.

Where nodes have types, a double click gives a node the type that is chosen. Without a mouse the
arrows go from node to node, Enter takes hold of one and joins it with the next one that is entered,
Insert adds a node, Delete removes one, M marks it, and 1 to 9 are types.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.graphs.graph_edit_spec import PaintRow
from pushforward.studio.app.data_types.graphs.graph_edits import Cut, GraphSheet
from pushforward.studio.app.data_types.graphs.graph_paint import DISC, paint_plain
from pushforward.studio.app.data_types.graphs.graph_plane import nearest_node
from pushforward.studio.app.data_types.graphs.node_canvas import Paper
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["GraphCanvas"]

ON_EDGE = 5.0  # pixels around an edge in which it is clicked
MARKED = 0.4  # how clear the squares below marked nodes are
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
    chosen: a node is to be of the type that is chosen.
    typed: a node is to be of a type.
    """

    joined = Signal(int, int)
    added = Signal(float, float)
    removed = Signal(int)
    marked = Signal(int)
    chosen = Signal(int)
    typed = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.sheet: GraphSheet | None = None
        self.at = -1  # the node of the keyboard
        self.held = -1  # the one that the next is joined with
        self.over = -1  # the one under the mouse
        self._drag: QPointF | None = None
        self._paint: PaintRow = paint_plain
        self._cut: Cut | None = None
        self._reach = (1.0, 1.0)  # so far places go: the scale stays while one edits
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(240, 200))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Graph editor")
        repaint_on_theme(self)

    def dress(self, paint: PaintRow, cut: Cut) -> None:
        """Set the painter and the type counts of graphs."""
        self._paint, self._cut = paint, cut
        self.update()

    def show_sheet(self, sheet: GraphSheet | None, *, fit: bool = False) -> None:
        """Show a graph, or none; with ``fit`` all of it is brought into sight."""
        before = 0 if self.sheet is None else self.sheet.size
        self.sheet = sheet
        size = 0 if sheet is None else sheet.size
        if size != before:
            self.held = -1
        self.at, self.over = min(self.at, size - 1), min(self.over, size - 1)
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
        cut = self._cut or Cut(max(2, sheet.size))
        self._paint_marks(painter, sheet.marked, points, tokens)
        self._paint(painter, self.paper, points, {"x": sheet.row(cut)[None]}, tokens)
        if self.held >= 0 and self._drag is not None:
            painter.setPen(QPen(QColor(tokens.accent), 1.6, Qt.PenStyle.DashLine))
            painter.drawLine(points[self.held], self._drag)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if 0 <= self.over < len(points):
            painter.setPen(QPen(QColor(tokens.muted), 1))
            painter.drawEllipse(points[self.over], DISC + 4, DISC + 4)
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

    def _paint_marks(
        self, painter: QPainter, marked: NDArray[np.bool_], points: list[QPointF], tokens: Tokens
    ) -> None:
        """Paint a square below each marked node; a frame would hide its label."""
        painter.save()
        ink = QColor(tokens.warm)
        ink.setAlphaF(MARKED)
        painter.setBrush(ink)
        painter.setPen(Qt.PenStyle.NoPen)
        side = 2.0 * DISC + 14.0
        for node in np.flatnonzero(marked).tolist():
            middle = points[node]
            painter.drawRect(QRectF(middle.x() - side / 2, middle.y() - side / 2, side, side))
        painter.restore()

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
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if node < 0 and shift:
            return  # somebody meant to mark a node, and missed it
        if node < 0:
            self.held = -1
            edge = self._edge_at(at)
            if edge is not None:
                self.joined.emit(*edge)
            else:
                self.added.emit(*self.place_of(at))
            return
        self.at = node
        if shift:
            self.held = -1
            self.marked.emit(node)
        elif self.held >= 0 and self.held != node:
            self._join(self.held, node)
        else:
            self.held, self._drag = (-1 if self.held == node else node), at
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        node = nearest_node(self.points, event.position()) if self.sheet is not None else -1
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if node >= 0 and self._types and not shift:
            self.held = -1
            self.chosen.emit(node)
            self.update()
        else:
            self.mousePressEvent(event)

    @property
    def _types(self) -> int:
        """Of how many types nodes may be, 0 where they have none."""
        return 0 if self._cut is None else self._cut.node_types

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        under = nearest_node(self.points, event.position()) if self.sheet is not None else -1
        if under != self.over:
            self.over = under
            self.update()
        if self.held >= 0 and self._drag is not None:
            self._drag = event.position()
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.over = -1
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
        elif some and 0 <= (kind := int(key) - int(Qt.Key.Key_1)) < min(9, self._types):
            self.typed.emit(self.at, kind)
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
