"""The long tail: how often items are taken, by rank, and where recommended ones are."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.interactions.catalogue import Catalogue
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme

__all__ = ["LongTailPlot"]

LEFT, BELOW, ABOVE = 44, 30, 18
DOTS = 5000


class LongTailPlot(QWidget):
    """Interactions against popularity rank, both logarithmic, with the history and the list."""

    def __init__(self) -> None:
        super().__init__()
        self._catalogue: Catalogue | None = None
        self._history: Sequence[int] = ()
        self._next: Sequence[int] = ()
        self._counts: NDArray[np.int64] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(200, 140))
        self.setAccessibleName("Long tail")
        repaint_on_theme(self)

    def show_items(
        self, catalogue: Catalogue, history: Sequence[int], following: Sequence[int]
    ) -> None:
        """Show where the items of a history and the recommended ones are."""
        self._catalogue, self._history, self._next = catalogue, history, following
        ranks = [
            float(np.median(catalogue.rank[[i - 1 for i in items if 0 < i <= len(catalogue)]]))
            for items in (history, following)
            if len(items)
        ]
        words = ("Median popularity rank of the history", "of the list")
        self.setAccessibleDescription(
            ", ".join(f"{w} {r:,.0f}" for w, r in zip(words, ranks, strict=False))
        )
        self.update()

    def show_counts(self, catalogue: Catalogue, counts: NDArray[np.int64]) -> None:
        """Show in how many lists each item is, (V,)."""
        self._catalogue, self._counts = catalogue, counts
        self.setAccessibleDescription(f"{int((counts > 0).sum()):,} items are recommended")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        catalogue = self._catalogue
        if catalogue is None or not len(catalogue):
            return
        tokens = theme.colors()
        area = QRectF(LEFT, ABOVE, self.width() - LEFT - 8, self.height() - ABOVE - BELOW)
        taken = np.sort(catalogue.taken)[::-1]
        ranks = np.unique(np.geomspace(1, len(taken), 200).astype(int))
        most = max(10.0, float(taken[0]))
        if self._counts is not None:
            most = max(most, float(self._counts.max(initial=0)))

        def place(rank: float, count: float) -> QPointF:
            x = np.log(rank) / np.log(max(2, len(taken)))
            y = np.log(max(1.0, count)) / np.log(most)
            return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(area.bottomLeft(), area.bottomRight())
            painter.drawLine(area.bottomLeft(), area.topLeft())
            painter.setPen(QPen(QColor(tokens.muted), 1.5))
            points = [place(rank, taken[rank - 1]) for rank in ranks.tolist()]
            painter.drawPolyline(QPolygonF(points))
            for items, ink, radius in (
                (self._history, tokens.muted, 3.0),
                (self._next, tokens.accent, 4.0),
            ):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(ink))
                for item in items:
                    if 0 < item <= len(catalogue):
                        rank = int(catalogue.rank[item - 1])
                        painter.drawEllipse(place(rank, taken[rank - 1]), radius, radius)
            if self._counts is not None:
                self._recommended(painter, place)
            self._words(painter, area, len(taken), most)

    def _recommended(self, painter: QPainter, place: Callable[[float, float], QPointF]) -> None:
        """Draw the number of lists with each item."""
        counts, catalogue = self._counts, self._catalogue
        assert counts is not None
        assert catalogue is not None
        ink = QColor(theme.colors().accent)
        ink.setAlphaF(0.6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for item in np.flatnonzero(counts)[:DOTS].tolist():
            at = place(float(catalogue.rank[item]), float(counts[item]))
            painter.drawEllipse(at, 1.8, 1.8)

    def _words(self, painter: QPainter, area: QRectF, items: int, most: float) -> None:
        tokens = theme.colors()
        painter.setPen(QColor(tokens.muted))
        right, left = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(0, area.top() - 6, LEFT - 4, 14), right, f"{most:,.0f}")
        painter.drawText(QRectF(0, area.bottom() - 8, LEFT - 4, 14), right, "1")
        below = QRectF(area.left(), area.bottom() + 4, area.width(), 14)
        painter.drawText(below, left, "1")
        painter.drawText(below, right, f"{items:,}")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, "popularity rank")
        painter.setPen(QColor(tokens.accent))
        painter.drawText(
            QRectF(LEFT, 0, area.width(), 14),
            right,
            "● recommended" if self._counts is None else "● lists",
        )
        painter.setPen(QColor(tokens.muted))
        painter.drawText(
            QRectF(LEFT, 0, area.width() - 100, 14),
            right,
            "● history" if self._counts is None else "– interactions",
        )
