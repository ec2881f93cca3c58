"""The portrait of a classified scene: itself, what is known of it, and what the model says."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPainterPath

from pushforward.studio.app.core.run_portrait import Portrait
from pushforward.studio.app.design.tokens import RADIUS, Tokens
from pushforward.studio.formats.cubes.maps import coloured

__all__ = ["PORTRAIT", "paint_maps"]

GAP = 0.06  # of the height, between two pictures


def _paint(
    painter: QPainter, rect: QRectF, arrays: Mapping[str, NDArray[Any]], palette: Tokens
) -> None:
    """Paint "colours" (H, W, 3), "truth" (H, W) and "map" (H, W) side by side."""
    paint_maps(painter, rect, arrays["colours"], [arrays["truth"], arrays["map"]])


def paint_maps(
    painter: QPainter, rect: QRectF, colours: NDArray[Any], maps: Sequence[NDArray[Any]]
) -> None:
    """Paint a scene in false colours (H, W, 3), next to maps of its classes (H, W): from 1 on, 0
    for unlabelled.
    """
    count = max(int(np.asarray(each).max()) for each in maps)
    pictures = [_image(np.asarray(colours, np.uint8))]
    for each in maps:
        # What nobody knows has no colour: the card shows through.
        known = np.where(np.asarray(each) > 0, 255, 0).astype(np.uint8)
        pictures.append(_image(coloured(np.asarray(each), count), known))
    n, gap = len(pictures), GAP * rect.height()
    aspect = pictures[0].width() / pictures[0].height()
    height = min(rect.height(), (rect.width() - (n - 1) * gap) / (n * aspect))
    width = height * aspect
    left = rect.left() + (rect.width() - n * width - (n - 1) * gap) / 2
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
