"""Where all particles are at any flow time, in device pixels: linear between stored frames.

Pushing a hundred thousand particles through a camera sixty times a second is two multiplications
and two additions each, because the two frames around the present are kept as pixels.
"""

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.charts.camera import Affine
from pushforward.studio.app.charts.raster import Planar

__all__ = ["Timeline"]

FAR = 1e12  # positions beyond it, or not finite, are put there: off every screen


class Timeline:
    """Frames of the same particles at increasing times.

    Args:
        t: (T,) times, increasing.
        x: (T, n, d) positions in data units; d >= 2.
        dims: which two of the d coordinates are drawn.
    """

    def __init__(
        self, t: NDArray[np.float32], x: NDArray[np.float32], dims: tuple[int, int] = (0, 1)
    ) -> None:
        match x.shape:
            case (frames, _, _) if frames == len(t) > 0:
                pass
            case _:
                raise ValueError(f"frames do not fit their times: t {t.shape}, x {x.shape}")
        if not all(0 <= d < x.shape[2] for d in dims):
            raise ValueError(f"there are no dimensions {dims} in {x.shape[2]}")
        self.t = t
        self.x = x
        self.dims = dims
        self._affine: Affine | None = None
        self._segment = -1
        self._base: Planar = np.empty((2, 0), dtype=np.float32)
        self._way: Planar | None = None

    @property
    def n(self) -> int:
        """How many particles there are."""
        return int(self.x.shape[1])

    @property
    def moves(self) -> bool:
        """Whether there is more than one frame."""
        return len(self.t) > 1

    def planar(self, frame: int) -> Planar:
        """Return a frame in data units as (2, n), finite."""
        plane = np.ascontiguousarray(self.x[frame][:, self.dims].T, dtype=np.float32)
        np.nan_to_num(plane, copy=False, nan=FAR, posinf=FAR, neginf=-FAR)
        return np.clip(plane, -FAR, FAR, out=plane)

    def bracket(self, t: float) -> tuple[int, float]:
        """Return (frame, weight): the time is that far from the frame to the next one."""
        last = self.t.shape[0] - 1
        frame = int(np.searchsorted(self.t, np.float32(t), side="right")) - 1
        if frame < 0 or last == 0:
            return 0, 0.0
        if frame >= last:
            return last - 1, 1.0
        span = float(self.t[frame + 1] - self.t[frame])
        return frame, (float(np.float32(t)) - float(self.t[frame])) / span if span > 0 else 0.0

    def pixels(self, t: float, affine: Affine, out: Planar) -> Planar:
        """Write where the particles are at a time, (2, n) device pixels, into ``out``."""
        frame, weight = self.bracket(t)
        if affine != self._affine or frame != self._segment:
            self._load(frame, affine)
        if self._way is None or weight == 0.0:
            np.copyto(out, self._base)
        else:
            np.multiply(self._way, np.float32(weight), out=out)
            np.add(out, self._base, out=out)
        return out

    def drawn_at(self, t: float) -> NDArray[np.float32]:
        """Return the positions at a time in the two dimensions that are drawn, finite, (n, 2)."""
        frame, weight = self.bracket(t)
        here = self.planar(frame)
        if weight > 0.0:
            here += np.float32(weight) * (self.planar(frame + 1) - here)
        return here.T

    def at(self, t: float) -> NDArray[np.float32]:
        """Return the positions at a time in data units, all dimensions, (n, d)."""
        frame, weight = self.bracket(t)
        here: NDArray[np.float32] = self.x[frame]
        if weight == 0.0:
            return here
        there: NDArray[np.float32] = self.x[frame + 1]
        return there if weight == 1.0 else here + np.float32(weight) * (there - here)

    def _load(self, frame: int, affine: Affine) -> None:
        self._base = _project(self.planar(frame), affine)
        self._way = None
        if frame + 1 < self.x.shape[0]:
            self._way = _project(self.planar(frame + 1), affine)
            self._way -= self._base
        self._segment, self._affine = frame, affine


def _project(plane: Planar, affine: Affine) -> Planar:
    sx, ox, sy, oy = affine
    plane[0] *= np.float32(sx)
    plane[0] += np.float32(ox)
    plane[1] *= np.float32(sy)
    plane[1] += np.float32(oy)
    return plane
