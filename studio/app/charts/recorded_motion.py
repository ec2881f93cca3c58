"""Recorded trainings: the places of particles at some steps, in a small file.

A file holds ``steps`` (k,), and ``x`` (k, n, 2) and ``start`` (n, 2) as whole numbers of a grid
over ``bounds`` (x0, x1, y0, y1), which has 65,535 places a side.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from pushforward.studio import resources
from pushforward.studio.app.charts.particle_colours import identity_colours
from pushforward.studio.app.design.theme import theme

__all__ = ["Recording", "read_recording", "recording_of", "write_recording"]

PLACES = 65_535
MARGIN = 0.06  # of the side of the picture
DOT = 2.6  # pixels


@dataclass(frozen=True, eq=False)
class Recording:
    """The particles of a training.

    Attributes:
        steps: of the training (k,), rising.
        x: where the particles are then (k, n, 2), in data units.
        start: where they start (n, 2), which gives them their hue.
        bounds: x0, x1, y0, y1 around all but a few of them.
    """

    steps: NDArray[np.int64]
    x: NDArray[np.float32]
    start: NDArray[np.float32]
    bounds: tuple[float, float, float, float]

    def at(self, share: float) -> tuple[float, NDArray[np.float32]]:
        """Return the step and the places (n, 2) at a share of the recording in [0, 1]."""
        place = min(max(share, 0.0), 1.0) * (len(self.steps) - 1)
        left = min(int(place), len(self.steps) - 2)
        part = np.float32(place - left)
        step = self.steps[left] + part * (self.steps[left + 1] - self.steps[left])
        return float(step), self.x[left] + part * (self.x[left + 1] - self.x[left])

    def paint(self, painter: QPainter, area: QRectF, share: float) -> None:
        """Paint the particles at a share of the recording, at one scale for both axes."""
        tokens = theme.colors()
        x0, x1, y0, y1 = self.bounds
        scale = (1 - 2 * MARGIN) * min(area.width() / (x1 - x0), area.height() / (y1 - y0))
        middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2], np.float32)
        _, places = self.at(share)
        pixels = (places - middle) * np.array([scale, -scale], np.float32)
        pixels += np.array([area.center().x(), area.center().y()], np.float32)
        hues = identity_colours(self.start, dark=tokens.name == "dark", scheme=tokens.identity)
        painter.save()
        painter.setClipRect(area)
        pen = QPen()
        pen.setWidthF(DOT)
        pen.setCapStyle(pen.capStyle().RoundCap)
        for (x, y), hue in zip(pixels.tolist(), hues.tolist(), strict=True):
            pen.setColor(QColor.fromRgba(hue))
            painter.setPen(pen)
            painter.drawPoint(round(x), round(y))
        painter.restore()


def write_recording(
    path: Path, *, steps: NDArray[np.int64], x: NDArray[np.float32], start: NDArray[np.float32]
) -> None:
    """Write a recording; its fields are those of `Recording`."""
    low, high = (np.quantile(x[-1], share, axis=0) for share in (0.01, 0.99))
    room = 0.25 * max(*(high - low), 1e-3)
    bounds = np.array([low[0] - room, high[0] + room, low[1] - room, high[1] + room], np.float32)
    least, size = bounds[[0, 2]], bounds[[1, 3]] - bounds[[0, 2]]

    def on_grid(places: NDArray[np.float32]) -> NDArray[np.uint16]:
        # Particles outside stand at the edge, where they are cut off.
        shares = np.clip((places - least) / size, 0.0, 1.0)
        return (shares * PLACES).round().astype(np.uint16)

    np.savez_compressed(path, steps=steps, x=on_grid(x), start=on_grid(start), bounds=bounds)


@lru_cache(maxsize=16)
def recording_of(recipe: str) -> Recording | None:
    """Return the recorded training of a recipe, None if there is none."""
    path = resources.folder("recordings") / f"{recipe}.npz"
    return read_recording(path) if path.is_file() else None


def read_recording(path: Path) -> Recording:
    """Read a file that `write_recording` has written."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    x0, x1, y0, y1 = (float(each) for each in arrays["bounds"])
    least, size = np.array([x0, y0], np.float32), np.array([x1 - x0, y1 - y0], np.float32)
    x, start = (least + arrays[name] / np.float32(PLACES) * size for name in ("x", "start"))
    return Recording(arrays["steps"], x, start, (x0, x1, y0, y1))
