"""A smooth path from where particles are to where the next record has them."""

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.charts.particle_timeline import Timeline

__all__ = ["smooth_path", "velocity_on"]

FRAMES = 9  # with so many points the straight pieces look like a curve

Places = NDArray[np.float32]


def smooth_path(start: Places, velocity: Places, end: Places, frames: int = FRAMES) -> Timeline:
    """Return the cubic Hermite curve of each particle on times in [0, 1].

    Args:
        start: (n, 2) where the particles are, in data units.
        velocity: (n, 2) their velocity there, in data units by the length of the path in time.
        end: (n, 2) where they arrive, with the mean velocity of the path: paths that follow each
            other at equal intervals join without a kink.
        frames: of the timeline that is returned.
    """
    s = np.linspace(0, 1, frames, dtype=np.float32)[:, None, None]
    way = end - start
    # The Hermite basis with p(0) = start, p'(0) = velocity, p(1) = end and p'(1) = way.
    curve = start + s * (velocity + s * (2 * (way - velocity) + s * (velocity - way)))
    return Timeline(s[:, 0, 0], np.asarray(curve, dtype=np.float32))


def velocity_on(path: Timeline, s: float) -> Places:
    """Return the velocity (n, 2) at a time of a path, in data units by the length of the path."""
    frame, _ = path.bracket(s)
    step = path.x[frame + 1] - path.x[frame]
    return np.asarray(step * np.float32(len(path.t) - 1), dtype=np.float32)
