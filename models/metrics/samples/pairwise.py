"""Sums over all pairs of points, in blocks, so that memory stays bounded."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

__all__ = ["pair_sum", "pair_sums", "self_sum", "self_sums"]

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


def pair_sums(x: Tensor, y: Tensor, kernel: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Return `pair_sum` by row: over all j of each x_i, (n,), and over all i of each y_j, (m,)."""
    left = torch.zeros(len(x), dtype=torch.float64)
    right = torch.zeros(len(y), dtype=torch.float64)
    for start in range(0, len(x), _ROWS):
        for first in range(0, len(y), _COLUMNS):
            rows, columns = x[start : start + _ROWS], y[first : first + _COLUMNS]
            block = kernel(_distances(rows, columns)).double()
            left[start : start + len(rows)] += block.sum(dim=1).cpu()
            right[first : first + len(columns)] += block.sum(dim=0).cpu()
    return left, right


def self_sums(x: Tensor, kernel: Callable[[Tensor], Tensor]) -> Tensor:
    """Return `self_sum` by row: over all j != i of each x_i, (n,)."""
    found = torch.zeros(len(x), dtype=torch.float64)
    for start in range(0, len(x), _ROWS):
        rows = x[start : start + _ROWS]
        block = kernel(_distances(rows, rows)).double()
        found[start : start + len(rows)] += (block.sum(dim=1) - block.diagonal()).cpu()
        rest = x[start + len(rows) :]
        if len(rest):
            left, right = pair_sums(rows, rest, kernel)
            found[start : start + len(rows)] += left
            found[start + len(rows) :] += right
    return found


def _blocks(x: Tensor, size: int) -> Iterator[Tensor]:
    for start in range(0, len(x), size):
        yield x[start : start + size]


def _distances(x: Tensor, y: Tensor) -> Tensor:
    # The matrix-product form loses all digits of small distances in float32.
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
