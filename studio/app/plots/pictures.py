"""Pictures as particles: arrays of images to pixels, and how many stand in a row."""

import math

import numpy as np
from numpy.typing import NDArray

from studio.app.plots.raster import Colours

__all__ = ["SHOWN", "atlas", "columns_for", "frame_at"]

# Of a record: as many as each has, also one that was kept while training had little time, so that
# a latent has one place and one size throughout a run.
SHOWN = 16
NEARLY = 0.9  # of the largest size that pictures can have


def atlas(images: NDArray[np.floating]) -> Colours:
    """Return images (n, C, H, W) of values in [0, 1], C 1 or 3, below each other: (n * H, W) ARGB.

    Values outside of the range, which a model may make, are clipped.
    """
    n, channels, height, width = images.shape
    grey = np.nan_to_num(np.clip(images, 0.0, 1.0)) * 255.0 + 0.5
    bytes_ = grey.astype(np.uint32)
    red, green, blue = (bytes_[:, min(c, channels - 1)] for c in (0, 1, 2))
    argb = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
    return np.ascontiguousarray(argb.reshape(n * height, width))


def columns_for(n: int, width: float, height: float, aspect: float = 1.0) -> int:
    """Return how many columns make n pictures of width / height ``aspect`` largest in an area; of
    those that are nearly as good, the one with the fewest empty places in its last row.
    """
    if n < 1:
        return 1
    rows = {columns: math.ceil(n / columns) for columns in range(1, n + 1)}
    sizes = {c: min(width / c, height / r * aspect) for c, r in rows.items()}
    best = max(sizes.values())
    good = [columns for columns, size in sizes.items() if size >= NEARLY * best]
    return min(good, key=lambda columns: (rows[columns] * columns - n, -sizes[columns]))


def frame_at(t: NDArray[np.floating], now: float) -> int:
    """Return the frame whose flow time is nearest: pictures are shown, never blended."""
    return int(np.argmin(np.abs(t - now)))
