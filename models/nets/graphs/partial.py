"""A network that says of one pair of nodes what the pairs before it tell: that of GraphAF.

Pairs of an ordered graph come row by row: (1, 0), (2, 0), (2, 1), (3, 0), ... Messages go over the
graph so far, along its edges and along pairs that are known to be none, by weights of their own (a
relational graph network, Schlichtkrull et al. 2018, arXiv:1703.06103, eq. 2).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear
from pushforward.models.tensors import resident

__all__ = ["PartialNet", "PartialNetConfig", "pairs_in_order"]

_MARKS = 3  # the two nodes of the pair, and those that the second one is known to meet or not
_RELATIONS = 2  # edges, and pairs that are known to be none
_WIDEST = 3.0  # |log std| stays below it


class PartialNetConfig(Config, frozen=True):
    """Size of a network of graphs that are not yet whole."""

    width: Annotated[int, param("Width", "Channels per node.", low=4, high=512, log=True)] = 48
    layers: Annotated[int, param("Layers", "Number of message-passing rounds.", low=1, high=16)] = 3


@lru_cache(maxsize=16)
def pairs_in_order(nodes: int) -> Tensor:
    """Return the later and the earlier node of each pair in the order in which they come,
    (2, pairs).
    """
    return torch.tril_indices(nodes, nodes, offset=-1)


class _Round(nn.Module):
    """h + W silu(W_0 h + sum_r mean over the neighbours by r of W_r h), h normalised."""

    def __init__(self, width: int, generator: torch.Generator) -> None:
        super().__init__()
        g = generator
        self.norm = nn.LayerNorm(width)
        self.own = linear(width, width, generator=g)
        self.sent = linear(width, _RELATIONS * width, generator=g)
        self.out = linear(width, width, gain=0.5, generator=g)

    def forward(self, h: Tensor, shares: Tensor) -> Tensor:
        """Return nodes (n, N, H) after messages with shares (n, r, N, N)."""
        seen = self.norm(h)
        sent = self.sent(seen).unflatten(2, (_RELATIONS, -1)).transpose(1, 2)
        heard = self.own(seen) + (shares @ sent).sum(dim=1)
        out: Tensor = h + self.out(functional.silu(heard))
        return out


class PartialNet(nn.Module):
    """Mean and log std of the number of one pair, from those before it.

    Args:
        config: its size.
        spec: of the data.
        nodes: N, how many there are at most.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self, config: PartialNetConfig, spec: DataSpec, nodes: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        g, width = generator, config.width
        self.nodes = nodes
        self.rows = linear(nodes, width, generator=g)
        self.told = GivenFeatures(spec) if spec.given else None
        known = 2 + _MARKS + (self.told.dim if self.told is not None else 0)
        self.start = linear(known, width, generator=g)
        self.rounds = nn.ModuleList([_Round(width, g) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(width)
        self.met = linear(3 * width, width, generator=g)
        self.law = linear(width, 2, gain=0.3, generator=g)

    def forward(
        self, adjacency: Tensor, at: Tensor, given: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return mean and log std (n,) each.

        Args:
            adjacency: (n, N, N) bool, ordered; of it pairs before ``at`` are read.
            at: (n,), which pair it is in their order.
            given: what is known of each graph.
        """
        n, nodes = len(at), self.nodes
        later, earlier = resident(pairs_in_order(nodes), at.device)
        place = torch.arange(nodes, device=at.device)
        number = torch.full((nodes, nodes), len(later), device=at.device)
        number[later, earlier] = torch.arange(len(later), device=at.device)
        known = number.minimum(number.T) < at[:, None, None]
        i, j = later[at][:, None], earlier[at][:, None]
        marks = torch.stack([place == i, place == j, (place < j) & (place < i)], dim=2)
        there = (place <= i)[..., None]
        dtype = self.start.weight.dtype
        edges, nones = (known & adjacency).to(dtype), (known & ~adjacency).to(dtype)
        share = torch.cat([i, j], dim=1).to(dtype) / nodes
        told = [share] if self.told is None else [share, self.told.of(given or None, share)]
        context = torch.cat(told, dim=1)[:, None].expand(-1, nodes, -1)
        start = self.start(torch.cat([marks.to(dtype), context], dim=2))
        h = (self.rows(edges.tril()) + start) * there
        along = torch.stack([edges, nones], dim=1)
        shares = along / along.sum(dim=3, keepdim=True).clamp_min(1.0)
        for layer in self.rounds:
            h = layer(h, shares) * there
        h = self.norm(h) * there
        rows = torch.arange(n, device=at.device)
        mean = h.sum(dim=1) / there.sum(dim=1)
        both = torch.cat([h[rows, i[:, 0]], h[rows, j[:, 0]], mean], dim=1)
        center, spread = self.law(functional.silu(self.met(both))).unbind(dim=1)
        return center, _WIDEST * torch.tanh(spread / _WIDEST)
