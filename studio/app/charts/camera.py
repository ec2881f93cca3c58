"""Where data lies on the canvas: an equal-aspect map from data units to pixels, y upwards.

A camera is a value, of what a box of the library sees (`studio.app.charts.camera_box`). Pixels are
logical (those of Qt's mouse events); `Camera.affine` gives the map to device pixels, which the
raster works in.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CLEAR",
    "LEAST_SPAN",
    "MOST_SPAN",
    "Affine",
    "Bounds",
    "Camera",
    "Covered",
    "covers",
    "padded",
    "robust_bounds",
]

Bounds = tuple[float, float, float, float]
"""x0, x1, y0, y1 in data units."""

Affine = tuple[float, float, float, float]

LEAST_SPAN, MOST_SPAN = 1e-6, 1e9  # units across; beyond them float32 positions are noise
MARGIN = 0.08  # of the smaller side, left free around what is fitted
LEAST = 1 / 3  # of a side that something is fitted into, whatever covers the rest


class Covered(NamedTuple):
    """What lies over a picture at its edges, in logical pixels."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


CLEAR = Covered()


@dataclass(frozen=True)
class Camera:
    """A view of ``width`` x ``height`` pixels centred on (x, y), ``scale`` pixels per unit."""

    width: float = 1.0
    height: float = 1.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 100.0

    def affine(self, dpr: float = 1.0) -> Affine:
        """Return (sx, ox, sy, oy): device pixel = data * s + o."""
        s = self.scale * dpr
        ox = self.width * dpr / 2 - self.x * s
        oy = self.height * dpr / 2 + self.y * s
        return s, ox, -s, oy

    def to_pixels(self, data: NDArray[np.floating]) -> NDArray[np.float64]:
        """Map data (..., 2) to pixels (..., 2)."""
        sx, ox, sy, oy = self.affine()
        return np.asarray(data, dtype=np.float64) * (sx, sy) + (ox, oy)

    def to_data(self, px: float, py: float) -> tuple[float, float]:
        """Map a pixel to data."""
        sx, ox, sy, oy = self.affine()
        return (px - ox) / sx, (py - oy) / sy

    @property
    def bounds(self) -> Bounds:
        """What is seen: (x0, x1, y0, y1) in data units."""
        half_w, half_h = self.width / 2 / self.scale, self.height / 2 / self.scale
        return self.x - half_w, self.x + half_w, self.y - half_h, self.y + half_h

    def fitted(self, bounds: Bounds, *ways: Covered) -> "Camera":
        """Return the camera that shows a rectangle whole, with a margin around it: in the middle,
        or aside where it would reach under what covers the edges. Of several ``ways`` to say what
        does, the one that leaves most room is taken; a third of each side is used however much is
        covered.
        """
        x0, x1, y0, y1 = bounds
        wide, high = max(x1 - x0, 1e-9), max(y1 - y0, 1e-9)
        free = 1 - 2 * MARGIN

        def room(covered: Covered) -> float:
            across = self.width - covered.left - covered.right
            return min(across / wide, (self.height - covered.top - covered.bottom) / high)

        covered = max(ways or (CLEAR,), key=room)
        left, right = _at_most(self.width, covered.left, covered.right)
        top, bottom = _at_most(self.height, covered.top, covered.bottom)
        scale = free * room(Covered(left, top, right, bottom))
        dx = _centre_offset(self.width, scale * wide / free, left, right)
        dy = _centre_offset(self.height, scale * high / free, top, bottom)
        x, y = (x0 + x1) / 2 - dx / scale, (y0 + y1) / 2 + dy / scale
        return replace(self, x=x, y=y, scale=scale)


def _at_most(size: float, before: float, after: float) -> tuple[float, float]:
    """Return what is covered at both ends of a length, made smaller where too little is left."""
    covered = before + after
    share = min(1.0, (1 - LEAST) * size / covered) if covered > 0 else 1.0
    return before * share, after * share


def _centre_offset(size: float, length: float, before: float, after: float) -> float:
    """Return how far from the middle a length has to move to lie between what is covered."""
    middle, half = size / 2, length / 2
    return min(max(middle, before + half), size - after - half) - middle


def padded(bounds: Bounds, share: float = 0.15) -> Bounds:
    """Return a rectangle a little larger than what is seen, rounded so that small moves of the
    camera do not change it.
    """
    x0, x1, y0, y1 = bounds
    dx, dy = (x1 - x0) * share, (y1 - y0) * share
    return (
        float(f"{x0 - dx:.2g}"),
        float(f"{x1 + dx:.2g}"),
        float(f"{y0 - dy:.2g}"),
        float(f"{y1 + dy:.2g}"),
    )


def covers(bounds: Bounds, seen: Bounds) -> bool:
    """Whether a rectangle holds all of what is seen."""
    (x0, x1, y0, y1), (a0, a1, b0, b1) = bounds, seen
    return x0 <= a0 and a1 <= x1 and y0 <= b0 and b1 <= y1


def robust_bounds(points: NDArray[np.floating]) -> Bounds | None:
    """Return (x0, x1, y0, y1) of nearly all finite points (n, 2), or None if there are none."""
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        return None
    (x0, y0), (x1, y1) = np.quantile(points, (0.005, 0.995), axis=0)
    return float(x0), float(x1), float(y0), float(y1)
