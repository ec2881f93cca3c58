"""A network for graphs with a matrix product of pairs.

A node receives messages from the others, each through a gate computed from their pair; a pair
receives messages from its two nodes, and from all paths of length two between them, by a product of
matrices: that product is what lets it count triangles (the update of pairs of Maron et al. 2019,
arXiv:1905.11136, section 3, inside the residual blocks of a graph transformer). How rows are read,
and which structural features are added, is in `models.nets.graphs.shell`.
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

__all__ = ["GraphNet", "GraphNetConfig", "graph_net"]


class GraphNetConfig(Config, frozen=True):
    """Size of a network for graphs."""

    width: Annotated[int, param("Width", "Channels per node.", low=4, high=512, log=True)] = 32
    pairs: Annotated[
        int, param("Pairs", "Channels per pair of nodes.", low=4, high=256, log=True)
    ] = 24
    products: Annotated[
        int,
        param("Products", "Channels of the matrix products of pair features.", low=1, high=128),
    ] = 12
    layers: Annotated[int, param("Layers", "Number of message-passing rounds.", low=1, high=16)] = 4


class _Layer(nn.Module):
    """Messages go from nodes to nodes, then from nodes and pairs to pairs; both from zero."""

    def __init__(self, config: GraphNetConfig, told: int, generator: torch.Generator) -> None:
        super().__init__()
        g, width, pairs, products = generator, config.width, config.pairs, config.products
        self.products = products
        self.node_in, self.pair_in = (
            ConditionalNorm(width, told, g),
            ConditionalNorm(pairs, told, g),
        )
        self.gate = linear(pairs, width, generator=g)
        self.value = linear(width, width, generator=g)
        self.heard = linear(2 * width, 2 * width, generator=g)
        self.node_out = linear(2 * width, width, gain=0.0, generator=g)
        self.factors = linear(pairs, 2 * products, generator=g)
        self.own = linear(pairs, 2 * pairs, generator=g)
        self.paths = linear(products, 2 * pairs, generator=g)
        self.ends = linear(width, 2 * pairs, generator=g)
        self.pair_out = linear(2 * pairs, pairs, gain=0.0, generator=g)

    def forward(
        self, h: Tensor, e: Tensor, context: Tensor | None, real: Tensor, joined: Tensor, n: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return nodes h (B, N, width) and pairs e (B, N, N, pairs) after the layer; real
        (B, N, 1) and joined (B, N, N, 1) are 0 where padded, n (B, 1, 1) is how many nodes there
        are.
        """
        seen, pairs = self.node_in(h, context), self.pair_in(e, context) * joined
        gates = torch.sigmoid(self.gate(pairs)) * joined
        message = (gates * self.value(seen)[:, None]).sum(dim=2) / n
        heard = functional.silu(self.heard(torch.cat([seen, message], dim=-1)))
        h = (h + self.node_out(heard)) * real
        one, two = (self.factors(pairs) * joined).movedim(-1, 1).chunk(2, dim=1)
        paths = one @ two
        # Their transposes are the products the other way round: the sum is symmetric.
        paths = ((paths + paths.mT) * n[:, None].rsqrt()).movedim(1, -1)
        ends = self.ends(h)
        told = self.own(pairs) + self.paths(paths) + ends[:, :, None] + ends[:, None]
        return h, (e + self.pair_out(functional.silu(told))) * joined


class GraphNet(GraphShell):
    """A network of graphs in any of its roles.

    Args:
        config: its size.
        spec: of the data.
        role: what it is to be.
        valences: see `GraphShell`.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        config: GraphNetConfig,
        spec: DataSpec,
        role: Role,
        *,
        valences: bool = False,
        generator: torch.Generator,
    ) -> None:
        super().__init__(
            spec,
            role,
            width=config.width,
            pairs=config.pairs,
            layer=lambda told: _Layer(config, told, generator),
            layers=config.layers,
            valences=valences,
            generator=generator,
        )


@network(
    "graph-net",
    title="Graph network",
    summary="A permutation-equivariant network with node and pair features.",
    source="Maron et al. 2019, arXiv:1905.11136, section 3; Vignac et al. 2023, arXiv:2209.14734, "
    "section 4.1",
    roles=("denoiser", "critic", "generator", "encoder"),
    needs=("graph",),
    config=GraphNetConfig,
)
def graph_net(
    config: GraphNetConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a network of graphs for a role."""
    return GraphNet(config, spec, role, generator=generator)
