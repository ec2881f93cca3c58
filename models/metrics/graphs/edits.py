"""How many pairs of nodes have to be flipped to turn one graph into another, up to numbering.

The exact edit distance is too expensive. `edit_distances` returns an upper bound: nodes are matched
by structural features, and the matching is improved by exchanging two nodes at a time. For copies
with one or two flipped pairs it is nearly always exact.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["edit_distances", "share_beyond"]

Array = NDArray[np.float64]
Graphs = tuple[Tensor, Tensor]
_WALKS = 5  # closed walks of lengths up to 5 tell nodes apart
_TOLERANCE = 1e-9


def share_beyond(flips: int, made: Graphs, known: Graphs) -> float:
    """Return the share of graphs that differ from each known one in more pairs than ``flips``."""
    return float((edit_distances(made, known) > flips).double().mean())


def edit_distances(made: Graphs, known: Graphs) -> Tensor:
    """Return the number of pairs in which each graph differs from the nearest known one.

    Args:
        made: adjacency (n, N, N) and number of nodes (n,).
        known: the same of the graphs that it is compared with.

    Returns:
        (n,) float64, infinite where no known graph has as many nodes.
    """
    by_size: dict[int, list[_Nodes]] = {}
    for square, n in zip(known[0].cpu().numpy(), known[1].tolist(), strict=True):
        by_size.setdefault(n, []).append(_Nodes(square[:n, :n]))
    squares = zip(made[0].cpu().numpy(), made[1].tolist(), strict=True)
    found = [_nearest(_Nodes(square[:n, :n]), by_size.get(n, [])) for square, n in squares]
    return torch.tensor(found, dtype=torch.float64)


class _Nodes:
    """A graph with the features by which its nodes are matched."""

    def __init__(self, square: NDArray[np.bool_]) -> None:
        self.square: Array = square.astype(np.float64)
        degree = self.square.sum(axis=0)
        self.degrees: Array = np.sort(degree)
        self.spectrum: Array = np.asarray(np.linalg.eigvalsh(self.square), dtype=np.float64)
        columns: list[Array] = [degree, self.square @ degree / np.maximum(degree, 1.0)]
        power = self.square
        for length in range(2, _WALKS + 1):
            power = power @ self.square
            columns.append(np.diag(power) ** (1.0 / length))
        self.features: Array = np.stack(columns, axis=1)


def _nearest(made: _Nodes, known: list[_Nodes]) -> float:
    least = float("inf")
    bounds = [_lower_bound(made, each) for each in known]
    for place in np.argsort(bounds):
        if bounds[place] >= least:
            break
        least = min(least, _matched(made, known[place]))
    return least


def _lower_bound(one: _Nodes, other: _Nodes) -> float:
    """Return a lower bound of the number of flips: by the spectra (Hoffman and Wielandt 1953) and
    by the sorted degrees (a flip changes two of them by one).
    """
    spectra = np.square(one.spectrum - other.spectrum).sum() / 2.0
    degrees = np.abs(one.degrees - other.degrees).sum() / 2.0
    return float(max(spectra, degrees)) - _TOLERANCE


def _matched(one: _Nodes, other: _Nodes) -> float:
    """Return the number of differing pairs after matching, a local minimum over exchanges of two
    nodes.
    """
    from scipy.optimize import linear_sum_assignment  # late: nobody's start waits for it

    cost = np.square(one.features[:, None] - other.features[None]).sum(axis=2)
    _, order = linear_sum_assignment(cost)
    a, b = one.square, other.square[np.ix_(order, order)]
    while True:
        agreement = a @ b
        own = np.diag(agreement)
        # The pair of the two exchanged nodes itself stays as it is.
        gain = agreement + agreement.T - own[:, None] - own[None] + 2.0 * a * b
        i, j = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[i, j] <= 0.0:
            return float(np.abs(a - b).sum() / 2.0)
        swap = np.arange(len(a))
        swap[[i, j]] = swap[[j, i]]
        b = b[np.ix_(swap, swap)]
