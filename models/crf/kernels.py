"""Pairwise kernels of a dense CRF on a grid of pixels, normalised and without their self term.

A kernel K has entries k(f_i, f_j), 0 for i = j; what is applied is D^-1/2 K D^-1/2 with the degrees
D = diag(K 1): the symmetric normalisation of Krähenbühl and Koltun 2011 (arXiv:1210.5644).
Pixels are numbered row by row.
"""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["DenseKernel", "Kernel", "SmoothnessKernel", "WindowKernel", "bilateral_features"]

Array = NDArray[np.float32]
_CUT = 5.0  # standard deviations at which the separable Gaussian ends: e^-12.5
_WINDOW, _SMALLEST = 2.5, 1e-3
_KEPT = 2**31
"""Bytes up to which a dense kernel stays in memory; a larger one is computed anew each time."""
_CHUNK = 2**26
_TINY = 1e-12


class Kernel(ABC):
    """A normalised pairwise kernel between n pixels."""

    scale: Array
    """(n,) 1/sqrt of the degrees."""

    def apply(self, q: Array) -> Array:
        """Return D^-1/2 K D^-1/2 q of marginals q (n, classes)."""
        return self.filter(q * self.scale[:, None]) * self.scale[:, None]

    def add_to(self, out: Tensor, q: Tensor, weight: float) -> None:
        """Add ``weight`` times what is applied to q (n, classes) to ``out``, in place."""
        out.add_(torch.from_numpy(self.apply(q.numpy())), alpha=weight)

    @abstractmethod
    def filter(self, q: Array) -> Array:
        """Return K q, without the self term and not normalised."""

    def _normalise(self, n: int) -> None:
        degrees = self.filter(np.ones((n, 1), np.float32))[:, 0]
        # A pixel unlike all others has no neighbours, and keeps its own distribution.
        inverse = 1.0 / np.sqrt(np.maximum(degrees, _TINY))
        self.scale = np.where(degrees > _TINY, inverse, 0.0).astype(np.float32)


class SmoothnessKernel(Kernel):
    """exp(-|p_i - p_j|^2 / (2 theta^2)), p the row and column of a pixel: two passes of a
    one-dimensional Gaussian, 0 beyond the border. It is exact but for the cut at 5 theta.

    Args:
        size: rows and columns of the scene.
        theta: in pixels.
    """

    def __init__(self, size: tuple[int, int], theta: float) -> None:
        if not theta > 0:
            raise ValueError(f"the scale of a kernel must be above 0, got {theta}")
        self._size = size
        reach = min(int(_CUT * theta) + 1, max(size) - 1)
        steps = np.arange(-reach, reach + 1)
        self._taps = np.exp(-0.5 * (steps / theta) ** 2).astype(np.float32)
        self._normalise(size[0] * size[1])

    def filter(self, q: Array) -> Array:
        from scipy import ndimage

        found = q.reshape(*self._size, -1)
        for axis in (0, 1):
            found = ndimage.correlate1d(found, self._taps, axis=axis, mode="constant")
        return found.reshape(q.shape) - q


class DenseKernel(Kernel):
    """exp(-|f_i - f_j|^2 / 2) between all pixels, in chunks of rows: the reference. Its cost grows
    with the square of the number of pixels.

    Args:
        features: f (n, d), divided by their scales; see `bilateral_features`.
    """

    def __init__(self, features: Array) -> None:
        self._features = np.ascontiguousarray(features, np.float32)
        self._norms = np.square(self._features, dtype=np.float64).sum(axis=1)
        n = len(features)
        self._step = max(1, _CHUNK // (4 * n))
        self._chunks: list[Array] | None = None
        if 4 * n * n <= _KEPT:
            self._chunks = [self._rows(start) for start in range(0, n, self._step)]
        self._normalise(n)

    def filter(self, q: Array) -> Array:
        starts = range(0, len(q), self._step)
        chunks = self._chunks if self._chunks is not None else map(self._rows, starts)
        return np.concatenate([chunk @ q for chunk in chunks])

    def _rows(self, start: int) -> Array:
        stop = min(start + self._step, len(self._features))
        here = self._features[start:stop]
        squares = self._norms[start:stop, None] + self._norms - 2.0 * (here @ self._features.T)
        found: Array = np.exp(-0.5 * np.maximum(squares, 0.0)).astype(np.float32)
        found[np.arange(stop - start), np.arange(start, stop)] = 0.0
        return found


class WindowKernel(Kernel):
    """The bilateral kernel between pixels in a window around each, as a sparse matrix: entries
    beyond ``window`` theta or below ``smallest`` are 0. Its cost grows with the number of pixels.

    With the defaults the labels of Indian Pines differ from those of `DenseKernel` in 0.4 %.

    Args:
        values: (H, W, channels) of each pixel, divided by their scale.
        theta: spatial scale, in pixels.
        window: reach, in theta.
        smallest: entries to keep are above it.
    """

    def __init__(
        self, values: Array, theta: float, window: float = _WINDOW, smallest: float = _SMALLEST
    ) -> None:
        if not theta > 0:
            raise ValueError(f"the scale of a kernel must be above 0, got {theta}")
        height, width = values.shape[:2]
        # Half of it: the other half is its mirror image.
        self._half = _windowed(np.asarray(values, np.float32), theta, window, smallest)
        self._normalise(height * width)

    @property
    def entries(self) -> int:
        """Number of stored entries, both triangles."""
        return 2 * int(self._half.nnz)

    def filter(self, q: Array) -> Array:
        found: Array = self._half @ q + self._half.T @ q
        return found


def bilateral_features(values: Array, theta: float) -> Array:
    """Return (n, 2 + channels): row and column in theta, and the values (H, W, channels) of each
    pixel as they are.
    """
    height, width, channels = values.shape
    places = np.indices((height, width)).reshape(2, -1).T / theta
    flat = np.asarray(values, np.float32).reshape(-1, channels)
    return np.concatenate([places, flat], axis=1).astype(np.float32)


def _windowed(values: Array, theta: float, window: float, smallest: float) -> Any:
    """Return the entries of each pixel with those after it, a sparse matrix (n, n)."""
    from scipy import sparse

    height, width = values.shape[:2]
    numbers = np.arange(height * width, dtype=np.int32).reshape(height, width)
    rows, columns, entries = [], [], []
    # Beyond these the spatial factor alone is too small.
    reach = min(window * theta, theta * float(np.sqrt(-2.0 * np.log(smallest))))
    for down in range(int(reach) + 1):
        for right in range(-int(reach) if down else 1, int(reach) + 1):
            if down >= height or abs(right) >= width or down**2 + right**2 > reach**2:
                continue
            here, there = _overlap(height, width, down, right)
            squares = np.square(values[here] - values[there]).sum(axis=-1)
            entry = np.exp(-0.5 * (squares + (down**2 + right**2) / theta**2))
            kept = entry > smallest
            rows.append(numbers[here][kept])
            columns.append(numbers[there][kept])
            entries.append(entry[kept])
    n = height * width
    if not entries:
        return sparse.csr_array((n, n), dtype=np.float32)
    cells = (_joined(rows), _joined(columns))
    return sparse.coo_array((_joined(entries), cells), shape=(n, n)).tocsr()


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Return arrays as one, and let go of the parts: they are the largest thing there is."""
    found = np.concatenate(parts)
    parts.clear()
    return found


def _overlap(
    height: int, width: int, down: int, right: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the pixels that have another one at an offset, and those others."""
    first = slice(max(0, -right), width - max(0, right))
    second = slice(max(0, right), width - max(0, -right))
    return (slice(0, height - down), first), (slice(down, height), second)
