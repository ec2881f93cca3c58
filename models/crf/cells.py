"""A kernel in cells: its cost and memory grow with the number of pixels, for scenes of a million.

Two approximations. In space a kernel is constant on squares of ``block`` pixels, much smaller than
its scale, of which the variance of the squares is taken off again. In the values of pixels it is
K_NM K_MM^-1 K_MN of M landmarks, the centres of clusters (Nyström: Zhang, Tsang and Kwok 2008,
doi:10.1145/1390156.1390311), so that a sum over all pixels is a sum over squares of M numbers each,
a blur of these, and a sum over landmarks. Both factors stay positive semidefinite.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.crf.kernels import Kernel
from pushforward.models.tensors import make_generator

__all__ = ["CellKernel"]

Array = NDArray[np.float32]
_BLOCKS, _SMOOTH_BLOCKS = 1.5, 1.5
"""Scales of a kernel by which a square is smaller."""
_LANDMARKS, _SAMPLE, _ROUNDS = 64, 8192, 8
_SMALLEST = 1e-3  # eigenvalue of the landmarks below which a direction is left out
_REACH = 3.5  # standard deviations at which the blur of squares ends
_BAND = 24  # squares that are blurred at once
_TINY = 1e-3  # degree below which a pixel has no neighbours: landmarks are not exact


class CellKernel(Kernel):
    """exp(-|p_i - p_j|^2 / (2 theta^2) - |v_i - v_j|^2 / 2) between pixels, approximately.

    Args:
        size: rows and columns of the scene.
        theta: spatial scale, in pixels.
        values: v (H, W, channels), divided by their scale; None for a kernel of space alone.
        block: side of a square; 0 for about theta / 1.5.
        landmarks: M, without effect on a kernel of space alone.
    """

    def __init__(
        self,
        size: tuple[int, int],
        theta: float,
        values: Array | None = None,
        *,
        block: int = 0,
        landmarks: int = _LANDMARKS,
    ) -> None:
        if not theta > 0:
            raise ValueError(f"the scale of a kernel must be above 0, got {theta}")
        self._height, self._width = size
        self._block = block or max(1, int(theta / _BLOCKS))
        # A square adds its own variance, (block^2 - 1) / 12 on each side.
        variance = max(theta**2 - (self._block**2 - 1) / 6.0, 0.25)
        self._theta = math.sqrt(variance) / self._block
        self._across = -(-self._width // self._block)
        self._down = -(-self._height // self._block)
        self._taps = [_gaussian(n, self._theta) for n in (self._down, self._across)]
        self._features = self._cells(None if values is None else _features(values, landmarks))
        n = size[0] * size[1]
        self._own = torch.cat([self._squares(row) for row in range(self._down)])
        degrees = self._filter(torch.ones((n, 1)))
        inverse = torch.where(degrees > _TINY, degrees.clamp_min(_TINY).rsqrt(), 0.0)
        self.scale = inverse[:, 0].numpy()
        # From here on it is normalised: features carry the scale of their pixel.
        self._features.mul_(self._into_cells(inverse).to(self._features.dtype))
        self._own.mul_(inverse.square())

    def filter(self, q: Array) -> Array:
        scale = np.maximum(self.scale, _TINY)[:, None]
        return (self.apply(np.ascontiguousarray(q / scale, np.float32)) / scale).astype(np.float32)

    def apply(self, q: Array) -> Array:
        return self._filter(torch.from_numpy(q)).numpy()

    def add_to(self, out: Tensor, q: Tensor, weight: float) -> None:
        """Add ``weight`` times the normalised kernel of q (n, classes) to ``out``, in place."""
        self._filter(q, out, weight)

    def _filter(self, q: Tensor, out: Tensor | None = None, weight: float = 1.0) -> Tensor:
        """Return the sums over all other pixels, row of squares by row of squares."""
        k, m = q.shape[1], self._features.shape[-1]
        grid = torch.empty((self._down, self._across, m, k))
        for row in range(self._down):
            part = self._strip(q[self._rows(row)])
            torch.bmm(self._features[row].float().transpose(1, 2), part, out=grid[row])
        self._blur(grid)
        found = torch.zeros_like(q) if out is None else out
        for row in range(self._down):
            rows = self._rows(row)
            pixels = self._unstrip(torch.bmm(self._features[row].float(), grid[row]), row)
            found[rows].add_(pixels - self._own[rows] * q[rows], alpha=weight)
        return found

    def _blur(self, grid: Tensor) -> None:
        """Blur squares (down, across, ...) in place, along both axes."""
        down = grid.reshape(self._down, -1)
        for start in range(0, down.shape[1], 2**16):
            some = down[:, start : start + 2**16]
            some.copy_(_banded(self._taps[0], some))
        for row in grid:
            flat = row.reshape(self._across, -1)
            flat.copy_(_banded(self._taps[1], flat))

    # Pixels and squares

    def _rows(self, row: int) -> slice:
        """Return which pixels a row of squares has."""
        top, bottom = row * self._block, min((row + 1) * self._block, self._height)
        return slice(top * self._width, bottom * self._width)

    def _strip(self, rows: Tensor) -> Tensor:
        """Return the pixels (n, k) of a row of squares as (across, block^2, k), 0 beyond them."""
        side, k = self._block, rows.shape[1]
        strip = rows.new_zeros((side, self._across * side, k))
        strip[: len(rows) // self._width, : self._width] = rows.reshape(-1, self._width, k)
        cells = strip.reshape(side, self._across, side, k).transpose(0, 1)
        return cells.reshape(self._across, side**2, k)

    def _unstrip(self, cells: Tensor, row: int) -> Tensor:
        """Return the pixels (n, k) of a row of squares (across, block^2, k)."""
        side, k = self._block, cells.shape[2]
        strip = cells.reshape(self._across, side, side, k).transpose(0, 1)
        strip = strip.reshape(side, self._across * side, k)
        rows = self._rows(row)
        high = (rows.stop - rows.start) // self._width
        return strip[:high, : self._width].reshape(-1, k)

    def _into_cells(self, x: Tensor) -> Tensor:
        """Return numbers of pixels (n, k) as (down, across, block^2, k)."""
        return torch.stack([self._strip(x[self._rows(row)]) for row in range(self._down)])

    def _squares(self, row: int) -> Tensor:
        """Return the entries of the pixels of a row of squares with themselves, (pixels, 1)."""
        own = self._features[row].float().square_().sum(dim=-1, keepdim=True)
        return self._unstrip(own, row)

    def _cells(self, features: "_Features | None") -> Tensor:
        """Return the features of all pixels, (down, across, block^2, M): half precision where they
        are many.
        """
        if features is None:
            return self._into_cells(torch.ones((self._height * self._width, 1)))
        shape = (self._down, self._across, self._block**2, features.count)
        found = torch.empty(shape, dtype=torch.float16)
        for row in range(self._down):
            found[row] = self._strip(features.of(self._rows(row)))
        return found


class _Features:
    """Landmark features of values (n, channels), so that their products are about the kernel."""

    def __init__(self, values: Tensor, landmarks: int) -> None:
        self._values = values
        self._centres = _cluster(values, landmarks)
        kernel = torch.exp(-0.5 * torch.cdist(self._centres, self._centres).square()).double()
        levels, vectors = torch.linalg.eigh(kernel)
        kept = levels > _SMALLEST
        self._root = (vectors[:, kept] * levels[kept].rsqrt()).float()
        self.count = int(kept.sum())

    def of(self, rows: slice) -> Tensor:
        """Return the features of some rows, (rows, M)."""
        squares = torch.cdist(self._values[rows], self._centres).square_()
        found: Tensor = squares.mul_(-0.5).exp_() @ self._root
        return found


def _features(values: Array, landmarks: int) -> _Features:
    flat = np.ascontiguousarray(values, np.float32).reshape(-1, values.shape[-1])
    return _Features(torch.from_numpy(flat), landmarks)


def _cluster(values: Tensor, count: int) -> Tensor:
    """Return the centres of clusters of values (n, channels), (count, channels), by k-means on some
    of them.
    """
    generator = make_generator(0)
    some = values[torch.randint(len(values), (_SAMPLE,), generator=generator)]
    centres = some[torch.randperm(len(some), generator=generator)[:count]].clone()
    for _ in range(_ROUNDS):
        nearest = torch.cdist(some, centres).argmin(dim=1)
        members = torch.bincount(nearest, minlength=count).float()[:, None]
        sums = torch.zeros_like(centres).index_add_(0, nearest, some)
        centres = torch.where(members > 0, sums / members.clamp_min(1.0), centres)
    return centres


def _gaussian(n: int, theta: float) -> Tensor:
    """Return exp(-d^2 / (2 theta^2)) between n places in a row, (n, n)."""
    places = torch.arange(n, dtype=torch.float32)
    return torch.exp(-0.5 * ((places[:, None] - places) / theta) ** 2).masked_fill_(
        (places[:, None] - places).abs() > _REACH * theta + 1.0, 0.0
    )


def _banded(taps: Tensor, x: Tensor) -> Tensor:
    """Return taps (n, n) @ x (n, k), by bands of rows: far places are zero."""
    n = len(taps)
    if n <= 2 * _BAND:
        return taps @ x
    reach = int((taps[0] > 0).sum())
    found = torch.empty((n, x.shape[1]))
    for start in range(0, n, _BAND):
        stop = min(start + _BAND, n)
        low, high = max(0, start - reach), min(n, stop + reach)
        torch.mm(taps[start:stop, low:high], x[low:high], out=found[start:stop])
    return found
