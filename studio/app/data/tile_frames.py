"""Tiles as particles: how many stand in a row, and which frame is shown."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHOWN", "columns_for", "frame_at"]

# Of a record: as many as each has, also one that was kept while training had little time, so that
# a latent has one place and one size throughout a run.
SHOWN = 16
NEARLY = 0.9  # of the largest size that tiles can have


def columns_for(n: int, width: float, height: float, aspect: float = 1.0) -> int:
    """Return how many columns make n tiles of width / height ``aspect`` largest in an area; of
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
    """Return the frame whose flow time is nearest: tiles are shown, never blended."""
    return int(np.argmin(np.abs(t - now)))
