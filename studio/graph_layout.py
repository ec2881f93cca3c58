"""Layout of graphs: the same picture for the same graph, however numbered.

Nodes are put into canonical order (`observables.graphs.canonical`) and laid out, graphs of one size
together, so isomorphic graphs look alike. Distances approximate those along edges: stress
majorisation (Gansner, Koren and North 2004, doi:10.1007/978-3-540-31843-9_25), relaxed (de Leeuw
and Heiser 1980, Multivariate Analysis V, 501-522), from classical scaling (Torgerson 1952,
doi:10.1007/BF02288916), for all graphs at once.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pushforward.observables.graphs.canonical import canonical_order

__all__ = ["Lay", "lay_out", "spread"]

Lay: TypeAlias = Callable[[NDArray[Any], NDArray[Any], Any], NDArray[np.float32]]
"""Places the nodes of graphs: as `lay_out` does, or as is usual for some of them."""
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
_ROUNDS = 24  # of majorisation
_SPOT = 1e-9  # nodes as near as that pull in no direction


def lay_out(
    adjacency: NDArray[Any], size: NDArray[Any], types: NDArray[Any] | None = None
) -> NDArray[np.float32]:
    """Return where the nodes of graphs (g, N, N) are drawn, (g, N, 2): about the origin, of root
    mean square distance 1 from it, wider than high; 0 where a node is padded. Numbers of edges are
    their types, ``types`` (g, N) those of nodes; both are drawn alike and tell graphs apart.
    """
    found = np.zeros((*adjacency.shape[:2], 2), np.float32)
    for count in np.unique(size).tolist():
        rows = np.flatnonzero(size == count)
        some = adjacency[rows, :count, :count]
        colours = [None] * len(rows) if types is None else types[rows, :count].tolist()
        pairs = zip(some, colours, strict=True)
        order = np.array([canonical_order(square, own) for square, own in pairs], np.int64)
        at = np.arange(len(rows))[:, None]
        own = some[at[..., None], order[:, :, None], order[:, None]] != 0
        if count:
            found[rows[:, None], order] = _turned(spread(own))
    return found


def spread(
    joined: NDArray[np.bool_], start: NDArray[np.float64] | None = None, rounds: int = 0
) -> NDArray[np.float64]:
    """Return places (g, n, 2) of the nodes of graphs (g, n, n) at distances like those along edges:
    from ``start`` or classical scaling, in ``rounds`` iterations (0: the default).
    """
    far, weight = _distances(joined)
    return _majorised(far, weight, _scaled(far) if start is None else start, rounds or _ROUNDS)


def _distances(joined: Bools) -> tuple[Floats, Floats]:
    """Return how many edges are between nodes, and how much that counts, (g, n, n); pieces are an
    edge apart where each is as wide as the way between its farthest nodes.
    """
    nodes = np.arange(joined.shape[1])
    far = np.where(joined, 1.0, np.inf)
    far[:, nodes, nodes] = 0.0
    for via in nodes:
        np.minimum(far, far[:, :, via, None] + far[:, via, None], out=far)
    within = np.isfinite(far)
    reach = np.where(within, far, 0.0).max(axis=2)
    wide = np.where(within, reach[:, None], 0.0).max(axis=2)  # the piece of each node
    far = np.where(within, far, (wide[:, :, None] + wide[:, None]) / 2.0 + 1.0)
    weight = np.divide(1.0, far**2, out=np.zeros_like(far), where=far > 0.0)
    return far, weight


def _majorised(far: Floats, weight: Floats, x: Floats, rounds: int) -> Floats:
    """Return places (g, n, 2) of less stress: the sum of weight (distance - far)^2."""
    laplacian = -weight
    diagonal = np.arange(far.shape[1])
    laplacian[:, diagonal, diagonal] += weight.sum(axis=2)
    # A graph hangs together by its weights, so that only moving it as a whole costs nothing; and
    # nothing pulls that way, so that what is added for it does not matter.
    inverse = np.linalg.inv(laplacian + 1.0 / far.shape[1])
    wanted = weight * far
    for rounds_left in range(rounds - 1, -1, -1):
        across, up = (x[:, :, None, axis] - x[:, None, :, axis] for axis in (0, 1))
        apart = np.sqrt(across * across + up * up)
        pull = wanted / np.maximum(apart, _SPOT, out=apart)
        pulls = [np.einsum("gij,gij->gi", pull, each) for each in (across, up)]
        step = inverse @ np.stack(pulls, axis=-1)
        # Twice as far as stress is sure to fall is nearly twice as fast, and stress never rises.
        x = 2.0 * step - x if rounds_left else step
    return x


def _scaled(far: Floats) -> Floats:
    """Return places (g, n, 2) by classical scaling."""
    count = far.shape[1]
    centre = np.eye(count) - 1.0 / count
    values, vectors = np.linalg.eigh(-0.5 * centre @ far**2 @ centre)
    # Nodes that see all others alike would fall on one spot, and stay there: a hint apart.
    hint = np.arange(count)
    spread = 1e-3 * np.stack([np.cos(2.4 * hint), np.sin(2.4 * hint)], axis=-1)
    x: Floats = vectors[:, :, :-3:-1] * np.sqrt(values[:, None, :-3:-1].clip(0.0))
    return np.pad(x, ((0, 0), (0, 0), (0, 2 - x.shape[2]))) + spread


def _turned(x: Floats) -> Floats:
    """Return places about their middle, of size 1, the longest axis across, the longer tail of
    each axis to the right and up.
    """
    x = x - x.mean(axis=1, keepdims=True)
    _, axes = np.linalg.eigh(np.swapaxes(x, 1, 2) @ x)
    x = x @ axes[:, :, ::-1]
    tail = (x**3).sum(axis=1, keepdims=True)
    x = x * np.where(tail < 0.0, -1.0, 1.0)
    size = np.sqrt((x**2).sum(axis=2).mean(axis=1))[:, None, None]
    drawn: Floats = np.divide(x, size, out=np.zeros_like(x), where=size > 1e-9)
    return drawn
