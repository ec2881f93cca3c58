"""Arrows of vector fields on a lattice; fields differ by colour."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio.app.charts.camera import Bounds, Camera
from pushforward.studio.app.charts.grid_fields import Grid, sample
from pushforward.studio.app.charts.plot_style import CanvasStyle

__all__ = ["Arrows", "Ink", "arrow_places", "paint_arrows"]

CELL = 46  # logical pixels between arrows, about
LENGTH, HEAD = 15, 4  # pixels of the longest, and of a head

Ink = Literal["quiet", "warm", "cold"]


@dataclass(frozen=True, eq=False)
class Arrows:
    """A vector grid (r, r, 2) over ``bounds``, row 0 at the lowest y."""

    grid: Grid
    bounds: Bounds
    ink: Ink = "quiet"


def paint_arrows(painter: QPainter, camera: Camera, style: CanvasStyle, arrows: Arrows) -> None:
    """Paint a field over what is seen of it."""
    places, moves = arrow_places(camera, arrows)
    if not len(places):
        return
    ends = places + moves
    inks = {"quiet": style.muted, "warm": style.warm_heat, "cold": style.accent}
    ink = QColor(inks[arrows.ink])
    ink.setAlphaF(style.arrows if arrows.ink == "quiet" else min(1.0, style.arrows + 0.3))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, 1.0))
    for starts in (places, *_barbs(moves, ends)):
        painter.drawLines([QLineF(*a, *b) for a, b in zip(starts, ends, strict=True)])
    painter.restore()


def _barbs(moves: NDArray[np.float64], ends: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return where the two strokes of each head begin, (m, 2): they end where the arrow does."""
    along = moves / np.maximum(np.linalg.norm(moves, axis=1, keepdims=True), 1e-12) * HEAD
    across = along[:, ::-1] * (-0.5, 0.5)
    return [ends - along + across, ends - along - across]


def arrow_places(camera: Camera, arrows: Arrows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where arrows start (m, 2) and how far they go (m, 2), in pixels.

    They stand on a lattice of the data, so that they move with it. Lengths are relative to the
    strong ones, bent so that weak ones are seen.
    """
    x0, x1, y0, y1 = arrows.bounds
    sx0, sx1, sy0, sy1 = camera.bounds
    cell = 2.0 ** np.round(np.log2(CELL / camera.scale))
    if cell * camera.scale < 0.8 * CELL:
        cell *= 1.5
    columns = np.arange(np.ceil(max(x0, sx0) / cell), np.floor(min(x1, sx1) / cell) + 1) * cell
    rows = np.arange(np.ceil(max(y0, sy0) / cell), np.floor(min(y1, sy1) / cell) + 1) * cell
    if columns.size == 0 or rows.size == 0:
        return np.empty((0, 2)), np.empty((0, 2))
    lattice = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    vectors = sample(np.nan_to_num(arrows.grid), arrows.bounds, lattice).astype(np.float64)
    length = np.hypot(vectors[:, 0], vectors[:, 1])
    strong = float(np.quantile(length, 0.9)) or 1.0
    keep = length > 0.01 * strong
    size = LENGTH * np.sqrt(np.minimum(1.0, length[keep] / strong))
    moves = vectors[keep] / length[keep, None] * size[:, None]
    return camera.to_pixels(lattice[keep]), moves * (1, -1)
