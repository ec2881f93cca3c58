"""The portrait of a classified scene: itself, what is known of it, and what the model says."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPainterPath

from studio.app.kinds.portrait import Portrait
from studio.app.tokens import RADIUS, Tokens
from studio.formats.cubes.maps import coloured

__all__ = ["PORTRAIT"]

GAP = 0.06  # of the height, between two pictures


def _paint(
    painter: QPainter, rect: QRectF, arrays: Mapping[str, NDArray[Any]], palette: Tokens
) -> None:
    """Paint "colours" (H, W, 3), "truth" (H, W) and "map" (H, W) side by side."""
    said, truth = np.asarray(arrays["map"]), np.asarray(arrays["truth"])
    count = int(max(said.max(), truth.max()))
    # What nobody knows has no colour: the card shows through.
    known = np.where(truth > 0, 255, 0).astype(np.uint8)
    pictures = [
        _image(np.asarray(arrays["colours"], np.uint8)),
        _image(coloured(truth, count), known),
        _image(coloured(said, count)),
    ]
    aspect = pictures[0].width() / pictures[0].height()
    gap = GAP * rect.height()
    height = min(rect.height(), (rect.width() - 2 * gap) / (3 * aspect))
    width = height * aspect
    left = rect.left() + (rect.width() - 3 * width - 2 * gap) / 2
    top = rect.top() + (rect.height() - height) / 2
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for place, picture in enumerate(pictures):
        box = QRectF(left + place * (width + gap), top, width, height)
        shape = QPainterPath()
        shape.addRoundedRect(box, RADIUS, RADIUS)
        painter.save()
        painter.setClipPath(shape)
        painter.drawImage(box, picture)
        painter.restore()


def _image(colours: NDArray[np.uint8], alpha: NDArray[np.uint8] | None = None) -> QImage:
    """Return colours (H, W, 3) as a picture that owns its pixels; ``alpha`` (H, W) or opaque."""
    height, width = colours.shape[:2]
    opaque = np.full((height, width), 255, np.uint8) if alpha is None else alpha
    pixels = np.ascontiguousarray(np.dstack([colours, opaque]))
    shape = QImage.Format.Format_RGBA8888
    return QImage(pixels.tobytes(), width, height, 4 * width, shape).copy()


PORTRAIT = Portrait(operator="classify-scene", paint=_paint)
