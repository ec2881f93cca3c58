"""Which pixels a brush, a polygon and a magic wand take, as areas of a scene."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF

__all__ = ["Patch", "brush_stroke", "fill_polygon", "grow_region"]

REACH = 150  # rows and columns around its start that a wand may take


@dataclass(frozen=True, eq=False)
class Patch:
    """Pixels ``mask`` (h, w) of the scene from a first row and column on."""

    row: int
    column: int
    mask: NDArray[np.bool_]

    @property
    def area(self) -> QRect:
        """The rectangle around them."""
        return QRect(self.column, self.row, self.mask.shape[1], self.mask.shape[0])

    def cut(self, values: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the view of an array (H, W) under the patch."""
        height, width = self.mask.shape
        return values[self.row : self.row + height, self.column : self.column + width]


def brush_stroke(start: QPointF, end: QPointF, size: int, shape: tuple[int, int]) -> Patch | None:
    """Return the pixels of a scene (rows, columns) that a round brush of ``size`` pixels covers on
    its way from one place to another; None where it misses the scene.
    """
    radius = max(0.5, size / 2)
    x0, x1 = sorted((start.x(), end.x()))
    y0, y1 = sorted((start.y(), end.y()))
    left, top = max(0, int(x0 - radius)), max(0, int(y0 - radius))
    right, bottom = min(shape[1], int(x1 + radius) + 1), min(shape[0], int(y1 + radius) + 1)
    if left >= right or top >= bottom:
        return None
    y, x = np.mgrid[top:bottom, left:right] + 0.5
    way = np.array([end.x() - start.x(), end.y() - start.y()])
    length = float(way @ way)
    along = ((x - start.x()) * way[0] + (y - start.y()) * way[1]) / max(length, 1e-9)
    along = np.clip(along, 0.0, 1.0)
    away = np.hypot(x - start.x() - along * way[0], y - start.y() - along * way[1])
    mask = away < radius
    for place in (start, end):  # a brush always takes the pixel under it
        column, row = int(np.floor(place.x())), int(np.floor(place.y()))
        if left <= column < right and top <= row < bottom:
            mask[row - top, column - left] = True
    return Patch(top, left, mask)


def fill_polygon(corners: Sequence[QPointF], shape: tuple[int, int]) -> Patch | None:
    """Return the pixels of a scene (rows, columns) whose centre a polygon encloses."""
    if len(corners) < 3:
        return None
    box = QPolygonF(list(corners)).boundingRect().toAlignedRect()
    box = box.intersected(QRect(0, 0, shape[1], shape[0]))
    if box.isEmpty():
        return None
    image = QImage(box.size(), QImage.Format.Format_Grayscale8)
    image.fill(0)
    with QPainter(image) as painter:
        painter.translate(-box.left(), -box.top())
        painter.setPen(QColor(0, 0, 0, 0))
        painter.setBrush(QColor("white"))
        painter.drawPolygon(QPolygonF(list(corners)))
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(box.height(), image.bytesPerLine())
    mask = raw[:, : box.width()] > 127
    return Patch(box.top(), box.left(), mask.copy()) if mask.any() else None


def grow_region(cube: NDArray[np.float32], row: int, column: int, degrees: float) -> Patch:
    """Return the connected pixels around a start whose spectral angle to its spectrum is at most
    ``degrees`` (spectral angle mapper, Kruse et al. 1993), within `REACH` rows and columns.
    """
    from scipy.ndimage import label

    top, left = max(0, row - REACH), max(0, column - REACH)
    part = cube[top : row + REACH + 1, left : column + REACH + 1]
    seed = cube[row, column]
    norms = np.sqrt(np.einsum("ijk,ijk->ij", part, part)) * float(np.linalg.norm(seed))
    cosine = np.clip((part @ seed) / np.maximum(norms, 1e-12), -1.0, 1.0)
    alike = np.degrees(np.arccos(cosine)) <= degrees
    alike[row - top, column - left] = True
    regions, _ = label(alike)
    mask = regions == regions[row - top, column - left]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    r, c = int(rows[0]), int(columns[0])
    return Patch(top + r, left + c, mask[r : int(rows[-1]) + 1, c : int(columns[-1]) + 1])
