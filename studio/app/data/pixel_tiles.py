"""Images as tiles, painted pixel by pixel."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.app.charts.raster import Colours
from pushforward.studio.app.core.data_type import Arrays
from pushforward.studio.app.design.tokens import LIGHT, Tokens

__all__ = ["Pictures", "atlas"]

OUTLINED = 24  # pixels from which an image has an outline where the page is light


def atlas(images: NDArray[np.floating]) -> Colours:
    """Return images (n, C, H, W) of values in [0, 1], C 1 or 3, below each other: (n * H, W) ARGB.

    Values outside of the range, which a model may make, are clipped.
    """
    n, channels, height, width = images.shape
    grey = np.nan_to_num(np.clip(images, 0.0, 1.0)) * 255.0 + 0.5
    bytes_ = grey.astype(np.uint32)
    red, green, blue = (bytes_[:, min(c, channels - 1)] for c in (0, 1, 2))
    argb = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
    return np.ascontiguousarray(argb.reshape(n * height, width))


class Pictures:
    """Images as tiles of one atlas; sharp at any size."""

    def __init__(self, arrays: Arrays) -> None:
        self._n, _, self._height, self._width = arrays["x"].shape
        self._atlas = image_of(atlas(arrays["x"]))

    @property
    def aspect(self) -> float:
        """Width / height of each image."""
        return float(self._width / self._height)

    def __len__(self) -> int:
        return int(self._n)

    def paint(self, painter: QPainter, rect: QRectF, row: int, palette: Tokens) -> None:
        """Paint the image of a row into a rectangle."""
        part = QRectF(0, row * self._height, self._width, self._height)
        painter.drawImage(rect, self._atlas, part)
        if palette.name == LIGHT.name and rect.width() >= OUTLINED:
            # White ones would have no end.
            painter.setPen(QPen(QColor(palette.line), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))

    def describe(self, row: int) -> str:
        """Nothing: an image is seen."""
        return ""
