"""Descriptors of graphs: degrees, clustering coefficients, the orbits of small graphlets, and the
spectrum.

Graphs are adjacency matrices (n, N, N) bool, symmetric, without loops; the first ``size`` (n,)
nodes are real.
"""

from functools import lru_cache
from itertools import combinations

import torch
from torch import Tensor

from pushforward.models.tensors import real_places

__all__ = [
    "ORBITS",
    "clustering_coefficients",
    "clusterings",
    "degrees",
    "orbit_counts",
    "orbits",
    "spectra",
]

ORBITS = 15
BINS = 100
TONES = 200  # bins of a spectrum
_AT_ONCE = 2_000_000  # sets of four nodes


def _histograms(place: Tensor, size: Tensor, bins: int) -> Tensor:
    """Return the share of the real nodes in each bin, (n, bins); place (n, N) whole numbers."""
    real = real_places(size, place.shape[1]).double()
    counts = torch.zeros((len(place), bins), dtype=torch.float64).scatter_add_(1, place, real)
    return counts / size.clamp_min(1)[:, None]


def degrees(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return histograms of degrees 0 to N - 1, (n, N), each of sum 1."""
    return _histograms(adjacency.sum(dim=2), size, adjacency.shape[1])


def clustering_coefficients(adjacency: Tensor) -> Tensor:
    """Return the share of the pairs of a node's neighbours that are joined, (n, N); 0 where there
    are no two (Watts and Strogatz 1998, doi:10.1038/30918).
    """
    a = adjacency.double()
    closed = ((a @ a) * a).sum(dim=2)
    degree = a.sum(dim=2)
    return closed / (degree * (degree - 1.0)).clamp_min(1.0)


def clusterings(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return histograms of clustering coefficients in 100 bins of [0, 1], (n, 100), of sum 1."""
    # A ratio of whole numbers that is the edge of a bin may have been rounded below it.
    place = (clustering_coefficients(adjacency) * BINS + 1e-9).long().clamp_max(BINS - 1)
    return _histograms(place, size, BINS)


@lru_cache(maxsize=1)
def _table() -> Tensor:
    """Return the orbit of each of four nodes for each of the 64 graphs that they can form, (64, 4),
    15 where they are not connected. Bit k of a graph's number is the k-th pair of
    (01, 02, 03, 12, 13, 23).

    A connected graph of four nodes is known by how many edges it has and by its largest degree, and
    a node of it by its own degree: numbers are those of Przulj 2007, doi:10.1093/bioinformatics/
    btl301, figure 1.
    """
    by_degree = {
        (3, 2): {1: 4, 2: 5},  # a path
        (3, 3): {1: 6, 3: 7},  # a star
        (4, 2): {2: 8},  # a cycle
        (4, 3): {1: 9, 2: 10, 3: 11},  # a triangle with a tail
        (5, 3): {2: 12, 3: 13},  # a cycle with a chord
        (6, 3): {3: 14},  # all joined
    }
    table = torch.full((64, 4), ORBITS)
    for code in range(64):
        edges = [pair for k, pair in enumerate(combinations(range(4), 2)) if code >> k & 1]
        degree = [sum(node in edge for edge in edges) for node in range(4)]
        if len(edges) >= 3 and min(degree) >= 1:
            known = by_degree[len(edges), max(degree)]
            table[code] = torch.tensor([known[d] for d in degree])
    return table


def orbit_counts(adjacency: Tensor) -> Tensor:
    """Return how often each node is in each of the 15 orbits of the connected graphs of two to four
    nodes, as induced subgraphs, (n, N, 15). Takes time as N^4: 0.2 ms a graph of 20 nodes.
    """
    n, nodes, _ = adjacency.shape
    counts = torch.zeros((n, nodes, ORBITS + 1), dtype=torch.float64)
    a = adjacency.double()
    degree = a.sum(dim=2)
    closed = ((a @ a) * a).sum(dim=2) / 2.0
    counts[..., 0] = degree
    counts[..., 3] = closed
    # Ends of paths of three: a neighbour's other neighbours, but for those that close a triangle.
    counts[..., 1] = (a @ (degree - 1.0)[..., None])[..., 0] - 2.0 * closed
    counts[..., 2] = degree * (degree - 1.0) / 2.0 - closed
    if nodes >= 4:
        fours = torch.combinations(torch.arange(nodes), 4)
        for part in range(0, n, step := max(1, _AT_ONCE // len(fours))):
            counts[part : part + step] += _of_four(adjacency[part : part + step], fours)
    return counts[..., :ORBITS]


def _of_four(adjacency: Tensor, fours: Tensor) -> Tensor:
    """Return the counts (n, N, 16) of orbits 4 to 14, and of none of them."""
    n, nodes, _ = adjacency.shape
    code = torch.zeros((n, len(fours)), dtype=torch.long)
    for k, (i, j) in enumerate(combinations(range(4), 2)):
        code += adjacency[:, fours[:, i], fours[:, j]].long() << k
    place = _table()[code] + (ORBITS + 1) * fours
    counts = torch.zeros((n, nodes * (ORBITS + 1)), dtype=torch.float64)
    counts.scatter_add_(
        1, place.flatten(1), torch.ones((), dtype=torch.float64).expand(n, 4 * len(fours))
    )
    return counts.view(n, nodes, ORBITS + 1)


def orbits(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return the orbit counts of a graph's nodes on average, (n, 15)."""
    return orbit_counts(adjacency).sum(dim=1) / size.clamp_min(1)[:, None]


def spectra(adjacency: Tensor, size: Tensor) -> Tensor:
    """Return histograms of the eigenvalues of the normalised Laplacian in 200 bins of [0, 2],
    (n, 200), each of sum 1; a node without an edge has the eigenvalue 0.
    """
    a = adjacency.double()
    degree = a.sum(dim=2)
    root = torch.where(degree > 0, degree.clamp_min(1.0).rsqrt(), 0.0)
    alone = torch.diag_embed((degree > 0).double())
    values = torch.linalg.eigvalsh(alone - root[:, :, None] * a * root[:, None, :])
    # Places without a node are eigenvalues 0, of which there are as many more than real ones.
    place = (values.clamp(0.0, 2.0) * (TONES / 2) + 1e-9).long().clamp_max(TONES - 1)
    counts = torch.zeros((len(a), TONES), dtype=torch.float64)
    counts.scatter_add_(1, place, torch.ones_like(values))
    counts[:, 0] -= a.shape[1] - size.double()
    return counts / size.clamp_min(1)[:, None]
