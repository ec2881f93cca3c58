"""What a generator does to its latents: a grid of them pushed forward, and lines to where each
particle went.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.charts.raster import Colours

__all__ = ["Links", "paint_links", "paint_mesh"]

LINKS = 240  # more lines than this hide what they show


@dataclass(frozen=True, eq=False)
class Links:
    """Lines from where particles come from, (n, 2), to where they are, (n, 2), in their colours
    (n,).
    """

    start: NDArray[np.float32]
    end: NDArray[np.float32]
    colours: Colours


def paint_mesh(
    painter: QPainter, camera: Camera, style: CanvasStyle, mesh: NDArray[np.float32]
) -> None:
    """Paint a grid (r, r, 2): its rows and its columns as lines."""
    ink = QColor(style.accent)
    ink.setAlphaF(0.5)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, 1.0))
    pixels = camera.to_pixels(np.nan_to_num(mesh))
    for lines in (pixels, pixels.transpose(1, 0, 2)):
        for line in lines:
            painter.drawPolyline([QPointF(x, y) for x, y in line])
    painter.restore()


def paint_links(painter: QPainter, camera: Camera, links: Links) -> None:
    """Paint the lines of some of the particles, each with a dot where it starts."""
    some = np.arange(0, len(links.start), max(1, len(links.start) // LINKS))
    starts = camera.to_pixels(np.nan_to_num(links.start[some]))
    ends = camera.to_pixels(np.nan_to_num(links.end[some]))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for (ax, ay), (bx, by), colour in zip(starts, ends, links.colours[some], strict=True):
        ink = QColor(f"#{int(colour) & 0xFFFFFF:06x}")
        ink.setAlphaF(0.32)
        painter.setPen(QPen(ink, 1.0))
        painter.drawLine(QLineF(ax, ay, bx, by))
        painter.setBrush(ink)
        painter.drawEllipse(QPointF(ax, ay), 1.4, 1.4)
    painter.restore()
