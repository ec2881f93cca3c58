"""Sums over all pairs of points, in blocks, so that memory stays bounded."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

__all__ = ["pair_sum", "self_sum"]

# 1024 x 4096 distances of float32 are 16 MiB: they stay near the processor.
_ROWS, _COLUMNS = 1024, 4096


def pair_sum(x: Tensor, y: Tensor, kernel: Callable[[Tensor], Tensor]) -> float:
    """Return the sum over all i, j of kernel(|x_i - y_j|), x (n, d), y (m, d).

    ``kernel`` maps a block of distances to values of the same shape (and may work in place).
    """
    total = 0.0
    for rows in _blocks(x, _ROWS):
        for columns in _blocks(y, _COLUMNS):
            total += float(kernel(_distances(rows, columns)).sum(dtype=torch.float64))
    return total


def self_sum(x: Tensor, kernel: Callable[[Tensor], Tensor]) -> float:
    """Return the sum over all ordered pairs i != j of kernel(|x_i - x_j|), x (n, d)."""
    total = 0.0
    for start in range(0, len(x), _ROWS):
        rows = x[start : start + _ROWS]
        # Blocks right of the diagonal count twice; in the block on it each pair is there twice,
        # and each point once with itself.
        block = kernel(_distances(rows, rows))
        total += float(block.sum(dtype=torch.float64) - block.diagonal().sum(dtype=torch.float64))
        for columns in _blocks(x[start + _ROWS :], _COLUMNS):
            total += 2.0 * float(kernel(_distances(rows, columns)).sum(dtype=torch.float64))
    return total


def _blocks(x: Tensor, size: int) -> Iterator[Tensor]:
    for start in range(0, len(x), size):
        yield x[start : start + size]


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # The matrix-product form loses all digits of small distances in float32.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
