"""Scalar and vector grids for the heat layer and the arrows. Pure numpy.

A grid is (r, r) or (r, r, 2): row i lies at y = y0 + i (y1 - y0)/(r - 1), column j likewise in x,
over bounds (x0, x1, y0, y1) in data units.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.charts.camera import Bounds
from pushforward.studio.app.charts.raster import Colours

__all__ = ["Heat", "at_time", "density", "heat_image", "lookup", "nice", "sample", "span"]

Grid = NDArray[np.float32]
FEATHER = 0.1  # of the side, over which the heat fades out at its edges
FINE = 192  # pixels of the heat image before Qt scales it smoothly


@dataclass(frozen=True, eq=False)
class Heat:
    """A scalar grid to draw. ``diverging`` ones are shown symmetrically around zero.

    ``symbol`` is what the legend says, units included; values outside low..high are clipped.
    """

    grid: Grid
    bounds: Bounds
    symbol: str
    low: float
    high: float
    diverging: bool


def at_time(layer: Grid, t: NDArray[np.float32], now: float) -> Grid:
    """Return a layer (T or 1, r, r, ...) at a flow time, linear between its frames."""
    if layer.shape[0] == 1 or t.shape[0] == 1:
        first: Grid = layer[0]
        return first
    place = float(np.interp(now, t, np.arange(t.shape[0])))
    frame = min(int(place), layer.shape[0] - 2)
    weight = np.float32(place - frame)
    mixed: Grid = layer[frame] * (1 - weight) + layer[frame + 1] * weight
    return mixed


def nice(value: float) -> float:
    """Round a positive number up to 1, 2 or 5 times a power of ten: legends that stand still."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if value <= step * power * 1.0001)


def span(grid: Grid, *, diverging: bool, depth: float | None = None) -> tuple[float, float]:
    """Return the range (low, high) that a legend should have, blind to a few outliers.

    ``depth`` shows only so much below the top: a log-density falls for ever.
    """
    values = grid[np.isfinite(grid)]
    if values.size == 0:
        return (-1.0, 1.0) if diverging else (0.0, 1.0)
    if diverging:
        most = nice(float(np.quantile(np.abs(values), 0.95)))
        return -most, most
    high = float(np.quantile(values, 0.995))
    low = float(np.min(values))
    if depth is not None:
        high = math.ceil(high)
        return max(math.floor(low), high - depth), high
    return (0.0, nice(high)) if low >= 0 else (low, high)


def density(points: Grid, bounds: Bounds, resolution: int = 96, smooth: float = 1.6) -> Grid:
    """Return how many of n points (n, 2) there are per unit area, as a share, (r, r).

    A histogram on the nodes of the grid, smoothed by a Gaussian of ``smooth`` cells.
    """
    x0, x1, y0, y1 = bounds
    column = (points[:, 0] - x0) / (x1 - x0) * (resolution - 1)
    row = (points[:, 1] - y0) / (y1 - y0) * (resolution - 1)
    with np.errstate(invalid="ignore"):
        inside = (column > -0.5) & (column < resolution - 0.5)
        inside &= (row > -0.5) & (row < resolution - 0.5)
    cell = np.rint(row[inside]).astype(np.intp) * resolution
    cell += np.rint(column[inside]).astype(np.intp)
    counts = np.bincount(cell, minlength=resolution * resolution).reshape(resolution, resolution)
    area = (x1 - x0) * (y1 - y0) / (resolution - 1) ** 2
    blur = _gaussian(resolution, smooth)
    spread = blur @ counts.astype(np.float32) @ blur.T
    share: Grid = spread / np.float32(max(1, points.shape[0]) * area)
    return share


def _gaussian(n: int, sigma: float) -> Grid:
    offsets = np.arange(n, dtype=np.float32)
    weights = np.exp(-0.5 * ((offsets[:, None] - offsets[None, :]) / sigma) ** 2)
    # Columns sum to one: mass near an edge stays inside instead of leaking out.
    kernel: Grid = (weights / weights.sum(axis=0, keepdims=True)).astype(np.float32)
    return kernel


def _stretch(n_to: int, n_from: int) -> Grid:
    """Return the matrix (n_to, n_from) that interpolates linearly between nodes."""
    place = np.linspace(0, n_from - 1, n_to, dtype=np.float32)
    distance = np.abs(place[:, None] - np.arange(n_from, dtype=np.float32))
    return np.asarray(np.maximum(0, 1 - distance), dtype=np.float32)


def sample(grid: Grid, bounds: Bounds, points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return a grid (r, r, ...) at points (m, 2), bilinear; points outside take the edge."""
    x0, x1, y0, y1 = bounds
    rows, columns = grid.shape[:2]
    u = np.clip((points[:, 0] - x0) / (x1 - x0) * (columns - 1), 0, columns - 1)
    v = np.clip((points[:, 1] - y0) / (y1 - y0) * (rows - 1), 0, rows - 1)
    j = np.minimum(u.astype(np.intp), max(0, columns - 2))
    i = np.minimum(v.astype(np.intp), max(0, rows - 2))
    tail = (1,) * (grid.ndim - 2)
    a = (u - j).reshape(-1, *tail)
    b = (v - i).reshape(-1, *tail)
    i1, j1 = np.minimum(i + 1, rows - 1), np.minimum(j + 1, columns - 1)
    low = grid[i, j] * (1 - a) + grid[i, j1] * a
    high = grid[i1, j] * (1 - a) + grid[i1, j1] * a
    return np.asarray(low * (1 - b) + high * b, dtype=np.float32)


def lookup(negative: str, positive: str, strength: float, *, diverging: bool) -> Colours:
    """Return 256 premultiplied colours: from one colour through nothing to the other, or, for
    sequential layers, from nothing to the positive one. ``strength`` is the largest alpha.
    """
    steps = np.linspace(-1, 1, 256) if diverging else np.linspace(0, 1, 256)
    # A gentle start keeps the middle calm; a little bend at the top keeps the ends apart.
    alpha = strength * np.abs(steps) ** 0.85
    table = np.empty((256, 3))
    for colour, which in ((negative, steps < 0), (positive, steps >= 0)):
        table[which] = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    red, green, blue = np.rint(table * alpha[:, None]).astype(np.uint32).T
    opaque = np.rint(alpha * 255).astype(np.uint32)
    return np.asarray(
        (opaque << np.uint32(24)) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue,
        dtype=np.uint32,
    )


def heat_image(heat: Heat, table: Colours) -> Colours:
    """Return the heat as colours, (FINE, FINE), first row at the top (y1); NaN is transparent."""
    grid = np.nan_to_num(heat.grid, nan=heat.low if not heat.diverging else 0.0)
    rows, columns = grid.shape
    fine = _stretch(FINE, rows) @ grid @ _stretch(FINE, columns).T
    width = heat.high - heat.low
    place = (fine - heat.low) * (255 / width if width > 0 else 0.0)
    colours = table[np.clip(np.rint(place), 0, 255).astype(np.intp)][::-1]
    return _feathered(colours)


def _feathered(colours: Colours) -> Colours:
    """Let an image end softly: where the grid stops inside the view, no edge is seen."""
    n = colours.shape[0]
    ramp = np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / (FEATHER * n), 0, 1)
    channels = np.ascontiguousarray(colours).view(np.uint8).reshape(n, n, 4)
    soft = channels * (ramp[:, None] * ramp[None, :])[..., None]
    return np.ascontiguousarray(soft.astype(np.uint8)).view(np.uint32).reshape(n, n)
