"""Orders in which the nodes of graphs come one after another, drawn by chance.

A model that makes a graph node by node says how likely an ordered graph is; how likely the graph is
however its nodes are numbered is a sum over all orders, which the logarithm of an order's own
probability bounds from below (Chen et al. 2021, arXiv:2106.06189, section 3).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from pushforward.models.tensors import real_places, upload

__all__ = ["ORDERS", "NodeOrders", "node_orders", "reordered"]

_Eligible = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class NodeOrders:
    """Orders of the nodes of some graphs.

    Attributes:
        order: (n, N) int64, which node comes at each place; those that are padded come last.
        log_prob: (n,), the logarithm of the probability with which it was drawn, in nats.
    """

    order: Tensor
    log_prob: Tensor

    def log_ways(self, size: Tensor) -> Tensor:
        """Return log(n! q(order)) of graphs of n nodes, n being their ``size`` (n,): what numbering
        them takes from the probability of an ordered graph, where all numberings are alike.
        """
        return torch.lgamma(size.to(self.log_prob) + 1.0) + self.log_prob


def _next_to(adjacency: Tensor, open_: Tensor, rank: Tensor) -> Tensor:
    """Return the open neighbours of the node of the greatest rank that has some, (n, N); a rank of
    minus infinity is none.
    """
    reach = adjacency & open_[:, None]
    best, node = rank.masked_fill(~reach.any(dim=2), -math.inf).max(dim=1)
    found = reach[torch.arange(len(reach), device=reach.device), node]
    return found & (best > -math.inf)[:, None]


def _breadth(adjacency: Tensor, open_: Tensor, visited: Tensor) -> Tensor:
    return _next_to(adjacency, open_, -visited)


def _depth(adjacency: Tensor, open_: Tensor, visited: Tensor) -> Tensor:
    return _next_to(adjacency, open_, visited.masked_fill(visited == math.inf, -math.inf))


def _degree(adjacency: Tensor, open_: Tensor, visited: Tensor) -> Tensor:
    degree = adjacency.sum(dim=2).masked_fill(~open_, -1)
    return open_ & (degree == degree.amax(dim=1, keepdim=True))


def _random(adjacency: Tensor, open_: Tensor, visited: Tensor) -> Tensor:
    return open_


ORDERS: Mapping[str, _Eligible] = {
    "breadth": _breadth,
    "depth": _depth,
    "degree": _degree,
    "random": _random,
}
"""By name, which nodes may come next: of adjacency (n, N, N), the nodes that are still open (n, N)
and when each was visited (n, N), infinity where it was not."""


def node_orders(
    adjacency: Tensor, size: Tensor, name: str, generator: torch.Generator
) -> NodeOrders:
    """Draw an order of the nodes of each graph.

    Breadth first the next node is a neighbour of the earliest one that has any left, depth first of
    the latest one; by degree one of the greatest degree; or it is any. Of those that may come next
    each is as likely, and so is each node where a component begins.

    Args:
        adjacency: (n, N, N) bool, symmetric.
        size: (n,), how many nodes are real; they come first.
        name: one of `ORDERS`.
        generator: of any device.
    """
    n, nodes, _ = adjacency.shape
    eligible_of, device = ORDERS[name], adjacency.device
    real = real_places(size.to(device), nodes)
    rows = torch.arange(n, device=device)
    chance = torch.rand((nodes, n, nodes), generator=generator, device=generator.device)
    chance = upload(chance, device)
    visited = torch.full((n, nodes), math.inf, device=device)
    log_prob = torch.zeros(n, device=device)
    order = torch.empty((n, nodes), dtype=torch.long, device=device)
    for place in range(nodes):
        unseen = visited == math.inf
        open_ = unseen & real
        eligible = eligible_of(adjacency, open_, visited)
        eligible = torch.where(eligible.any(dim=1, keepdim=True), eligible, open_)
        count = eligible.sum(dim=1)
        log_prob -= count.clamp_min(1).log()
        eligible = torch.where(count[:, None] > 0, eligible, unseen)
        found = chance[place].masked_fill(~eligible, -1.0).argmax(dim=1)
        order[:, place] = found
        visited[rows, found] = float(place)
    return NodeOrders(order, log_prob)


def reordered(adjacency: Tensor, order: Tensor) -> Tensor:
    """Return matrices (n, N, N) with rows and columns in an order (n, N)."""
    rows = torch.arange(len(order), device=order.device)[:, None, None]
    return adjacency[rows, order[:, :, None], order[:, None]]
