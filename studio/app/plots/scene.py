"""What a stage of a training step has at hand: data, particles, where each should go, and went."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.app.plots.camera import Camera
from studio.app.plots.style import CanvasStyle

__all__ = ["SceneOverlay"]

SHOWN = 256  # of a batch; more would only overlap
LONGEST = 0.12  # of the smaller side of the picture, for the strongest velocity


class SceneOverlay:
    """Paints a scene over the particles of a canvas; see `studio.protocol.messages.Record`.

    Data are rings, particles discs; a velocity is a line from its particle, all by one common
    factor so that the strongest are ``LONGEST``; a particle that moved leaves a line behind.
    """

    printed = True

    def __init__(self) -> None:
        self._scene: Mapping[str, NDArray[np.float32]] = {}
        self.dims = (0, 1)

    def set_scene(self, scene: Mapping[str, NDArray[np.float32]]) -> None:
        """Show a scene, {} for none."""
        self._scene = scene

    def __bool__(self) -> bool:
        return bool(self._scene)

    def paint(self, painter: QPainter, camera: Camera, style: CanvasStyle) -> None:
        """Paint it, back to front."""
        if not self._scene:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        real, here = self._pixels(camera, "real"), self._pixels(camera, "particles")
        moved = self._pixels(camera, "moved")
        _rings(painter, real, style)
        velocity = self._scene.get("velocity")
        if velocity is not None and here is not None and moved is None:
            _velocities(painter, camera, style, here, self._part(velocity))
        if moved is not None and here is not None:
            painter.setPen(QPen(_alpha(style.warm, 0.8), 1.3))
            painter.drawLines([QLineF(*a, *b) for a, b in zip(here, moved, strict=False)])
        _discs(painter, here if moved is None else moved, style)
        painter.restore()

    def _part(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.nan_to_num(array[:SHOWN][:, self.dims])

    def _pixels(self, camera: Camera, name: str) -> NDArray[np.float64] | None:
        array = self._scene.get(name)
        return None if array is None else camera.to_pixels(self._part(array))


def _alpha(name: str, alpha: float) -> QColor:
    ink = QColor(name)
    ink.setAlphaF(alpha)
    return ink


def _rings(painter: QPainter, places: NDArray[np.float64] | None, style: CanvasStyle) -> None:
    if places is None:
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(_alpha(style.good, 0.9), 1.2))
    for x, y in places:
        painter.drawEllipse(QPointF(x, y), 3.2, 3.2)


def _discs(painter: QPainter, places: NDArray[np.float64] | None, style: CanvasStyle) -> None:
    if places is None:
        return
    painter.setPen(QPen(QColor(style.background), 0.8))
    painter.setBrush(QColor(style.accent))
    for x, y in places:
        painter.drawEllipse(QPointF(x, y), 3.2, 3.2)


def _velocities(
    painter: QPainter,
    camera: Camera,
    style: CanvasStyle,
    here: NDArray[np.float64],
    velocity: NDArray[np.float32],
) -> None:
    length = np.hypot(velocity[:, 0], velocity[:, 1])
    strong = float(np.quantile(length, 0.95)) if len(length) else 0.0
    if strong <= 0.0:
        return
    factor = LONGEST * min(camera.width, camera.height) / strong
    ends = here + velocity.astype(np.float64) * factor * (1, -1)
    painter.setPen(QPen(_alpha(style.warm, 0.85), 1.3))
    painter.drawLines([QLineF(*a, *b) for a, b in zip(here, ends, strict=True)])
