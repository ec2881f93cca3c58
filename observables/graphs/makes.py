"""Of which make a graph is: connected, a tree, a lobster, a grid, planar, with a hub, or two dense
halves with few edges between; and why it is not.

Of a graph ``square`` (n, n), all of whose nodes are real, each says in a few words what is wrong
with it, "" where nothing is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.canonical import certificate
from pushforward.observables.graphs.statistics import pieces

__all__ = [
    "MAKES",
    "NO_MAKE",
    "Make",
    "halved",
    "make_meant",
    "make_of",
    "why_no_grid",
    "why_no_hub",
    "why_no_lobster",
    "why_no_tree",
    "why_no_two_communities",
    "why_not_connected",
    "why_not_planar",
]

Square: TypeAlias = NDArray[Any]

DENSE = 0.45  # share of the pairs of a half that are joined, at least
FEW, SHARE = 4, 0.15  # edges between halves at most: so many, or this share of all


def why_not_connected(square: Square) -> str:
    """Say why a graph does not hang together; one without nodes does not."""
    if not len(square):
        return "no nodes"
    parts = int(pieces(square[None], np.array([len(square)]))[0])
    return "" if parts == 1 else f"{parts} pieces"


def why_no_tree(square: Square) -> str:
    """Say why a graph is no tree: connected, an edge less than nodes."""
    if apart := why_not_connected(square):
        return apart
    more = _edges(square) - len(square) + 1
    return f"{more} cycle{'s' * (more > 1)}" if more else ""


def why_no_lobster(square: Square) -> str:
    """Say why a graph is no lobster: a tree of which a path or less is left without its leaves and
    then theirs.
    """
    left = square != 0
    for _ in range(2):
        inner = left.sum(axis=1) > 1
        left = left & inner[:, None] & inner
    # What is left of a tree is connected.
    return why_no_tree(square) or ("a long branch" if (left.sum(axis=1) > 2).any() else "")


def why_no_grid(square: Square) -> str:
    """Say why a graph is no grid of two rows and columns or more."""
    if apart := why_not_connected(square):
        return apart
    n, edges = len(square), _edges(square)
    # Of r x c nodes there are 2 r c - r - c edges, so that r + c is known, and with it r.
    half = 2 * n - edges
    rows = [r for r in range(2, half // 2 + 1) if r * (half - r) == n]
    if not rows:
        return f"{edges} edges in no grid"
    same = certificate(square != 0) == certificate(_grid(rows[0], half - rows[0]))
    return "" if same else f"not {rows[0]} × {half - rows[0]}"


def _grid(rows: int, columns: int) -> NDArray[np.bool_]:
    row, column = np.divmod(np.arange(rows * columns), columns)
    away = np.abs(row[:, None] - row) + np.abs(column[:, None] - column)
    return np.asarray(away == 1)


def why_not_planar(square: Square) -> str:
    """Say why a graph is not connected, or cannot be drawn without two edges that cross.

    Left-right planarity test (de Fraysseix and Rosenstiehl; Brandes 2009), that of networkx.
    """
    import networkx  # a quarter of a second, for those who ask

    if apart := why_not_connected(square):
        return apart
    planar = networkx.check_planarity(networkx.from_numpy_array(square != 0))[0]
    return "" if planar else "edges cross"


def why_no_hub(square: Square) -> str:
    """Say why no node of a graph is joined to all others."""
    if not len(square):
        return "no nodes"
    lacking = len(square) - 1 - int((square != 0).sum(axis=1).max())
    return f"no hub: {lacking} left out" if lacking else ""


def why_no_two_communities(square: Square, low: int, high: int) -> str:
    """Say why a graph is not two communities: of ``low`` to ``high`` nodes, connected, two halves
    that are dense inside (45 % of the pairs) and joined by at most 4 edges, or 15 % of all.
    """
    n = len(square)
    if not low <= n <= high:
        return f"{n} nodes: {'fewer' if n < low else 'more'} than real"
    if apart := why_not_connected(square):
        return apart
    joined = square != 0
    second = halved(joined)
    for half in (second, ~second):
        count = int(half.sum())
        inside = int(joined[half][:, half].sum()) / max(1, count * (count - 1))
        if inside < DENSE:
            return f"sparse half: {100 * inside:.0f} %"
    cut = int(joined[second][:, ~second].sum())
    return f"{cut} bridges" if cut > max(FEW, SHARE * _edges(square)) else ""


def _edges(square: Square) -> int:
    return int((square != 0).sum()) // 2


def halved(square: Square) -> NDArray[np.bool_]:
    """Return which nodes of a graph are in the second of two equal halves with few edges between
    them, (n,), one more in the second if n is odd.

    From the signs of the Laplacian's second eigenvector (Fiedler 1973) by the best exchange of two
    nodes, as long as one helps (Kernighan and Lin 1970, doi:10.1002/j.1538-7305.1970.tb01770.x).
    """
    a = (square != 0).astype(np.float64)
    laplacian = np.diag(a.sum(axis=1)) - a
    order = np.argsort(np.linalg.eigh(laplacian)[1][:, min(1, len(a) - 1)], kind="stable")
    second = np.zeros(len(a), dtype=bool)
    second[order[len(a) // 2 :]] = True
    while True:
        side = np.where(second, 1.0, -1.0)
        # What a node would save by changing sides; two that are joined save 2 less together.
        gain = -side * (a @ side)
        left, right = np.flatnonzero(~second), np.flatnonzero(second)
        both = gain[left, None] + gain[right] - 2.0 * a[left][:, right]
        if both.size == 0 or both.max() <= 0.0:
            return second
        best = np.unravel_index(int(both.argmax()), both.shape)
        second[left[best[0]]], second[right[best[1]]] = True, False


@dataclass(frozen=True)
class Make:
    """Of which make graphs are, as text that may be shown, and what is wrong with one that is not:
    ``why(square, low, high)``, where real ones have ``low`` to ``high`` nodes.
    """

    title: str
    why: Callable[[Square, int, int], str]

    def wrong(self, adjacency: NDArray[Any], size: NDArray[Any], low: int, high: int) -> list[str]:
        """Say what is wrong with each graph (n, N, N)."""
        pairs = zip(adjacency, np.asarray(size).tolist(), strict=True)
        return [self.why(square[:n, :n], low, high) for square, n in pairs]


MAKES: Mapping[str, Make] = {
    "grid": Make("a grid", lambda square, low, high: why_no_grid(square)),
    "lobster": Make("a lobster", lambda square, low, high: why_no_lobster(square)),
    "tree": Make("a tree", lambda square, low, high: why_no_tree(square)),
    "two-communities": Make("two communities", why_no_two_communities),
    "hub": Make("around a hub", lambda square, low, high: why_no_hub(square)),
    "planar": Make("planar", lambda square, low, high: why_not_planar(square)),
    "connected": Make("connected", lambda square, low, high: why_not_connected(square)),
}
"""The most particular ones first."""

NO_MAKE = "none"
"""What graphs are meant to be that are of no make: nothing is wrong with any."""


def make_of(adjacency: NDArray[Any], size: NDArray[Any]) -> Make | None:
    """Return the most particular make that all of some graphs (n, N, N) are of, None where they
    have nothing in common. One that some are not of would call real graphs wrong: most random trees
    of a few nodes are lobsters, too.
    """
    size = np.asarray(size)
    if not len(size):
        return None
    low, high = int(size.min()), int(size.max())
    for make in MAKES.values():
        if not any(make.wrong(adjacency, size, low, high)):
            return make
    return None


def make_meant(meant: str, adjacency: NDArray[Any], size: NDArray[Any]) -> Make | None:
    """Return the make that graphs (n, N, N) are ``meant`` to be of, one of `MAKES` or `NO_MAKE`;
    where nobody has said so, "", the one that all are of. None for no make.
    """
    return MAKES.get(meant) if meant else make_of(adjacency, size)
