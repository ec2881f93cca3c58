"""How many communities a graph has, by greedy modularity."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["communities"]

_NO_GAIN = 1e-12


def communities(square: NDArray[Any]) -> int:
    """Return how many communities a graph (n, n) has: from each node for itself those two that are
    joined become one that raise the modularity most, until none does (Clauset, Newman and Moore
    2004, doi:10.1103/PhysRevE.70.066111).
    """
    share = np.asarray(square != 0, np.float64)
    total = share.sum()
    if not total:
        return len(share)
    share /= total
    ends = share.sum(axis=1)
    while len(share) > 1:
        gain = np.where(share > 0.0, share - np.outer(ends, ends), -np.inf)
        np.fill_diagonal(gain, -np.inf)
        one, other = divmod(int(gain.argmax()), len(share))
        if gain[one, other] <= _NO_GAIN:
            break
        share[one] += share[other]
        share[:, one] += share[:, other]
        ends[one] += ends[other]
        left = np.arange(len(share)) != other
        share, ends = share[left][:, left], ends[left]
    return len(share)
