"""Mean, spread and range of columns that come block by block."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Running"]

Wide = NDArray[np.float64]


class Running:
    """Statistics (d,) of finite rows (n, d). Mean and squared deviations are merged block by block
    (Chan, Golub and LeVeque, 1983, equations 2.1), which is stable far from zero.
    """

    def __init__(self, d: int) -> None:
        self.n = 0
        self.mean: Wide = np.zeros(d)
        self.minimum: Wide = np.full(d, np.inf)
        self.maximum: Wide = np.full(d, -np.inf)
        self._squares: Wide = np.zeros(d)

    @property
    def std(self) -> Wide:
        """The standard deviation, with n below."""
        return np.asarray(np.sqrt(self._squares / max(self.n, 1)))

    def add(self, rows: NDArray[Any]) -> None:
        """Take rows (k, d)."""
        k = len(rows)
        if not k:
            return
        total = self.n + k
        for i, column in enumerate(rows.T):
            # One by one: all at once in 64 bits take several times the memory of the rows.
            wide = column.astype(np.float64)
            mean = float(wide.mean())
            delta = mean - self.mean[i]
            self._squares[i] += np.square(wide - mean).sum() + delta**2 * self.n * k / total
            self.mean[i] += delta * k / total
            self.minimum[i] = min(self.minimum[i], wide.min())
            self.maximum[i] = max(self.maximum[i], wide.max())
        self.n = total
