"""The network of GRAN: the edges of the next block of nodes, by message passing on the graph so
far. New nodes start with their index in the block and are connected to all others; messages pass
along these edges and those of the graph, weighted by attention. For each pair of a new node with an
earlier one the network predicts K edge probabilities and the weights of the K mixture components:
all pairs of the block share the component, so that edges are correlated (Liao et al. 2019,
arXiv:1910.00760, sections 2.2 and 2.3).

Messages are functions of h_i - h_j, of which the first layer is linear: it is done once a node, and
what is left to do for a pair is a sum and a ReLU.

Shapes: n graphs with one block each, N nodes, B of them new, H channels.
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.blank import blank
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear

__all__ = ["GranNet", "GranNetConfig"]

# Of edges of which one must be there, so that which it is can be told by numbers of 32 bits.
_LEAST = -60.0


class GranNetConfig(Config, frozen=True):
    """Size of the network."""

    width: Annotated[int, param("Width", "Channels per node.", low=4, high=512, log=True)] = 32
    layers: Annotated[int, param("Layers", "Number of message-passing rounds.", low=1, high=16)] = 3
    mixture: Annotated[
        int,
        param(
            "Mixture components",
            "Number of Bernoulli mixture components for the edges of a block. With 1 the edges "
            "are independent.",
            low=1,
            high=100,
        ),
    ] = 8


class _Round(nn.Module):
    """h_i' = GRU(h_i, sum_j a_ij m_ij), m_ij of h_i - h_j and a_ij of it with the marks of i, j."""

    def __init__(self, width: int, marks: int, generator: torch.Generator) -> None:
        super().__init__()
        g = generator
        self.message = linear(width, width, generator=g)
        self.sent = linear(width, width, generator=g)
        self.attention = linear(width + marks, width, generator=g)
        self.let = linear(width, 1, generator=g)
        self.cell = blank(nn.GRUCell, width, width)
        with torch.no_grad():
            for parameter in self.cell.parameters():
                parameter.uniform_(-(width**-0.5), width**-0.5, generator=g)

    def forward(self, h: Tensor, marks: Tensor, ends: tuple[Tensor, Tensor]) -> Tensor:
        """Return the nodes h (n, N, H) after messages along edges, by the indices of targets and
        sources among all n N nodes, (edges,) each; marks (n, N, B).
        """
        # A bias would cancel from a difference: it is added to it instead.
        flat = h.flatten(0, 1)
        message = _along(self.message, flat, ends)
        attention = _along(self.attention, torch.cat([flat, marks.flatten(0, 1)], dim=1), ends)
        let = torch.sigmoid(self.let(attention)) * message
        heard = let.new_zeros(flat.shape).index_add(0, ends[0], let)
        out: Tensor = self.cell(self.sent(heard), flat).view(h.shape)
        return out


def _along(layer: nn.Linear, h: Tensor, ends: tuple[Tensor, Tensor]) -> Tensor:
    """Return relu(W (h_i - h_j) + b) for the edges between nodes i and j of h (nodes, H)."""
    hears, heard = ends
    one = functional.linear(h, layer.weight, layer.bias)
    other = functional.linear(h, layer.weight)
    return functional.relu(one[hears] - other[heard])


def _differences(layer: nn.Linear, first: Tensor, h: Tensor) -> Tensor:
    """Return relu(W (h_i - h_j) + b) for nodes i of ``first`` (n, B, H) and j of h (n, N, H)."""
    one = functional.linear(first, layer.weight, layer.bias)
    other = functional.linear(h, layer.weight)
    return functional.relu(one[:, :, None] - other[:, None])


class GranNet(nn.Module):
    """What is said of the edges of a block.

    Args:
        config: its size.
        spec: of the data.
        nodes: N, how many there are at most.
        block: B, how many come at once.
        alone: whether a chance that a new node is joined to none is said by itself.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        config: GranNetConfig,
        spec: DataSpec,
        nodes: int,
        block: int,
        *,
        alone: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, width = generator, config.width
        self.nodes, self.block = nodes, block
        self.rows = linear(nodes, width, generator=g)
        self.told = GivenFeatures(spec) if spec.given else None
        known = 1 + block + (self.told.dim if self.told is not None else 0)
        self.start = linear(known, width, generator=g)
        self.rounds = nn.ModuleList([_Round(width, block, g) for _ in range(config.layers)])
        self.ways, self.edges = (linear(width, width, generator=g) for _ in range(2))
        self.likely = linear(width, config.mixture, gain=0.3, generator=g)
        self.odds = linear(width, config.mixture, generator=g)
        self.alone = linear(width, 1, gain=0.3, generator=g) if alone else None

    def forward(
        self, adjacency: Tensor, first: Tensor, real: Tensor, given: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return log alpha (n, K), the logits of the edges between the new nodes and all before
        them, (n, K, B, N), of which those with others have no meaning, and those of that a new node
        is joined to none before it, (n, B), None where this is not said by itself.

        Args:
            adjacency: (n, N, N) bool, ordered; of it edges between nodes before ``first`` are read.
            first: (n,), at which place the block begins.
            real: (n, N), which nodes exist.
            given: the conditions of each graph.
        """
        _n, nodes, _ = adjacency.shape
        place = torch.arange(nodes, device=adjacency.device)
        old = (place < first[:, None]) & real
        new = (place >= first[:, None]) & (place < first[:, None] + self.block) & real
        there = old | new
        known = adjacency & old[:, None] & old[..., None]
        joined = known | (new[:, None] & there[..., None]) | (there[:, None] & new[..., None])
        joined = joined & ~torch.eye(nodes, dtype=torch.bool, device=joined.device)
        # Which of the block each new node is.
        which = (place - first[:, None]).clamp(0, self.block - 1)
        dtype = self.start.weight.dtype
        marks = functional.one_hot(which, self.block).to(dtype) * new[..., None]
        share = (first.to(dtype) / nodes)[:, None]
        told = [share] if self.told is None else [share, self.told.of(given or None, share)]
        context = torch.cat(told, dim=1)[:, None].expand(-1, nodes, -1)
        # Of an old node its edges to those before it.
        row = self.rows(known.to(dtype).tril()) * old[..., None]
        h = (row + self.start(torch.cat([marks, context], dim=2))) * there[..., None]
        graph, hears, heard = joined.nonzero().unbind(dim=1)
        ends = graph * nodes + hears, graph * nodes + heard
        for layer in self.rounds:
            h = layer(h, marks, ends)
        at = (first[:, None] + torch.arange(self.block, device=first.device)).clamp_max(nodes - 1)
        mine = h.gather(1, at[..., None].expand(-1, -1, h.shape[2]))
        # A pair counts where a real new node meets one before it.
        earlier = (place < at[..., None]) & there[:, None] & new.gather(1, at)[..., None]
        likely = self.likely(_differences(self.ways, mine, h)) * earlier[..., None]
        odds = self.odds(_differences(self.edges, mine, h))
        log_ways, odds = likely.sum(dim=(1, 2)).log_softmax(dim=1), odds.permute(0, 3, 1, 2)
        if self.alone is None:
            return log_ways, odds, None
        return log_ways, odds.clamp_min(_LEAST), self.alone(mine)[..., 0]
