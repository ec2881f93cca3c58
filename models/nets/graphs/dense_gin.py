"""A dense graph isomorphism network of many channels: the network of EDP-GNN.

Each channel of the pairs is an adjacency of its own, along which nodes receive messages from their
neighbours (Xu et al. 2019, arXiv:1810.00826, eq. 4.1), and each pair then receives messages from
its two nodes and from itself (Niu et al. 2020, arXiv:2003.00638, section 3.2). No pair receives
messages from other pairs, so that it knows triangles only through its nodes.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.graphs.shell import ConditionalNorm, GraphShell
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["DenseGinConfig", "dense_gin"]


class DenseGinConfig(Config, frozen=True):
    """Size of a dense GIN."""

    width: Annotated[int, param("Width", "Channels per node.", low=4, high=512, log=True)] = 32
    pairs: Annotated[
        int, param("Pairs", "Channels per pair of nodes.", low=4, high=256, log=True)
    ] = 24
    adjacencies: Annotated[
        int,
        param("Adjacencies", "Number of adjacency matrices for message passing.", low=1, high=32),
    ] = 4
    layers: Annotated[int, param("Layers", "Number of message-passing rounds.", low=1, high=16)] = 4


class _Layer(nn.Module):
    """Messages go along each adjacency to nodes, then from nodes to pairs."""

    def __init__(self, config: DenseGinConfig, told: int, generator: torch.Generator) -> None:
        super().__init__()
        g, width, pairs, many = generator, config.width, config.pairs, config.adjacencies
        self.node_in, self.pair_in = (
            ConditionalNorm(width, told, g),
            ConditionalNorm(pairs, told, g),
        )
        self.adjacencies = linear(pairs, many, generator=g)
        self.own = nn.Parameter(torch.ones(many))  # 1 + epsilon of the paper
        self.heard = linear(many * width, 2 * width, generator=g)
        self.node_out = linear(2 * width, width, gain=0.0, generator=g)
        self.kept = linear(pairs, 2 * pairs, generator=g)
        self.ends = linear(width, 2 * pairs, generator=g)
        self.pair_out = linear(2 * pairs, pairs, gain=0.0, generator=g)

    def forward(
        self, h: Tensor, e: Tensor, context: Tensor | None, real: Tensor, joined: Tensor, n: Tensor
    ) -> tuple[Tensor, Tensor]:
        seen, pairs = self.node_in(h, context) * real, self.pair_in(e, context) * joined
        along = (self.adjacencies(pairs) * joined).movedim(-1, 1)
        # Sums of as many terms as a graph has nodes.
        sums = along @ seen[:, None] * n[:, None].rsqrt()
        each = sums + self.own[:, None, None] * seen[:, None]
        heard = functional.silu(self.heard(each.movedim(1, 2).flatten(2)))
        h = (h + self.node_out(heard)) * real
        ends = self.ends(h)
        told = self.kept(pairs) + ends[:, :, None] + ends[:, None]
        return h, (e + self.pair_out(functional.silu(told))) * joined


@network(
    "dense-gin",
    title="Dense GIN",
    summary="Message passing along several learned adjacency matrices; pair features come from "
    "their two nodes.",
    source="Niu et al. 2020, arXiv:2003.00638, section 3.2; Xu et al. 2019, arXiv:1810.00826, "
    "eq. 4.1",
    roles=("denoiser",),
    needs=("graph",),
    config=DenseGinConfig,
)
def dense_gin(
    config: DenseGinConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a dense GIN for a role."""
    return GraphShell(
        spec,
        role,
        width=config.width,
        pairs=config.pairs,
        layer=lambda told: _Layer(config, told, generator),
        layers=config.layers,
        generator=generator,
    )
