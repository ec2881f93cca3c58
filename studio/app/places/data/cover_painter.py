"""How a set of data looks at a glance: its points in their plane, or some of it as tiles."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from pushforward.studio.app.charts.point_picture import scatter
from pushforward.studio.app.core.data_type import Arrays, Kind
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["paint_cover"]

GAP = 4.0
LINES = 3  # of tiles, where a page of them holds as many as this
PAGE = 64


def paint_cover(
    painter: QPainter, area: QRectF, kind: Kind, arrays: Arrays, palette: Tokens
) -> None:
    """Paint some rows of data, as `Kind.some` has them, into an area."""
    if kind.cover is not None and all(name in arrays for name in kind.cover.needs):
        kind.cover.paint(painter, area, arrays, palette)
    elif kind.layout == "plane":
        _paint_points(painter, area, np.asarray(arrays["x"], np.float32), palette)
    else:
        _paint_tiles(painter, area, kind, arrays, palette)


def _paint_points(painter: QPainter, area: QRectF, x: NDArray[np.float32], palette: Tokens) -> None:
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    width, height = round(area.width() * ratio), round(area.height() * ratio)
    image = scatter(x, width, height, max(1, round(ratio)), palette.accent)
    image.setDevicePixelRatio(ratio)
    painter.drawImage(QPointF(area.left(), area.top()), image)


def _paint_tiles(
    painter: QPainter, area: QRectF, kind: Kind, arrays: Arrays, palette: Tokens
) -> None:
    tiles = kind.tiles(arrays)
    if not len(tiles):
        return
    lines = max(1, int(LINES * (kind.page / PAGE) ** 0.5))
    high = (area.height() - GAP * (lines - 1)) / lines
    wide = high * tiles.aspect
    columns = max(1, int((area.width() - 12 + GAP) // (wide + GAP)))
    columns = min(columns, max(1, len(tiles) // lines))
    left = area.center().x() - (columns * (wide + GAP) - GAP) / 2
    for row in range(min(len(tiles), lines * columns)):
        line, column = divmod(row, columns)
        at = QRectF(left + column * (wide + GAP), area.top() + line * (high + GAP), wide, high)
        tiles.paint(painter, at, row, palette)
