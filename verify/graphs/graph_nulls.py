"""Graphs that look a little like the data, for nulls: what a claim must tell from having learned.

Graphs are (adjacency (n, N, N) bool, size (n,)). Importing this module registers nothing.
"""

import torch
from torch import Tensor

from pushforward.models.layouts.graph_validity import lobster
from pushforward.models.layouts.graphs import Packing
from pushforward.models.layouts.node_orders import node_orders, reordered
from pushforward.models.tensors import make_generator

__all__ = [
    "copies",
    "erdos_renyi",
    "flipped",
    "independent_edges",
    "leaf_moved",
    "moved",
    "pairs_flipped",
    "rewired",
]

_DRAWS = 3400
Graphs = tuple[Tensor, Tensor]


def _symmetric(upper: Tensor) -> Tensor:
    upper = upper.triu(diagonal=1)
    return upper | upper.mT


def _pick_real(real: Graphs, n: int, seed: int) -> tuple[Tensor, Tensor, torch.Generator]:
    rng = make_generator(seed, _DRAWS)
    rows = torch.randint(len(real[1]), (n,), generator=rng)
    return real[0][rows], real[1][rows], rng


def copies(real: Graphs, n: int, seed: int) -> Graphs:
    """Return n of the graphs, with repetition."""
    adjacency, size, _ = _pick_real(real, n, seed)
    return adjacency, size


def erdos_renyi(real: Graphs, n: int, seed: int) -> Graphs:
    """Return n graphs with the nodes and the edges of drawn ones, all places of edges alike
    (Erdos and Renyi 1959).
    """
    adjacency, size, rng = _pick_real(real, n, seed)
    nodes = adjacency.shape[1]
    packing = Packing(nodes)
    edges = adjacency.sum(dim=(1, 2)) // 2
    chance = torch.rand((n, packing.pairs), generator=rng)
    chance = chance.masked_fill(~packing.masks[size], 2.0)
    rank = chance.argsort(dim=1).argsort(dim=1)
    return packing.dense(rank < edges[:, None]), size


def flipped(real: Graphs, n: int, seed: int, share: float) -> Graphs:
    """Return n of the graphs with a share of their pairs the other way round."""
    adjacency, size, rng = _pick_real(real, n, seed)
    packing = Packing(adjacency.shape[1])
    turned = torch.rand((n, packing.pairs), generator=rng) < share
    return adjacency ^ packing.dense(turned & packing.masks[size]), size


def pairs_flipped(real: Graphs, n: int, seed: int, count: int) -> Graphs:
    """Return n of the graphs, each with ``count`` random pairs flipped and its nodes renumbered."""
    adjacency, size, rng = _pick_real(real, n, seed)
    packing = Packing(adjacency.shape[1])
    chance = torch.rand((n, packing.pairs), generator=rng)
    rank = chance.masked_fill(~packing.masks[size], 2.0).argsort(dim=1).argsort(dim=1)
    edited = adjacency ^ packing.dense(rank < count)
    return _renumbered(edited, size, rng), size


def leaf_moved(real: Graphs, n: int, seed: int) -> Graphs:
    """Return n of the lobsters, each with one leaf joined to another node so that it stays a
    lobster, and its nodes renumbered.
    """
    adjacency, size, rng = _pick_real(real, n, seed)
    found = adjacency.clone()
    for row, nodes in enumerate(size.tolist()):
        leaves = (adjacency[row].sum(dim=0) == 1).nonzero()[:, 0].tolist()
        places = [(leaf, to) for leaf in leaves for to in range(nodes) if to != leaf]
        for place in torch.randperm(len(places), generator=rng).tolist():
            leaf, to = places[place]
            square = adjacency[row].clone()
            square[leaf], square[:, leaf] = False, False
            square[leaf, to] = square[to, leaf] = True
            if not adjacency[row, leaf, to] and lobster(square[None], size[row : row + 1])[0]:
                found[row] = square
                break
    return _renumbered(found, size, rng), size


def _renumbered(adjacency: Tensor, size: Tensor, rng: torch.Generator) -> Tensor:
    found = adjacency.clone()
    for row, nodes in enumerate(size.tolist()):
        order = torch.randperm(nodes, generator=rng)
        found[row, :nodes, :nodes] = adjacency[row][order][:, order]
    return found


def moved(real: Graphs, n: int, seed: int, kept: float) -> Graphs:
    """Return n of the graphs with a share of their edges where they were, each with that
    probability, and as many others anywhere else.
    """
    adjacency, size, rng = _pick_real(real, n, seed)
    packing = Packing(adjacency.shape[1])
    edges = packing.flat(adjacency)
    stays = edges & (torch.rand(edges.shape, generator=rng) < kept)
    free = packing.masks[size] & ~edges
    chance = torch.rand(edges.shape, generator=rng).masked_fill(~free, 2.0)
    rank = chance.argsort(dim=1).argsort(dim=1)
    gone = (edges & ~stays).sum(dim=1, keepdim=True)
    return packing.dense(stays | (free & (rank < gone))), size


def rewired(real: Graphs, n: int, seed: int) -> Graphs:
    """Return n of the graphs with their edges exchanged in pairs, a-b and c-d for a-c and b-d, ten
    times as often as there are edges: nodes keep their degrees, and nothing else stays
    (Maslov and Sneppen 2002, doi:10.1126/science.1065103).
    """
    adjacency, size, rng = _pick_real(real, n, seed)
    found = adjacency.clone()
    for square in found:
        ends = square.triu(diagonal=1).nonzero()
        tries = torch.randint(max(1, len(ends)), (10 * len(ends), 2), generator=rng).tolist()
        turns = (torch.rand(10 * len(ends), generator=rng) < 0.5).tolist()
        edges = ends.tolist()
        for (one, other), turned in zip(tries, turns, strict=True):
            (a, b), (c, d) = edges[one], edges[other]
            if turned:
                c, d = d, c
            if len({a, b, c, d}) < 4 or square[a, c] or square[b, d]:
                continue
            for i, j, there in ((a, b, False), (c, d, False), (a, c, True), (b, d, True)):
                square[i, j] = square[j, i] = there
            edges[one], edges[other] = [a, c], [b, d]
    return found, size


def independent_edges(real: Graphs, n: int, seed: int) -> Graphs:
    """Return n graphs with independent edges, whose probabilities are the frequencies of pairs of
    places in real graphs of the same size in breadth-first order: the best model without
    correlations.
    """
    _, size, rng = _pick_real(real, n, seed)
    ordered = reordered(real[0], node_orders(*real, "breadth", rng).order)
    found = torch.zeros((n, *ordered.shape[1:]), dtype=torch.bool)
    for count in sorted(set(size.tolist())):
        chance = ordered[real[1] == count].double().mean(dim=0)
        rows = size == count
        drawn = torch.rand((int(rows.sum()), *chance.shape), generator=rng)
        found[rows] = _symmetric(drawn < chance)
    return found, size
