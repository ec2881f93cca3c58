"""The life of one particle, over everything else: its way through flow time and training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.plot_style import CanvasStyle

__all__ = ["Life", "paint_life"]


@dataclass(frozen=True, eq=False)
class Life:
    """What is known of one particle.

    ``flow`` (T, 2) is its way from prior to data in the record shown; ``training`` (k, 2) is
    where it was, at the same flow time, in the k kept records, oldest first.
    """

    particle: int
    ink: str
    flow: NDArray[np.float32]
    training: NDArray[np.float32] | None = None


def paint_life(
    painter: QPainter, camera: Camera, style: CanvasStyle, life: Life, here: tuple[float, float]
) -> None:
    """Paint a life; ``here`` is where the particle is now, in logical pixels."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if life.training is not None and len(life.training) > 1:
        _line(painter, camera, life.training, QPen(colour(style.text, 0.75), 1.2), dots=2.2)
    if len(life.flow) > 1:
        _line(painter, camera, life.flow, QPen(QColor(style.background), 4.5), dots=0)
        _line(painter, camera, life.flow, QPen(QColor(life.ink), 2.0), dots=0)
    painter.setBrush(QColor(life.ink))
    painter.setPen(QPen(QColor(style.text), 1.5))
    painter.drawEllipse(QPointF(*here), 5.0, 5.0)
    painter.restore()


def _line(
    painter: QPainter, camera: Camera, way: NDArray[np.float32], pen: QPen, *, dots: float
) -> None:
    points = [QPointF(x, y) for x, y in camera.to_pixels(np.nan_to_num(way))]
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    if dots:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(points)
    if dots:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pen.color())
        for point in points:
            painter.drawEllipse(point, dots, dots)
