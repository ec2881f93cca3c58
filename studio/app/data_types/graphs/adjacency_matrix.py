"""The adjacency matrix of a graph along the flow: current below the diagonal, expected above it, or
final if the model has no expectation.
"""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.graphs.graph_flow import GraphWay, Pairs
from pushforward.studio.app.data_types.graphs.graph_rows import Floats, Numbers
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["AdjacencyPlot"]

LEFT, EDGE = 24, 4  # pixels for the numbers of rows, and around
NUMBERED = 11  # pixels of a cell from which on each row has its number


class AdjacencyPlot(QWidget):
    """Signals:
    hovered: row and column under the mouse, as nodes of the graph; -1 twice for none.
    """

    hovered = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.way: GraphWay | None = None
        self.flow = 1.0
        self.order: Numbers = np.empty(0, np.int64)
        self.under = (-1, -1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(160, 160))
        self.setMouseTracking(True)
        self.setAccessibleName("Adjacency matrix")
        repaint_on_theme(self)

    def show_way(self, way: GraphWay | None, order: Numbers) -> None:
        """Show another graph, with its nodes (n,) in an order, or none."""
        self.way, self.order, self.under = way, order, (-1, -1)
        self.update()

    def set_flow(self, t: float) -> None:
        """Show it at another flow time."""
        self.flow = t
        self.update()

    def light(self, first: int, second: int = -1) -> None:
        """Mark the row and the column of a node, -1 for none, and the cell of a pair."""
        self.under = first, second
        self.update()

    @property
    def box(self) -> QRectF:
        """Where the matrix is: a square at the top left."""
        side = max(1, min(self.width() - LEFT - EDGE, self.height() - 2 * EDGE))
        return QRectF(LEFT, EDGE, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_on(painter, theme.colors())

    def paint_on(self, painter: QPainter, tokens: Tokens) -> None:
        """Paint the matrix at its moment."""
        way, box, n = self.way, self.box, len(self.order)
        if way is None or not n:
            return
        cell = box.width() / n
        painter.fillRect(box, QColor(tokens.panel))
        pairs = way.at(self.flow)
        for (row, column), shade in self._inks(pairs, tokens).items():
            at = QRectF(box.left() + column * cell, box.top() + row * cell, cell, cell)
            painter.fillRect(at.adjusted(0.5, 0.5, -0.5, -0.5), shade)
        if way.typed and cell >= NUMBERED:
            self._write_kinds(painter, pairs, cell, tokens)
        self._outline(painter, pairs, cell, tokens)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)
        painter.drawLine(box.topLeft(), box.bottomRight())
        self._number(painter, cell, tokens)
        self._light(painter, cell, tokens)

    def _squares(self, values: Floats) -> Floats:
        """Return values of pairs (P,) as a matrix in the order of the nodes, (n, n)."""
        assert self.way is not None
        square = self.way.graphs.square(values[None])[0]
        found: Floats = square[self.order][:, self.order]
        return found

    def _inks(self, pairs: Pairs, tokens: Tokens) -> dict[tuple[int, int], QColor]:
        """Return the colours of the cells that are not empty."""
        n = len(self.order)
        assert self.way is not None
        then = pairs.last.astype(np.float64) if self.way.expected is None else pairs.foreseen
        below, above = np.tri(n, k=-1, dtype=bool), np.tri(n, k=-1, dtype=bool).T
        found: dict[tuple[int, int], QColor] = {}
        sides = (
            (self._squares(pairs.now) * below, tokens.text),
            (self._squares(then) * above, tokens.accent),
        )
        for values, shade in sides:
            for row, column in np.argwhere(values > 0.02).tolist():
                ink = QColor(shade)
                ink.setAlphaF(0.9 * float(values[row, column]))
                found[row, column] = ink
        return found

    def _write_kinds(self, painter: QPainter, pairs: Pairs, cell: float, tokens: Tokens) -> None:
        """Write the types of edges into their cells, of all but the first."""
        painter.setFont(font(max(8, min(12, round(0.6 * cell)))))
        painter.setPen(QColor(tokens.panel))
        sides = (
            (np.tril, pairs.now, pairs.kinds),
            (np.triu, pairs.foreseen, pairs.foreseen_kinds),
        )
        for side, certain, kinds in sides:
            numbers = side(self._squares(np.where(certain >= 0.5, kinds, 0.0)))
            for row, column in np.argwhere(numbers > 1).tolist():
                box = QRectF(
                    self.box.left() + column * cell, self.box.top() + row * cell, cell, cell
                )
                said = str(int(numbers[row, column]))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), said)

    def _outline(self, painter: QPainter, pairs: Pairs, cell: float, tokens: Tokens) -> None:
        """Outline the edges that will go."""
        leaving = np.tril(self._squares(pairs.leaving.astype(np.float64)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.warm), 1.2))
        for row, column in np.argwhere(leaving > 0).tolist():
            at = QPointF(self.box.left() + column * cell, self.box.top() + row * cell)
            painter.drawRect(QRectF(at, at + QPointF(cell, cell)).adjusted(1.5, 1.5, -1.5, -1.5))

    def _number(self, painter: QPainter, cell: float, tokens: Tokens) -> None:
        """Write the numbers of the rows, as many as there is room for."""
        painter.setFont(font(10))
        painter.setPen(QColor(tokens.muted))
        step = max(1, int(np.ceil(NUMBERED / cell)))
        for row in range(0, len(self.order), step):
            at = QRectF(0, self.box.top() + row * cell - 4, LEFT - 4, cell + 8)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(at, int(right), str(row + 1))

    def _light(self, painter: QPainter, cell: float, tokens: Tokens) -> None:
        """Outline the rows and columns of what is pointed at."""
        painter.setPen(QPen(QColor(tokens.accent), 1.2))
        box, places = self.box, {node: row for row, node in enumerate(self.order.tolist())}
        row, column = (places.get(node, -1) for node in self.under)
        if row >= 0:
            painter.drawRect(QRectF(box.left(), box.top() + row * cell, box.width(), cell))
        column = column if column >= 0 else row
        if column >= 0:
            painter.drawRect(QRectF(box.left() + column * cell, box.top(), cell, box.height()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, box, n = event.position(), self.box, len(self.order)
        if n and box.contains(at):
            cell = box.width() / n
            row = min(n - 1, int((at.y() - box.top()) / cell))
            column = min(n - 1, int((at.x() - box.left()) / cell))
            self._point(int(self.order[row]), int(self.order[column]))
        else:
            self._point(-1, -1)

    def leaveEvent(self, event: QEvent) -> None:
        self._point(-1, -1)

    def _point(self, row: int, column: int) -> None:
        if (row, column) != self.under:
            self.light(row, column)
            self.hovered.emit(row, column)
