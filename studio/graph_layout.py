"""Where the nodes of a graph are drawn: the same picture for the same graph, however numbered.

Nodes are put into an order that follows from the graph alone, and laid out in it; so two that are
the same but for the numbers of their nodes are drawn alike (but for those few that colours cannot
tell apart). Distances on the paper are to be those along the edges: stress majorisation (Gansner,
Koren and North 2004, doi:10.1007/978-3-540-31843-9_25) from classical scaling (Torgerson 1952,
doi:10.1007/BF02288916), for all graphs at once.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["canonical_order", "laid_out"]

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]
_ROUNDS = 40  # of majorisation
_SPOT = 1e-9  # nodes as near as that pull in no direction


def canonical_order(adjacency: Bools) -> Numbers:
    """Return the nodes of a graph (n, n) in an order that does not depend on their numbers, (n,).

    Colour refinement (Weisfeiler and Leman 1968); where it leaves some nodes alike, one of the
    first class of such is made different, and so on. Where nodes that are alike in colour are not
    alike in the graph, as in some regular graphs, the order may depend on the numbers after all.
    """
    # Lists, since arrays of a few numbers cost more than what is done with them.
    neighbours = [np.flatnonzero(row).tolist() for row in adjacency]
    colours = _refined([0] * len(neighbours), neighbours)
    while len(set(colours)) < len(colours):
        alike = min(colour for colour in colours if colours.count(colour) > 1)
        one = colours.index(alike)
        colours = [2 * colour + 1 for colour in colours]
        colours[one] -= 1
        colours = _refined(colours, neighbours)
    return np.argsort(colours)


def _refined(colours: list[int], neighbours: list[list[int]]) -> list[int]:
    """Return colours 0, 1, ... by which nodes of a class have as many neighbours of each class."""
    count = 0
    while True:
        keys = [
            (own, *sorted([colours[other] for other in around]))
            for own, around in zip(colours, neighbours, strict=True)
        ]
        rank = {key: number for number, key in enumerate(sorted(set(keys)))}
        colours = [rank[key] for key in keys]
        if len(rank) == count:
            return colours
        count = len(rank)


def laid_out(adjacency: Bools, size: Numbers) -> NDArray[np.float32]:
    """Return where the nodes of graphs (g, N, N) are drawn, (g, N, 2): about the origin, of root
    mean square distance 1 from it, wider than high; 0 where a node is padded.
    """
    order = np.tile(np.arange(adjacency.shape[1]), (len(adjacency), 1))
    for row, (graph, count) in enumerate(zip(adjacency, size, strict=True)):
        order[row, :count] = canonical_order(graph[:count, :count])
    rows = np.arange(len(adjacency))[:, None]
    sorted_ = adjacency[rows[..., None], order[:, :, None], order[:, None]]
    real = np.arange(adjacency.shape[1]) < size[:, None]
    drawn = _turned(_majorised(*_distances(sorted_, real), real), real)
    found = np.zeros_like(drawn)
    found[rows, order] = drawn
    return found.astype(np.float32)


def _distances(adjacency: Bools, real: Bools) -> tuple[Floats, Floats]:
    """Return how many edges are between nodes, and how much that counts, (g, N, N); pieces are
    as far apart as the farthest nodes of any piece, and a bit.
    """
    nodes = adjacency.shape[1]
    far = np.where(adjacency, 1.0, np.inf)
    far[:, np.arange(nodes), np.arange(nodes)] = 0.0
    for via in range(nodes):
        np.minimum(far, far[:, :, via, None] + far[:, via, None], out=far)
    both = real[:, :, None] & real[:, None]
    widest = np.where(np.isfinite(far) & both, far, 0.0).max(axis=(1, 2), keepdims=True)
    far = np.where(np.isfinite(far), far, widest + 1.0) * both
    weight = np.divide(1.0, far**2, out=np.zeros_like(far), where=far > 0.0)
    return far, weight


def _majorised(far: Floats, weight: Floats, real: Bools) -> Floats:
    """Return places (g, N, 2) of low stress: the sum of weight (distance - far)^2."""
    x = _scaled(far, real)
    total = weight.sum(axis=2)
    laplacian = -weight
    diagonal = np.arange(far.shape[1])
    laplacian[:, diagonal, diagonal] += total
    # A graph hangs together by its weights, so that only moving it as a whole costs nothing.
    inverse = np.linalg.pinv(laplacian, hermitian=True)
    wanted = weight * far
    for _ in range(_ROUNDS):
        across, up = (x[:, :, None, axis] - x[:, None, :, axis] for axis in (0, 1))
        apart = np.sqrt(across * across + up * up)
        together = apart <= _SPOT
        pull = wanted / (apart + together)
        pull[together] = 0.0
        balance = -pull
        balance[:, diagonal, diagonal] += pull.sum(axis=2)
        x = inverse @ (balance @ x)
    return x


def _scaled(far: Floats, real: Bools) -> Floats:
    """Return places (g, N, 2) by classical scaling."""
    count = real.sum(axis=1)[:, None, None].clip(1)
    both = (real[:, :, None] & real[:, None]) / count
    centre = np.eye(far.shape[1]) * real[:, None] - both
    values, vectors = np.linalg.eigh(-0.5 * centre @ far**2 @ centre)
    # Nodes that see all others alike would fall on one spot, and stay there: a hint apart.
    hint = np.arange(far.shape[1])
    spread = 1e-3 * np.stack([np.cos(2.4 * hint), np.sin(2.4 * hint)], axis=-1)
    x: Floats = vectors[:, :, :-3:-1] * np.sqrt(values[:, None, :-3:-1].clip(0.0))
    x = np.pad(x, ((0, 0), (0, 0), (0, 2 - x.shape[2])))
    return (x + spread) * real[:, :, None]


def _turned(x: Floats, real: Bools) -> Floats:
    """Return places about their middle, of size 1, the longest axis across, the longer tail of
    each axis to the right and up.
    """
    count = real.sum(axis=1)[:, None, None].clip(1)
    x = (x - x.sum(axis=1, keepdims=True) / count) * real[:, :, None]
    _, axes = np.linalg.eigh(np.swapaxes(x, 1, 2) @ x)
    x = x @ axes[:, :, ::-1]
    tail = (x**3).sum(axis=1, keepdims=True)
    x = x * np.where(tail < 0.0, -1.0, 1.0)
    size = np.sqrt((x**2).sum(axis=(1, 2), keepdims=True) / count)
    drawn: Floats = np.divide(x, size, out=np.zeros_like(x), where=size > 1e-9)
    return drawn
