"""A picture of a run without a window: the data, where the particles went, and where they are.

Points are splatted as light into an array of floats, which is tone-mapped.
"""

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.pictures import write_png

__all__ = ["draw", "write_png"]

Floats = NDArray[np.float32]

BACKGROUND = (16, 19, 26)
DATA = (72, 96, 140)
TRAIL = (70, 150, 170)
PARTICLE = (255, 184, 92)
TRAILS = 600  # so many particles show their way; more would hide it
SEGMENT = 48  # points drawn between two recorded positions


def draw(data: Floats, t: Floats, x: Floats, size: int = 900, frame: int = -1) -> NDArray[np.uint8]:
    """Draw a record over the data it was trained on.

    Args:
        data: (m, d) points of the data; the first two features are drawn.
        t: (T,) flow times, increasing.
        x: (T, n, d) the particles at each of them.
        size: width and height in pixels.
        frame: the flow time at which the particles are drawn, with the way up to it.

    Returns:
        (size, size, 3) uint8, the first row on top.
    """
    points, path = _planar(data), _planar(x)
    centre, reach = _view(points, path[-1])
    pixels = ((path - centre) / reach * (size / 2) + size / 2)[: range(len(t))[frame] + 1]
    ways = _ways(pixels[:, :TRAILS]) if len(pixels) > 1 else np.zeros((0, 2), np.float32)
    layers = [
        (_light((points - centre) / reach * (size / 2) + size / 2, size, 2), DATA, 0.75),
        (_light(ways, size, 1), TRAIL, 0.5),
        (_light(pixels[-1], size, 2), PARTICLE, 1.0),
    ]
    image = np.empty((size, size, 3), np.float32)
    image[:] = BACKGROUND
    for light, colour, strength in layers:
        alpha = (strength * (1.0 - np.exp(-light)))[..., None]
        image += alpha * (np.asarray(colour, np.float32) - image)
    # Rows run downwards in a picture and upwards in a plot.
    return image[::-1].clip(0, 255).astype(np.uint8)


def _planar(x: Floats) -> Floats:
    """The first two features; a single one lies on a line."""
    if x.shape[-1] >= 2:
        return x[..., :2]
    return np.concatenate([x, np.zeros_like(x)], axis=-1)


def _view(points: Floats, particles: Floats) -> tuple[Floats, float]:
    """Centre and half-width of a square around the data and nearly all particles."""
    both = np.concatenate([points, np.percentile(particles, [1, 99], axis=0)])
    low, high = both.min(axis=0), both.max(axis=0)
    return ((low + high) / 2).astype(np.float32), float(max((high - low).max() / 2, 1e-6) * 1.15)


def _ways(pixels: Floats) -> Floats:
    """Points along the straight pieces of (T, n, 2) paths."""
    u = np.linspace(0.0, 1.0, SEGMENT, endpoint=False, dtype=np.float32)[:, None, None, None]
    between: Floats = pixels[:-1] + u * (pixels[1:] - pixels[:-1])
    return between.reshape(-1, 2)


def _light(points: Floats, size: int, radius: int) -> Floats:
    """Light of (n, 2) points in pixels, each spread over a small disc; bright for any n."""
    light = np.zeros((size, size), np.float32)
    column, row = np.floor(points).astype(np.int64).T
    inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    np.add.at(light, (row[inside], column[inside]), 1.0)
    kernel = np.exp(-0.5 * (np.arange(-2 * radius, 2 * radius + 1) / (0.6 * radius)) ** 2)
    for axis in (0, 1):
        light = sum(
            weight * np.roll(light, shift - 2 * radius, axis)
            for shift, weight in enumerate(kernel.astype(np.float32))
        )
    lit = light[light > 0.05]
    return light / max(float(np.percentile(lit, 80)), 1e-6) * 1.5 if lit.size else light
