"""The neighbourhood subgraph pairwise distance kernel (Costa and De Grave 2010, ICML, section 4).

A part of a graph is a pair of nodes at distance d, each with all that lies within radius r of it.
The kernel of two graphs counts the pairs of equal parts, for each (r, d) normalised to 1 of a graph
with itself, summed over r and d up to 4, and normalised again: a number of [0, 1].

Equality of two neighbourhoods is tested as there, by invariants under relabelling of the nodes:
each node by the distances to all others and of these to the root, each edge by its two ends, the
whole by its edges (section 4.1). Sets are compared by sums of 64-bit hashes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric
from pushforward.models.metrics.graphs.discrepancy import figure_of
from pushforward.models.metrics.graphs.mmd import BELOW, FEWEST, EstimateSetting
from pushforward.models.metrics.graphs.sides import sides
from pushforward.models.registry import metric

__all__ = ["MOST", "Nspdk", "NspdkConfig", "Parts", "kernel", "parts"]

MOST = 4  # of radius and of distance, as in published tables of molecules
_AT_ONCE = 8_000_000  # numbers
# The constants of splitmix64, as signed numbers.
_GAMMA, _FIRST, _SECOND = -7046029254386353131, -4658895280553007687, -7723592293110705685


@dataclass(frozen=True)
class Parts:
    """Parts of graphs, one a row: the graph, the pair (r, d) as r * 5 + d, and what it looks like,
    each (k,) int64.
    """

    graph: NDArray[np.int64]
    level: NDArray[np.int64]
    look: NDArray[np.int64]


def _mixed(x: Tensor) -> Tensor:
    """Return whole numbers scattered, one to one (the end of splitmix64: Steele et al. 2014,
    doi:10.1145/2660193.2660195), so that sums of them hardly ever meet.
    """
    for shift, factor in ((30, _FIRST), (27, _SECOND)):
        x = (x ^ _shifted(x, shift)) * factor
    return x ^ _shifted(x, 31)


def _shifted(x: Tensor, by: int) -> Tensor:
    """Shift right without the sign."""
    return (x >> by) & ((1 << (64 - by)) - 1)


def _both(one: Tensor, two: Tensor) -> Tensor:
    """Return a number for two, whichever comes first."""
    return _mixed(one + two + _mixed(one ^ two))


@cache
def _numbers(count: int) -> Tensor:
    return _mixed(torch.arange(1, count + 1) * _GAMMA)


def distances(adjacency: Tensor, most: int) -> Tensor:
    """Return how many edges apart nodes of graphs (..., N, N) bool are, int64; most + 1 if more."""
    nodes = adjacency.shape[-1]
    reached = torch.eye(nodes, dtype=torch.bool).expand_as(adjacency)
    found = torch.where(reached, 0, most + 1)
    steps = adjacency.float()
    for d in range(1, most + 1):
        further = (reached.float() @ steps > 0) | reached
        found[further & ~reached] = d
        if bool((further == reached).all()):
            break
        reached = further
    return found


def parts(adjacency: Tensor, size: Tensor) -> Parts:
    """Return the parts of graphs (n, N, N) whose first ``size`` nodes are real."""
    n, nodes, _ = adjacency.shape
    step = max(1, _AT_ONCE // max(1, nodes**3))
    found = [
        _of_some(adjacency[k : k + step].cpu(), size[k : k + step].cpu(), k)
        for k in range(0, n, step)
    ]
    joined = zip(*(three for some in found for three in some), strict=True)
    graph, level, look = (torch.cat(list(each)).numpy() for each in joined)
    return Parts(graph, level, look)


def _of_some(
    adjacency: Tensor, size: Tensor, first: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    nodes = adjacency.shape[1]
    real = torch.arange(nodes) < size[:, None]
    apart = distances(adjacency, MOST)
    pair = (real[:, :, None] & real[:, None]).triu()
    for radius in range(MOST + 1):
        look = _neighbourhoods(adjacency, apart, radius)
        for distance in range(MOST + 1):
            graph, i, j = (pair & (apart == distance)).nonzero(as_tuple=True)
            level = torch.full_like(graph, radius * (MOST + 1) + distance)
            yield graph + first, level, _both(look[graph, i], look[graph, j])


def _neighbourhoods(adjacency: Tensor, apart: Tensor, radius: int) -> Tensor:
    """Return what lies within a radius of each node looks like, (n, N) int64."""
    inside = apart <= radius  # (n, root, node)
    edges = adjacency[:, None] & inside[..., None] & inside[:, :, None]
    # Any two nodes within a radius are at most two of it apart.
    within = distances(edges, 2 * radius)
    table = _numbers((2 * MOST + 2) * (MOST + 2)).view(2 * MOST + 2, MOST + 2)
    told = table[within, apart[:, :, None]] * inside[:, :, None]
    node = _mixed(told.sum(dim=3)) * inside
    graph, root, i, j = edges.triu().nonzero(as_tuple=True)
    ends = torch.zeros(node.shape[:2], dtype=torch.int64)
    ends.index_put_((graph, root), _both(node[graph, root, i], node[graph, root, j]), True)
    return _mixed(ends + node.sum(dim=2))


def kernel(left: Parts, right: Parts, n: int, m: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the kernel among n graphs, among m others, and between them, (n, n), (m, m) and
    (n, m).
    """
    from scipy import sparse  # half a second, for those who ask

    level, look = (
        np.concatenate([getattr(left, name), getattr(right, name)]) for name in ("level", "look")
    )
    kinds, kind = np.unique(np.stack([level, look], axis=1), axis=0, return_inverse=True)
    graph = np.concatenate([left.graph, right.graph + n])
    ones = np.ones(len(graph))
    counts = sparse.coo_matrix((ones, (graph, kind.ravel())), shape=(n + m, len(kinds)))
    counts.sum_duplicates()
    # Each (r, d) of a graph is made a unit vector, then all of them together.
    group = counts.row * (MOST + 1) ** 2 + kinds[counts.col, 0]
    counts.data /= np.sqrt(np.bincount(group, counts.data**2))[group]
    counts.data /= np.sqrt(np.bincount(counts.row, counts.data**2))[counts.row]
    table = counts.tocsr()
    whole = torch.from_numpy((table @ table.T).toarray())
    return whole[:n, :n], whole[n:, n:], whole[:n, n:]


class NspdkConfig(Config, frozen=True):
    """How the discrepancy is estimated."""

    estimate: EstimateSetting = "unbiased"


@metric(
    "nspdk-mmd",
    title="NSPDK MMD²",
    summary="How far generated graphs are from unseen ones in the pairs of neighbourhoods that "
    "they are made of, up to four edges wide and four apart. " + BELOW,
    source="Costa and De Grave 2010, ICML, section 4; Gretton et al. 2012, JMLR 13, eqs. 3, 5",
    config=NspdkConfig,
    kinds=("graphs",),
    minimum=FEWEST,
)
class Nspdk(SampleMetric[NspdkConfig]):
    """MMD^2 of the neighbourhood subgraph pairwise distance kernel."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = sides(evidence)
        n, m = len(made[1]), len(real[1])
        return figure_of(*kernel(parts(*made), parts(*real), n, m), self.config.estimate)
