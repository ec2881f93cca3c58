"""Paint the numbers of a sample as a square heat map; for data types without a picture."""

import math

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.app.core.data_type import Arrays, EachTile, Tiles
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["scale", "strips"]

RANGE = "range"  # the middle and the spread of the numbers that share one scale
FULL = 2.0  # standard deviations of the shown data at which a cell has its full colour


def strips(arrays: Arrays) -> Tiles:
    """Return tiles of the flattened numbers of each datum, row by row in a square; all that are
    shown together share one scale. Missing numbers stay empty.
    """
    x = np.asarray(arrays["x"], dtype=np.float64).reshape(len(arrays["x"]), -1)
    middle, spread = map(float, arrays[RANGE] if RANGE in arrays else scale(arrays)[RANGE])
    scaled = np.clip((x - middle) / (FULL * spread), -1, 1) if spread > 0 else 0.0 * x
    side = max(1, math.ceil(math.sqrt(x.shape[1])))
    cells = np.full((len(x), side * side), np.nan)
    cells[:, : x.shape[1]] = scaled
    return EachTile({"x": cells.reshape(-1, side, side)}, _paint)


def scale(arrays: Arrays) -> Arrays:
    """Return the middle and the spread of all numbers of data, as "range"."""
    x = np.asarray(arrays["x"], dtype=np.float64)
    finite = x[np.isfinite(x)]
    found = (np.median(finite), finite.std()) if len(finite) else (0.0, 0.0)
    return {RANGE: np.array(found)}


def _paint(painter: QPainter, rect: QRectF, datum: Arrays, palette: Tokens) -> None:
    """Paint a square of values in [-1, 1]: warm below the middle of the data, accent above."""
    values = datum["x"]
    empty, *ends = (
        np.array([colour.red(), colour.green(), colour.blue()])
        for colour in map(QColor, (palette.raised, palette.warm, palette.accent))
    )
    strength = np.nan_to_num(np.abs(values))[..., None]
    above = (np.nan_to_num(values) > 0).astype(int)
    mixed = empty * (1 - strength) + np.array(ends)[above] * strength
    red, green, blue = np.moveaxis(np.rint(mixed).astype(np.uint32), -1, 0)
    alpha = np.where(np.isfinite(values), np.uint32(0xFF000000), np.uint32(0))
    pixels = alpha | np.where(alpha > 0, red << np.uint32(16) | green << np.uint32(8) | blue, 0)
    image = image_of(np.ascontiguousarray(pixels.astype(np.uint32)))
    painter.drawImage(rect, image, QRectF(image.rect()))
