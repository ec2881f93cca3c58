"""Sparse weighted counts of pairs of integers."""

import torch
from torch import Tensor

from pushforward.models.contracts.state import State

__all__ = ["PairCounts"]


class PairCounts:
    """A sparse matrix of counts (rows, columns) that grows by addition.

    Args:
        columns: number of columns.
        device: where the counts are.
    """

    def __init__(self, columns: int, device: torch.device) -> None:
        self.columns = columns
        self._keys = torch.zeros(0, dtype=torch.int64, device=device)
        self._values = torch.zeros(0, dtype=torch.float64, device=device)
        self._new: list[tuple[Tensor, Tensor]] = []

    def add(self, row: Tensor, column: Tensor, weight: Tensor) -> None:
        """Add weights (m,) to the entries at rows and columns (m,)."""
        self._new.append((row * self.columns + column, weight.double()))
        if sum(len(keys) for keys, _ in self._new) > len(self._keys) + 100_000:
            self._merge()

    def _merge(self) -> None:
        if not self._new:
            return
        keys = torch.cat([self._keys, *(keys for keys, _ in self._new)])
        values = torch.cat([self._values, *(values for _, values in self._new)])
        self._keys, place = torch.unique(keys, return_inverse=True)
        total = torch.zeros(len(self._keys), dtype=torch.float64, device=values.device)
        self._values = total.index_add_(0, place, values)
        self._new = []

    def rows(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the entries of some rows (m,): the row of each, its column, and its value, row by
        row.
        """
        self._merge()
        ends = torch.stack([index, index + 1]) * self.columns
        start, stop = torch.searchsorted(self._keys, ends)
        lengths = stop - start
        begins = lengths.cumsum(0) - lengths
        of = torch.arange(len(index), device=index.device).repeat_interleave(lengths)
        places = torch.arange(int(lengths.sum()), device=index.device) + (start - begins)[of]
        columns = self._keys[places] % self.columns
        return of, columns, self._values[places]

    def dense(self) -> Tensor:
        """Return the square matrix of all counts, (columns, columns) float64."""
        self._merge()
        flat = torch.zeros(self.columns**2, dtype=torch.float64, device=self._values.device)
        return flat.index_put((self._keys,), self._values).view(self.columns, -1)

    def over_rows(self, first: int) -> Tensor:
        """Return the sum over the rows from ``first`` on, (columns,)."""
        self._merge()
        kept = self._keys >= first * self.columns
        zero = torch.zeros(self.columns, dtype=torch.float64, device=self._values.device)
        return zero.index_add_(0, self._keys[kept] % self.columns, self._values[kept])

    @property
    def last_row(self) -> int:
        """The largest row with an entry, -1 without any."""
        self._merge()
        return int(self._keys[-1]) // self.columns if len(self._keys) else -1

    def pack(self, state: State, part: str) -> None:
        """Add the counts."""
        self._merge()
        state.keep(f"{part}/keys", self._keys)
        state.keep(f"{part}/values", self._values)

    def unpack(self, state: State, part: str) -> None:
        """Restore them.

        Raises:
            ValueError: there are none.
        """
        device, self._new = self._keys.device, []
        self._keys = state.tensor(f"{part}/keys", (-1,)).to(device)
        self._values = state.tensor(f"{part}/values", (-1,)).to(device)

    def parameter_count(self) -> int:
        """Return 0: nothing is trained by a gradient."""
        return 0
