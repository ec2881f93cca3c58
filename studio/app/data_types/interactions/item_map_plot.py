"""Items as dots by their vectors, with the path of a user's state and the recommended ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from pushforward.studio.app.data_types.interactions.catalogue import Catalogue
from pushforward.studio.app.design.icons import repaint_on_theme
from pushforward.studio.app.design.theme import font, theme

__all__ = ["ItemMap", "ItemMapPlot", "aligned"]

Places = NDArray[np.float64]
DOTS = 4000  # items that are drawn, the most popular
NAMED = 6
EDGE = 14


@dataclass(frozen=True, eq=False)
class ItemMap:
    """Places (V, 2) of items, (L, 2) of the states after each item, and (n, 2) of latent draws."""

    place: Places
    path: Places
    cloud: Places


def aligned(found: ItemMap, before: ItemMap | None) -> ItemMap:
    """Return a map turned and mirrored so that its items are as near as possible to those of the
    map before (orthogonal Procrustes): axes of principal components have no direction.
    """
    if before is None or len(before.place) != len(found.place):
        return found
    u, _, v = np.linalg.svd(found.place.T @ before.place)
    turn = u @ v
    return ItemMap(found.place @ turn, found.path @ turn, found.cloud @ turn)


class ItemMapPlot(QWidget):
    """Paints a map; `text` stands in it while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.map: ItemMap | None = None
        self.text = ""
        self._catalogue: Catalogue | None = None
        self._known: int | None = None
        self._next: Sequence[int] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(200, 140))
        self.setAccessibleName("Map of items")
        repaint_on_theme(self)

    def show_map(self, found: ItemMap | None, catalogue: Catalogue | None, text: str = "") -> None:
        """Show a map, or a text if there is none."""
        self.map = None if found is None else aligned(found, self.map)
        self._catalogue, self.text = catalogue, text
        self.setAccessibleDescription(text)
        self.update()

    def show_state(self, known: int | None, following: Sequence[int]) -> None:
        """Show the state after ``count`` items (None: all), and the items recommended then."""
        self._known, self._next = known, following
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            if self.map is None or self._catalogue is None or not len(self.map.place):
                painter.setPen(QColor(tokens.muted))
                wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
                painter.drawText(QRectF(self.rect()).adjusted(8, 8, -8, -8), wrap, self.text)
                return
            scale = self._scale(self.map)
            self._dots(painter, self.map, self._catalogue, scale)
            self._cloud(painter, self.map, scale)
            self._path(painter, self.map, scale)
            self._following(painter, self.map, self._catalogue, scale)

    def _scale(self, found: ItemMap) -> tuple[Places, float]:
        """Return the middle of what is drawn, and pixels per unit."""
        every = np.concatenate([found.place, found.path, found.cloud])
        low, high = np.percentile(every, [1, 99], axis=0)
        low, high = (
            np.minimum(low, found.path.min(axis=0)) if len(found.path) else low,
            (np.maximum(high, found.path.max(axis=0)) if len(found.path) else high),
        )
        room = np.array([self.width() - 2 * EDGE, self.height() - 2 * EDGE], float)
        return (low + high) / 2, float((room / np.maximum(high - low, 1e-9)).min())

    def _point(self, place: Places, scale: tuple[Places, float]) -> QPointF:
        middle, by = scale
        x, y = (place - middle) * by
        return QPointF(self.width() / 2 + x, self.height() / 2 - y)

    def _dots(
        self, painter: QPainter, found: ItemMap, catalogue: Catalogue, scale: tuple[Places, float]
    ) -> None:
        tokens = theme.colors()
        items = np.argsort(catalogue.rank)[: min(DOTS, len(found.place))]
        most = max(1, int(catalogue.taken.max(initial=1)))
        painter.setPen(Qt.PenStyle.NoPen)
        for item in items.tolist():
            if item >= len(found.place):
                continue
            ink = QColor(catalogue.ink(item + 1, tokens))
            ink.setAlphaF(0.55)
            painter.setBrush(ink)
            radius = 1.2 + 2.4 * (float(catalogue.taken[item]) / most) ** 0.5
            painter.drawEllipse(self._point(found.place[item], scale), radius, radius)

    def _cloud(self, painter: QPainter, found: ItemMap, scale: tuple[Places, float]) -> None:
        ink = QColor(theme.colors().accent)
        ink.setAlphaF(0.35)
        painter.setBrush(ink)
        painter.setPen(Qt.PenStyle.NoPen)
        for place in found.cloud:
            painter.drawEllipse(self._point(place, scale), 1.6, 1.6)

    def _path(self, painter: QPainter, found: ItemMap, scale: tuple[Places, float]) -> None:
        if not len(found.path):
            return
        tokens = theme.colors()
        known = len(found.path) if self._known is None else self._known
        at = max(1, min(len(found.path), known))
        points = [self._point(place, scale) for place in found.path]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        faint = QColor(tokens.muted)
        faint.setAlphaF(0.5)
        painter.setPen(QPen(faint, 1))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(QPen(QColor(tokens.text), 1.4))
        painter.drawPolyline(QPolygonF(points[max(0, at - 8) : at]))
        painter.setBrush(QColor(tokens.text))
        painter.drawEllipse(points[at - 1], 5, 5)
        painter.setPen(QColor(tokens.text))
        painter.drawText(points[at - 1] + QPointF(8, 4), "user")

    def _following(
        self, painter: QPainter, found: ItemMap, catalogue: Catalogue, scale: tuple[Places, float]
    ) -> None:
        tokens = theme.colors()
        metrics = QFontMetricsF(painter.font())
        taken: list[QRectF] = []
        for rank, item in enumerate(self._next, 1):
            if not 0 < item <= len(found.place):
                continue
            at = self._point(found.place[item - 1], scale)
            painter.setPen(QPen(QColor(tokens.background), 1))
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(at, 4, 4)
            text = f"{rank} {catalogue.title(item)}"[:26]
            area = QRectF(at.x() + 6, at.y() - 7, metrics.horizontalAdvance(text), 14)
            if area.right() > self.width():
                area.moveRight(at.x() - 6)
            if rank <= NAMED and not any(area.intersects(other) for other in taken):
                taken.append(area)
                painter.setPen(QColor(tokens.text))
                painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)
