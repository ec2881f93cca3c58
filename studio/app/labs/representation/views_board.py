"""Pictures of the views of an anchor: neighbours by σ, and the pairs that the loss compares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from pushforward.studio.app.core.data_type import Tiles
from pushforward.studio.app.design.literal_text import tip_text
from pushforward.studio.app.design.theme import colors, font, theme
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.text import number_format

__all__ = ["NeighbourBoard", "Neighbours", "PairMatrix", "Pairs"]

Numbers = NDArray[np.float64]
GAP, HEAD, FOOT = 6, 20, 22
LARGEST = 120  # pixels of a tile
NARROW = 34


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Neighbours of one anchor.

    Attributes:
        tiles: column by column.
        sigmas: (s,) ascending, of the columns.
        chosen: which column has the chosen σ.
        classes: (s, rows) predicted classes, None where the data have none.
        own: predicted class of the anchor.
        changed: (s,) share of views of another class, None where the data have none.
        names: of the classes.
    """

    tiles: Tiles
    sigmas: Numbers
    chosen: int
    rows: int
    classes: NDArray[np.int64] | None = None
    own: int = -1
    changed: Numbers | None = None
    names: Sequence[str] = ()

    def is_changed(self, column: int, row: int) -> bool:
        """Return whether a view has another class than the anchor."""
        return self.classes is not None and int(self.classes[column, row]) != self.own


class NeighbourBoard(QWidget):
    """Columns of neighbours at growing σ; a click chooses a column.

    Signals:
        chosen: the σ of the column that was clicked.
    """

    chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._shown: Neighbours | None = None
        self.setAccessibleName("Neighbours by view noise σ")
        self.setMinimumHeight(HEAD + FOOT + 4 * (NARROW + GAP))
        self.setMinimumWidth(8 * (NARROW + GAP))
        theme.changed.connect(self.update)

    def show_neighbours(self, shown: Neighbours | None) -> None:
        """Show other neighbours, None for none."""
        self._shown = shown
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(8 * (LARGEST + GAP), HEAD + FOOT + 4 * (LARGEST + GAP))

    def _side(self, shown: Neighbours) -> float:
        across = (self.width() - GAP) / len(shown.sigmas) - GAP
        down = (self.height() - HEAD - FOOT) / shown.rows - GAP
        return max(8.0, min(across, down, LARGEST))

    def _column_at(self, at: QPointF) -> int:
        shown = self._shown
        if shown is None:
            return -1
        column = int((at.x() - GAP / 2) // (self._side(shown) + GAP))
        return column if 0 <= column < len(shown.sigmas) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        column = self._column_at(event.position())
        if self._shown is not None and column >= 0:
            self.chosen.emit(float(self._shown.sigmas[column]))

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent) and self._shown is not None:
            column = self._column_at(QPointF(event.pos()))
            text = self._tip(self._shown, column) if column >= 0 else ""
            QToolTip.showText(event.globalPos(), tip_text(text), self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def _tip(self, shown: Neighbours, column: int) -> str:
        sigma = number_format.figure(float(shown.sigmas[column]))
        if shown.changed is None:
            return f"σ = {sigma}"
        share = number_format.percent(float(shown.changed[column]))
        return f"σ = {sigma}: {share} of the neighbours have another class"

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._shown
        if shown is None:
            return
        tokens, side = colors(), self._side(shown)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            for column, sigma in enumerate(shown.sigmas):
                left = GAP + column * (side + GAP)
                if column == shown.chosen:
                    self._paint_choice(painter, left, side, shown.rows, tokens)
                painter.setPen(QColor(tokens.text if column == shown.chosen else tokens.muted))
                head = QRectF(left - GAP / 2, 0, side + GAP, HEAD)
                said = number_format.figure(float(sigma))
                painter.drawText(head, Qt.AlignmentFlag.AlignCenter, said)
                for row in range(shown.rows):
                    top = HEAD + row * (side + GAP)
                    rect = QRectF(left, top, side, side)
                    shown.tiles.paint(painter, rect, column * shown.rows + row, tokens)
                    if shown.is_changed(column, row):
                        self._paint_change(painter, rect, shown, column, row, tokens)
                if shown.changed is not None:
                    foot = QRectF(
                        left - GAP, HEAD + shown.rows * (side + GAP) - 2, side + 2 * GAP, FOOT
                    )
                    painter.setPen(QColor(tokens.muted))
                    share = number_format.percent(float(shown.changed[column]))
                    painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, share)

    def _paint_choice(
        self, painter: QPainter, left: float, side: float, rows: int, tokens: Tokens
    ) -> None:
        box = QRectF(left - GAP / 2, 1, side + GAP, HEAD + rows * (side + GAP) + FOOT - 4)
        shade = QColor(tokens.accent)
        painter.setPen(QPen(shade, 1.5))
        shade.setAlphaF(0.15)
        painter.setBrush(shade)
        painter.drawRoundedRect(box, 5, 5)

    def _paint_change(
        self, painter: QPainter, rect: QRectF, shown: Neighbours, column: int, row: int,
        tokens: Tokens,
    ) -> None:  # fmt: skip
        painter.setPen(QPen(QColor(tokens.warm), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 3, 3)
        if shown.classes is None or rect.width() < NARROW:
            return
        label = int(shown.classes[column, row])
        name = shown.names[label] if label < len(shown.names) else str(label)
        painter.setFont(font(10))
        wide = min(painter.fontMetrics().horizontalAdvance(name) + 8, int(rect.width()) - 4)
        flag = QRectF(rect.right() - wide - 2, rect.bottom() - 16, wide, 14)
        painter.fillRect(flag, QColor(tokens.background))
        painter.setPen(QColor(tokens.warm))
        room = Qt.TextElideMode.ElideRight
        shown_name = painter.fontMetrics().elidedText(name, room, wide)
        painter.drawText(flag, Qt.AlignmentFlag.AlignCenter, shown_name)
        painter.setFont(font(11))


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of a batch.

    Attributes:
        tiles: the first views of all anchors, then the second ones.
        similarity: (k, k) cosine similarities of first and second views.
        classes: (k,) predicted classes, None where the data have none.
    """

    tiles: Tiles
    similarity: Numbers
    classes: NDArray[np.int64] | None = None

    def is_false_negative(self, row: int, column: int) -> bool:
        """Return whether two views are pushed apart though they have one class."""
        classes = self.classes
        return row != column and classes is not None and classes[row] == classes[column]


class PairMatrix(QWidget):
    """Similarities of first views (rows) and second views (columns): the diagonal are positives."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Pairs | None = None
        self.setAccessibleName("Similarity of views in a batch")
        self.setMinimumSize(QSize(210, 210))
        theme.changed.connect(self.update)

    def show_pairs(self, shown: Pairs | None) -> None:
        """Show other pairs, None for none."""
        self._shown = shown
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 260)

    def _side(self, shown: Pairs) -> float:
        return min(self.width(), self.height()) / (len(shown.similarity) + 1) - 3

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent) and self._shown is not None:
            side = self._side(self._shown) + 3
            row, column = (int(place // side) - 1 for place in (event.pos().y(), event.pos().x()))
            k = len(self._shown.similarity)
            inside = 0 <= row < k and 0 <= column < k
            text = self._tip(self._shown, row, column) if inside else ""
            QToolTip.showText(event.globalPos(), tip_text(text), self)
            return True
        return super().event(event)  # type: ignore[arg-type]

    def _tip(self, shown: Pairs, row: int, column: int) -> str:
        what = "Positive" if row == column else "Negative"
        if shown.is_false_negative(row, column):
            what = "Negative of the same class"
        return f"{what}: cosine similarity {shown.similarity[row, column]:.2f}"

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._shown
        if shown is None:
            return
        tokens, side, k = colors(), self._side(shown), len(shown.similarity)
        step = side + 3
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for i in range(k):
                shown.tiles.paint(painter, QRectF(0, (i + 1) * step, side, side), i, tokens)
                shown.tiles.paint(painter, QRectF((i + 1) * step, 0, side, side), k + i, tokens)
                for j in range(k):
                    rect = QRectF((j + 1) * step, (i + 1) * step, side, side)
                    self._paint_cell(painter, rect, shown, i, j, tokens)

    def _paint_cell(
        self, painter: QPainter, rect: QRectF, shown: Pairs, row: int, column: int, tokens: Tokens
    ) -> None:
        shade = QColor(tokens.accent if row == column else tokens.text)
        strength = max(0.0, float(shown.similarity[row, column]))
        shade.setAlphaF(0.08 + (0.85 if row == column else 0.5) * strength)
        false = shown.is_false_negative(row, column)
        painter.setPen(QPen(QColor(tokens.warm), 2) if false else Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 2, 2)
