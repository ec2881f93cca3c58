"""Rows of different lengths, one after the other and without padding."""

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Ragged"]


@dataclass(frozen=True)
class Ragged:
    """Values of n rows.

    Attributes:
        values: (m,), those of all rows, row after row.
        lengths: (n,) int64, how many of them each row has; their sum is m.
    """

    values: Tensor
    lengths: Tensor

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def rows(self) -> Tensor:
        """(m,) int64, the row of each value."""
        return torch.arange(len(self)).repeat_interleave(self.lengths)

    def take(self, index: Tensor | slice) -> "Ragged":
        """Return some rows, by their numbers, by a mask or as a range."""
        begins = (self.lengths.cumsum(0) - self.lengths)[index]
        lengths = self.lengths[index]
        lies = lengths.cumsum(0) - lengths
        places = torch.arange(int(lengths.sum())) + (begins - lies).repeat_interleave(lengths)
        return Ragged(self.values[places], lengths)
