"""Numbers between two bounds as levels: the values that a pixel can have, numbered in order."""

import math

import torch
from torch import Tensor

from pushforward.models.contracts.spec import DataSpec

__all__ = ["Levels"]

_EDGE = 1e-3  # of a cell: what rounding may put beside its edge


class Levels:
    """K levels, evenly from one bound to the other, of numbers in model units.

    Each level stands for the cell of the numbers that are nearest to it, those at the ends for as
    much on either side. [MASK], the number K, is the middle between two levels that is nearest to
    grey (the grey pixel of Austin et al. 2021, arXiv:2107.03006, section 3.1), so that it is none
    of them.

    Args:
        levels: K.
        bounds: of the numbers, in the units of the data.
        spec: says what they are in model units.
    """

    def __init__(self, levels: int, bounds: tuple[float, float], spec: DataSpec) -> None:
        self.count = levels
        self._low, high = bounds
        self._step = (high - self._low) / (levels - 1)
        self._grey = (levels - 1) / 2 + (0.5 if levels % 2 else 0.0)
        self._spec = spec

    def write(self, x: Tensor) -> Tensor:
        """Return the level of each number in model units, (n, *shape) int64."""
        return self._places(x).round().clamp(0, self.count - 1).long()

    def read(self, levels: Tensor) -> Tensor:
        """Return the number in model units at each level, [MASK] among them, (n, *shape)."""
        place = torch.where(levels == self.count, self._grey, levels.float())
        return self._spec.standardise(self._low + self._step * place)

    def signs(self, levels: Tensor, masked: bool) -> Tensor:
        """Return what a network reads: where each level is, from -1 to 1 and [MASK] at 0, and, if
        there is a mask, whether it is one; (n, *shape, 1 or 2).
        """
        where = 2.0 * levels.float() / (self.count - 1) - 1.0
        if not masked:
            return where[..., None]
        hidden = levels == self.count
        return torch.stack([where.masked_fill(hidden, 0.0), hidden.float()], dim=-1)

    def outside(self, x: Tensor) -> Tensor:
        """Return which rows have a number in no cell, (n,) bool."""
        beyond = (self._places(x) - (self.count - 1) / 2).abs() > self.count / 2 + _EDGE
        return beyond.flatten(1).any(dim=1)

    def log_cell(self, x: Tensor) -> Tensor:
        """Return the logarithm of the volume of the cell of a row, in model units, 0-d float64."""
        each = math.log(self._step) - self._spec.std.double().log()
        return each.expand(x.shape[1:]).sum()

    def _places(self, x: Tensor) -> Tensor:
        return (self._spec.restore(x) - self._low) / self._step
