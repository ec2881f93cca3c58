"""Whether a graph is of the right make: connected, a tree, a lobster, a grid, planar, with a hub,
or two dense halves with few edges between.
"""

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["connected", "grid", "halved", "hub", "lobster", "planar", "tree", "two_communities"]

DENSE = 0.45  # share of the pairs of a half that are joined, at least
FEW, SHARE = 4, 0.15  # edges between halves at most: so many, or this share of all


def connected(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph (n, N, N) hangs together, (n,) bool; one without nodes does not."""
    reach = adjacency.double() + torch.eye(adjacency.shape[1], dtype=torch.float64)
    # Squaring doubles how far one gets.
    for _ in range(max(1, adjacency.shape[1] - 1).bit_length()):
        reach = (reach @ reach).clamp_max(1.0)
    return (size > 0) & (reach[:, 0].sum(dim=1) == size)


def tree(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph (n, N, N) is a tree, (n,) bool: connected, an edge less than
    nodes.
    """
    return connected(adjacency, size) & (adjacency.sum(dim=(1, 2)) == 2 * (size - 1))


def lobster(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph (n, N, N) is a lobster, (n,) bool: a tree of which a path or less
    is left without its leaves and then theirs.
    """
    left = adjacency
    for _ in range(2):
        inner = left.sum(dim=2) > 1
        left = left & inner[:, :, None] & inner[:, None, :]
    # What is left of a tree is connected.
    return tree(adjacency, size) & (left.sum(dim=2) <= 2).all(dim=1)


def hub(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether some node of each graph (n, N, N) is joined to all others, (n,) bool."""
    return (size > 0) & (adjacency.sum(dim=2).max(dim=1).values == size - 1)


def grid(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph (n, N, N) is a grid of two rows and columns or more, (n,) bool."""
    import networkx

    def is_grid(a: Tensor) -> bool:
        n, edges = len(a), int(a.sum()) // 2
        # Of r x c nodes there are 2 r c - r - c edges, so that r + c is known, and with it r.
        half = 2 * n - edges
        rows = [r for r in range(2, half // 2 + 1) if r * (half - r) == n]
        return bool(rows) and networkx.is_isomorphic(
            networkx.from_numpy_array(a.numpy()), networkx.grid_2d_graph(rows[0], half - rows[0])
        )

    return _each(adjacency, size, is_grid)


def planar(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return whether each graph (n, N, N) is connected and planar, (n,) bool.

    Left-right planarity test (de Fraysseix and Rosenstiehl; Brandes 2009), that of networkx.
    """
    import networkx

    return _each(
        adjacency,
        size,
        lambda a: bool(networkx.check_planarity(networkx.from_numpy_array(a.numpy()))[0]),
    )


def _each(adjacency: Tensor, size: Tensor, holds: Callable[[Tensor], bool]) -> Tensor:
    """Return which graphs are connected, and of the make that a function of (size, size) knows."""
    found = [
        bool(ok) and holds(a[:n, :n])
        for ok, a, n in zip(connected(adjacency, size), adjacency, size.tolist(), strict=True)
    ]
    return torch.tensor(found, dtype=torch.bool)


def halved(adjacency: Tensor) -> Tensor:
    """Return which nodes of one graph (N, N) are in the second of two equal halves with few edges
    between them, (N,) bool, one more in the second if N is odd.

    From the signs of the Laplacian's second eigenvector (Fiedler 1973) by the best exchange of two
    nodes, as long as one helps (Kernighan and Lin 1970, doi:10.1002/j.1538-7305.1970.tb01770.x).
    """
    a = adjacency.double()
    laplacian = torch.diag(a.sum(dim=1)) - a
    order = torch.linalg.eigh(laplacian)[1][:, min(1, len(a) - 1)].argsort()
    second = torch.zeros(len(a), dtype=torch.bool)
    second[order[len(a) // 2 :]] = True
    while True:
        side = torch.where(second, 1.0, -1.0).double()
        # What a node would save by changing sides; two that are joined save 2 less together.
        gain = -side * (a @ side)
        left, right = (~second).nonzero()[:, 0], second.nonzero()[:, 0]
        both = gain[left, None] + gain[right] - 2.0 * a[left][:, right]
        if both.numel() == 0 or both.max() <= 0.0:
            return second
        best = divmod(int(both.argmax()), len(right))
        second[left[best[0]]], second[right[best[1]]] = True, False


def two_communities(adjacency: Tensor, size: Tensor, low: int, high: int) -> Tensor:
    """Return whether each graph (n, N, N) is two communities, (n,) bool: of ``low`` to ``high``
    nodes, connected, two halves that are dense inside (45 % of the pairs) and joined by at most 4
    edges, or 15 % of all.
    """
    return _each(adjacency, size, _communities) & (low <= size) & (size <= high)


def _communities(adjacency: Tensor) -> bool:
    second = halved(adjacency)
    edges = adjacency.sum() / 2.0
    cut = adjacency[second][:, ~second].sum()
    dense = True
    for half in (second, ~second):
        count = int(half.sum())
        inside = float(adjacency[half][:, half].sum()) / max(1, count * (count - 1))
        dense = dense and inside >= DENSE
    return dense and float(cut) <= max(FEW, SHARE * float(edges))
