"""Outlines, used pixels, pins and brushes that are drawn over a map."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF

from pushforward.studio.app.data_types.cubes.map_canvas import MapCanvas
from pushforward.studio.app.design.theme import font

__all__ = ["Fields", "find_fields", "paint_brush", "paint_fields", "paint_numbers", "paint_pins",
           "paint_polygon", "paint_suggested", "paint_used"]  # fmt: skip

MOST_LINES = 40_000  # of outlines that are drawn
MOST_SQUARES = 30_000
MOST_FIELDS = 60  # of a class that have a number
SMALLEST_FIELD = 30  # pixels of the scene that a field with a number has
DARK, WHITE = QColor(0, 0, 0, 190), QColor("white")
WARM = QColor("#f0a868")
GREY = QColor(255, 255, 255, 130)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, eq=False)
class Fields:
    """Outlines between classes of the ground truth in columns and rows, and a number per field:
    (row, column, class, pixels).
    """

    lines: tuple[QLineF, ...]
    numbers: tuple[tuple[int, int, int, int], ...]


def find_fields(truth: NDArray[np.integer]) -> Fields:
    """Return the outlines of a ground truth (H, W), and where the number of each field stands."""
    from scipy.ndimage import find_objects, label

    padded = np.pad(truth, 1)
    lines = [*_runs(padded[:-1] != padded[1:]), *_runs((padded[:, :-1] != padded[:, 1:]).T, True)]
    numbers = []
    for number in range(1, int(truth.max(initial=0)) + 1):
        regions, count = label(truth == number)
        sizes = np.bincount(regions.ravel(), minlength=count + 1)[1:]
        boxes = find_objects(regions)
        for place in np.argsort(-sizes)[:MOST_FIELDS]:
            if sizes[place] < SMALLEST_FIELD:
                break
            box = boxes[place]
            rows, columns = np.nonzero(regions[box] == place + 1)
            # The pixel of the field that is nearest to its middle: a field may be hollow.
            away = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
            at = int(away.argmin())
            row, column = box[0].start + int(rows[at]), box[1].start + int(columns[at])
            numbers.append((row, column, number, len(rows)))
    return Fields(tuple(lines[:MOST_LINES]), tuple(numbers))


def _runs(edges: NDArray[np.bool_], turned: bool = False) -> list[QLineF]:
    """Return straight runs of edges (lines, places) of a padded map as lines."""
    found = []
    for line in np.flatnonzero(edges.any(axis=1)):
        places = np.flatnonzero(np.diff(np.pad(edges[line].astype(np.int8), 1)))
        for start, stop in zip(places[::2], places[1::2], strict=True):
            a, b, at = int(start) - 1, int(stop) - 1, int(line)
            found.append(QLineF(at, a, at, b) if turned else QLineF(a, at, b, at))
    return found


def paint_fields(painter: QPainter, canvas: MapCanvas, fields: Fields, dark: bool) -> None:
    """Draw the outlines of the ground truth."""
    painter.save()
    origin, side = canvas.to_map(0, 0), canvas.side
    painter.translate(origin)
    painter.scale(side, side)
    ink = QPen(QColor(0, 0, 0, 150) if dark else QColor(255, 255, 255, 190), 1.0)
    ink.setCosmetic(True)
    painter.setPen(ink)
    painter.drawLines(list(fields.lines))
    painter.restore()


def paint_numbers(painter: QPainter, canvas: MapCanvas, fields: Fields) -> None:
    """Write the number of its class on each field that is large enough on the screen."""
    painter.setFont(font(11, QFont.Weight.DemiBold))
    for row, column, number, pixels in fields.numbers:
        if pixels * canvas.side**2 > 700:
            _write(painter, canvas.to_map(column + 0.5, row + 0.5), str(number))


def _write(painter: QPainter, at: QPointF, text: str) -> None:
    path = QPainterPath()
    metrics = painter.fontMetrics()
    left = at.x() - metrics.horizontalAdvance(text) / 2
    path.addText(QPointF(left, at.y() + metrics.capHeight() / 2), painter.font(), text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(path, QPen(DARK, 3))
    painter.fillPath(path, WHITE)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_used(
    painter: QPainter, canvas: MapCanvas, places: NDArray[np.int64], ink: QColor
) -> None:
    """Draw a small square on each of some pixels (n, 2)."""
    side = max(2.0, min(4.0, canvas.side - 1))
    box = canvas.box()
    size = canvas.side
    origin = canvas.to_map(0, 0)
    x = origin.x() + (places[:MOST_SQUARES, 1] + 0.5) * size
    y = origin.y() + (places[:MOST_SQUARES, 0] + 0.5) * size
    seen = (x >= box.left()) & (x <= box.right()) & (y >= box.top()) & (y <= box.bottom())
    painter.setPen(Qt.PenStyle.NoPen)
    halo = side + 2
    for brush, wide in ((DARK, halo), (ink, side)):
        painter.setBrush(brush)
        squares = [
            QRectF(a - wide / 2, b - wide / 2, wide, wide)
            for a, b in zip(x[seen].tolist(), y[seen].tolist(), strict=True)
        ]
        painter.drawRects(squares)


def paint_suggested(
    painter: QPainter, canvas: MapCanvas, places: Sequence[tuple[int, int]], current: int
) -> None:
    """Draw a ring around each pixel that is worth a label, a thick one around the current."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for place, (row, column) in enumerate(places):
        at = canvas.to_map(column + 0.5, row + 0.5)
        reach = max(7.0, canvas.side)
        for ink, wide in ((DARK, 4.0), (WARM, 3.0 if place == current else 1.6)):
            painter.setPen(QPen(ink, wide))
            painter.drawEllipse(at, reach, reach)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_pins(painter: QPainter, canvas: MapCanvas, pins: Sequence[tuple[int, int]]) -> None:
    """Draw a lettered disc on each pinned pixel."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font(11, QFont.Weight.DemiBold))
    for letter, (row, column) in zip(LETTERS, pins, strict=False):
        at = canvas.to_map(column + 0.5, row + 0.5)
        disc = QRectF(at.x() - 8, at.y() - 8, 16, 16)
        painter.setPen(QPen(WHITE, 1.4))
        painter.setBrush(QColor(0, 0, 0, 230))
        painter.drawEllipse(disc)
        painter.setPen(WHITE)
        painter.drawText(disc, int(Qt.AlignmentFlag.AlignCenter), letter)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_brush(painter: QPainter, canvas: MapCanvas, size: int, ink: QColor) -> None:
    """Draw the outline of a brush of some pixels at the mouse."""
    at = canvas.hover_place()
    if at is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    reach = max(3.0, size * canvas.side / 2)
    for colour, wide in ((WHITE, 4.0), (ink, 2.0)):
        painter.setPen(QPen(colour, wide))
        painter.drawEllipse(at, reach, reach)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_polygon(
    painter: QPainter, canvas: MapCanvas, corners: Sequence[QPointF], ink: QColor
) -> None:
    """Draw a polygon that is being drawn, up to the mouse."""
    if not corners:
        return
    points = [canvas.to_map(each.x(), each.y()) for each in corners]
    at = canvas.hover_place()
    if at is not None:
        points.append(at)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill = QColor(ink)
    fill.setAlpha(90)
    painter.setBrush(fill)
    painter.setPen(QPen(WHITE, 1.5))
    painter.drawPolygon(QPolygonF(points))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
