"""Interactions at a glance: the long tail of the items and the lengths of the histories."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from pushforward.studio.app.core.data_type import Cover
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["COVER"]

GAP, HEAD, FOOT, LEFT = 24.0, 18.0, 16.0, 46.0
BINS = 30


def _paint(
    painter: QPainter, rect: QRectF, arrays: Mapping[str, NDArray[Any]], palette: Tokens
) -> None:
    """Paint "taken" (k,) against "ranks" (k,), and a histogram of the quantiles "lengths" (q,)."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font(11))
    half = (rect.width() - GAP) / 2
    left = QRectF(rect.left(), rect.top(), half, rect.height())
    _tail(painter, left, np.asarray(arrays["ranks"]), np.asarray(arrays["taken"]), palette)
    right = left.translated(half + GAP, 0)
    _lengths(painter, right, np.asarray(arrays["lengths"], float), palette)
    painter.restore()


def _axes(painter: QPainter, rect: QRectF, title: str, palette: Tokens) -> QRectF:
    area = rect.adjusted(LEFT, HEAD, -4, -FOOT)
    painter.setPen(QColor(palette.text))
    painter.drawText(QRectF(rect.left(), rect.top(), rect.width(), HEAD), title)
    painter.setPen(QPen(QColor(palette.line), 1))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.drawLine(area.bottomLeft(), area.topLeft())
    return area


def _ends(painter: QPainter, area: QRectF, low: str, high: str, palette: Tokens) -> None:
    painter.setPen(QColor(palette.muted))
    below = QRectF(area.left(), area.bottom() + 1, area.width(), FOOT)
    painter.drawText(below, Qt.AlignmentFlag.AlignLeft, low)
    painter.drawText(below, Qt.AlignmentFlag.AlignRight, high)


def _tail(
    painter: QPainter, rect: QRectF, ranks: NDArray[Any], taken: NDArray[Any], palette: Tokens
) -> None:
    area = _axes(painter, rect, "Interactions by popularity rank (log, log)", palette)
    if not len(ranks):
        return
    across = np.log(ranks) / max(1e-9, float(np.log(ranks[-1])))
    up = np.log(np.maximum(1, taken)) / max(1e-9, float(np.log(max(2, int(taken[0])))))
    points = [
        QPointF(area.left() + float(x) * area.width(), area.bottom() - float(y) * area.height())
        for x, y in zip(across, up, strict=True)
    ]
    painter.setPen(QPen(QColor(palette.accent), 2))
    painter.drawPolyline(QPolygonF(points))
    _ends(painter, area, "1", f"{int(ranks[-1]):,} items", palette)
    painter.drawText(
        QRectF(rect.left(), area.top(), LEFT - 4, 14),
        Qt.AlignmentFlag.AlignRight,
        f"{int(taken[0]):,}",
    )


def _lengths(painter: QPainter, rect: QRectF, quantiles: NDArray[Any], palette: Tokens) -> None:
    area = _axes(painter, rect, "Items per history", palette)
    if len(quantiles) < 2:
        return
    longest = float(quantiles[-1])
    # A hundredth of the users is between two quantiles: enough for a picture.
    middles = (quantiles[1:] + quantiles[:-1]) / 2
    counts, edges = np.histogram(middles, bins=BINS, range=(0.0, longest))
    step = area.width() / BINS
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(palette.accent))
    for i, count in enumerate(counts.tolist()):
        high = area.height() * count / max(1, int(counts.max()))
        painter.drawRect(QRectF(area.left() + i * step, area.bottom() - high, step - 1, high))
    _ends(painter, area, "0", f"{edges[-1]:,.0f} items", palette)


COVER = Cover(needs=("ranks", "taken", "lengths"), paint=_paint)
