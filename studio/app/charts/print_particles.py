"""Particles on paper: circles where there are few, an image of more pixels where there are many."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter

from pushforward.studio.app.charts.backdrop import image_of
from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.particle_layer import Particles

__all__ = ["SCALE", "VECTOR_LIMIT", "print_particles"]

SCALE = 2  # pixels of paper for one of the screen, each way
VECTOR_LIMIT = 20_000  # above it, circles would make a file that no program opens gladly
DOT = 1.5  # radius of a particle as a circle, logical pixels


def print_particles(painter: QPainter, camera: Camera, layer: Particles, flow: float) -> None:
    """Print a layer of its own at a flow time. Its places are then those on the paper, in
    ``SCALE`` times logical pixels.
    """
    vector = painter.paintEngine().type() == QPaintEngine.Type.SVG
    few = layer.timeline is not None and layer.timeline.n <= VECTOR_LIMIT
    circles = layer.heads and vector and few
    layer.heads = layer.heads and not circles
    layer.set_view(camera, SCALE)
    layer.draw(flow)
    painter.drawImage(QRectF(0, 0, camera.width, camera.height), image_of(layer.raster.visible))
    if circles:
        _circles(painter, layer)


def _circles(painter: QPainter, layer: Particles) -> None:
    """Paint each particle that is in the picture as a circle."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    places = layer.place.T / SCALE
    raster = layer.raster
    inside = (places > 0).all(axis=1)
    inside &= (places < (raster.width / SCALE, raster.height / SCALE)).all(axis=1)
    for (x, y), ink in zip(places[inside].tolist(), layer.colours[inside].tolist(), strict=True):
        painter.setBrush(QColor.fromRgb(int(ink)))
        painter.drawEllipse(QPointF(x, y), DOT, DOT)
    painter.restore()
