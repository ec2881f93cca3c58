"""What a stage of a training step has at hand: data, particles, targets and new positions."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.charts.camera import Camera
from pushforward.studio.app.charts.plot_style import CanvasStyle

__all__ = ["SceneOverlay"]

SHOWN = 256  # of a batch; more would only overlap
HEAD = 4.0  # pixels of an arrow that its head takes
LONGEST = 0.12  # of the smaller side of the picture, for the strongest velocity


class SceneOverlay:
    """Paints a scene over the particles of a canvas; see `studio.protocol.messages.Record`.

    Data are orange squares, particles blue discs, as in formulas; a velocity is an arrow from its
    particle, all by one common factor so that the strongest are ``LONGEST``; a particle that moved
    leaves a line behind. For a generator the arrow is the velocity as its kernel smooths it, and a
    small ring at its end is where a gradient step really leads. For a denoiser a thin arrow leads
    from each datum to its particle, and an orange ring is D of the particle.

    Attributes:
        dims: the two axes that are shown.
        progress: how much of the way from the last scene to this one is shown, in [0, 1].
    """

    printed = True

    def __init__(self) -> None:
        self._scene: Mapping[str, NDArray[np.float32]] = {}
        self._before: Mapping[str, NDArray[np.float32]] = {}
        self._stage = ""
        self.dims = (0, 1)
        self.progress = 1.0
        self.pointed = -1  # the particle under the pointer

    def set_scene(self, scene: Mapping[str, NDArray[np.float32]], stage: str = "") -> bool:
        """Show the scene of a stage, {} for none; return whether it follows on another one."""
        if stage == self._stage:
            self._scene = scene
            return False
        self._before, self._scene, self._stage = self._scene, scene, stage
        self.progress = 1.0
        return bool(self._before) and bool(scene)

    def find_nearest(self, place: tuple[float, float], reach: float) -> int:
        """Return the index of the particle nearest to a place within ``reach``, -1 for none."""
        if not len(self.places):
            return -1
        distance = np.linalg.norm(self.places - np.asarray(place, np.float32), axis=1)
        nearest = int(distance.argmin())
        return nearest if distance[nearest] <= reach else -1

    @property
    def places(self) -> NDArray[np.float32]:
        """The positions of the particles (n, 2), in data units."""
        here = self._scene.get("particles")
        return np.zeros((0, 2), np.float32) if here is None else self._part(here)

    def speed_of(self, particle: int) -> float | None:
        """Return the length of a particle's velocity, None where the stage has none."""
        velocity = self._scene.get("velocity")
        return None if velocity is None else float(np.linalg.norm(velocity[particle]))

    def loss_of(self, particle: int) -> float | None:
        """Return the own loss of a particle, None where the stage has none."""
        loss = self._scene.get("loss")
        return None if loss is None or particle >= len(loss) else float(loss[particle])

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
        self._denoising(painter, camera, style, real, here)
        _squares(painter, real, style)
        if here is not None:
            self._motion(painter, camera, style, here)
        if moved is not None and here is not None:
            painter.setPen(QPen(_alpha(style.text, 0.7), 1.2))
            painter.drawLines([QLineF(*a, *b) for a, b in zip(here, moved, strict=False)])
        _discs(painter, here if moved is None else moved, style)
        painter.restore()

    def _motion(
        self, painter: QPainter, camera: Camera, style: CanvasStyle, here: NDArray[np.float64]
    ) -> None:
        """Where each should go; for a generator where its kernel and a small step take it."""
        smoothed, stepped = self._scene.get("smoothed"), self._scene.get("stepped")
        velocity = self._scene.get("velocity") if smoothed is None else smoothed
        if velocity is None:
            return
        new = "velocity" not in self._before
        factor = _factor(camera, velocity) * (self.progress if new else 1.0)
        ends = here + self._part(velocity).astype(np.float64) * factor * (1, -1)
        painter.setPen(QPen(_alpha(style.text, 0.8), 1.2))
        for a, b in zip(here, ends, strict=True):
            _arrow(painter, QLineF(*a, *b))
        if stepped is not None:
            painter.setPen(QPen(_alpha(style.text, 0.95), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for x, y in here + self._part(stepped).astype(np.float64) * factor * (1, -1):
                painter.drawEllipse(QPointF(x, y), 2.4, 2.4)

    def _denoising(
        self,
        painter: QPainter,
        camera: Camera,
        style: CanvasStyle,
        real: NDArray[np.float64] | None,
        here: NDArray[np.float64] | None,
    ) -> None:
        """Draw how noise takes each datum x0 to its particle, and rings at D of the particle."""
        ends = self._pixels(camera, "denoised")
        if ends is None or real is None or here is None:
            return
        painter.setPen(QPen(_alpha(style.warm, 0.35), 1.0))
        for a, b in zip(real, here, strict=False):
            _arrow(painter, QLineF(*a, *b))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for place, (x, y) in enumerate(ends):
            chosen = place == self.pointed
            painter.setPen(QPen(_alpha(style.warm, 1.0 if chosen else 0.7), 2.0 if chosen else 1.0))
            painter.drawEllipse(QPointF(x, y), 3.4, 3.4)
        if 0 <= self.pointed < min(len(ends), len(here), len(real)):
            painter.setPen(QPen(QColor(style.text), 1.6))
            particle, guess = here[self.pointed], ends[self.pointed]
            painter.drawLine(QLineF(*particle, *guess))
            painter.setPen(QPen(QColor(style.warm), 1.6, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(*guess, *real[self.pointed]))

    @property
    def kernel_error(self) -> float | None:
        """How far a small gradient step is from what the kernel predicts, relative to it."""
        smoothed, stepped = self._scene.get("smoothed"), self._scene.get("stepped")
        if smoothed is None or stepped is None:
            return None
        size = float(np.linalg.norm(smoothed))
        return float(np.linalg.norm(stepped - smoothed)) / max(size, 1e-12)

    def _part(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.nan_to_num(array[:SHOWN][:, self.dims])

    def _pixels(self, camera: Camera, name: str) -> NDArray[np.float64] | None:
        array = self._scene.get(name)
        if array is None:
            return None
        before = self._before.get(name)
        if before is None and name == "moved":  # a particle leaves from where it is
            before = self._scene.get("particles")
        if self.progress < 1.0 and before is not None and before.shape == array.shape:
            array = before + np.float32(self.progress) * (array - before)
        return camera.to_pixels(self._part(array))


def _alpha(name: str, alpha: float) -> QColor:
    ink = QColor(name)
    ink.setAlphaF(alpha)
    return ink


def _arrow(painter: QPainter, line: QLineF) -> None:
    """Draw a line with two strokes at its end, which is where it leads."""
    painter.drawLine(line)
    if line.length() < 2 * HEAD:
        return
    for turn in (150.0, -150.0):
        stroke = QLineF.fromPolar(HEAD, line.angle() + turn)
        painter.drawLine(stroke.translated(line.p2()))


def _squares(painter: QPainter, places: NDArray[np.float64] | None, style: CanvasStyle) -> None:
    if places is None:
        return
    painter.setPen(QPen(QColor(style.background), 0.8))
    painter.setBrush(QColor(style.warm))
    for x, y in places:
        painter.drawRect(QRectF(x - 2.8, y - 2.8, 5.6, 5.6))


def _discs(painter: QPainter, places: NDArray[np.float64] | None, style: CanvasStyle) -> None:
    if places is None:
        return
    painter.setPen(QPen(QColor(style.background), 0.8))
    painter.setBrush(QColor(style.accent))
    for x, y in places:
        painter.drawEllipse(QPointF(x, y), 3.2, 3.2)


def _factor(camera: Camera, velocity: NDArray[np.float32]) -> float:
    """Return how many pixels a velocity of 1 is long, so that the strong ones are ``LONGEST``."""
    length = np.linalg.norm(np.nan_to_num(velocity[:, :2]), axis=1)
    strong = float(np.quantile(length, 0.95)) if len(length) else 0.0
    return LONGEST * min(camera.width, camera.height) / strong if strong > 0.0 else 0.0
