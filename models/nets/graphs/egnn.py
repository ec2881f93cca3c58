"""An E(n)-equivariant network of graphs: nodes have positions, and only distances are seen.

Satorras et al. 2021, arXiv:2102.09844, eqs. 3 to 6 and 8. A row of a graph has no positions, and
gets those of a diffusion map: the place of a node is where lazy walks that start there are after a
few steps (Coifman and Lafon 2006, doi:10.1016/j.acha.2006.04.006, section 2.2), one coordinate a
node of the graph. That is the spectral embedding with all its modes, turned: signs and bases of
eigenvectors, which mean nothing, make no difference to distances, and numbering the nodes anew
turns the space. So a function of distances alone does not depend on the order of the nodes.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.graph_structure import diffusion_map
from pushforward.models.nets.graphs.shell import ConditionalNorm, GraphShell
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["EgnnConfig", "EquivariantLayer", "egnn"]


class EgnnConfig(Config, frozen=True):
    """Size of an E(n)-GNN."""

    width: Annotated[int, param("Width", "Channels per node.", low=4, high=512, log=True)] = 32
    pairs: Annotated[
        int, param("Pairs", "Channels per pair of nodes.", low=4, high=256, log=True)
    ] = 24
    layers: Annotated[int, param("Layers", "Number of message-passing rounds.", low=1, high=16)] = 4
    walk: Annotated[
        int,
        param(
            "Walk doublings",
            "Positions are the distributions of random walks of 2, 4, 8, … steps, up to this "
            "number of doublings.",
            low=1,
            high=8,
        ),
    ] = 2


class EquivariantLayer(nn.Module):
    """Messages by distance: they move the positions along their differences and update nodes and
    pairs. All outputs start at zero.

    Args:
        config: its size.
        told: channels of the context, 0 for none.
        generator: where the initial weights come from.
        moves: whether positions move: they are not used after the last layer.
    """

    def __init__(
        self, config: EgnnConfig, told: int, generator: torch.Generator, *, moves: bool = True
    ) -> None:
        super().__init__()
        g, width, pairs = generator, config.width, config.pairs
        self.node_in, self.pair_in = (
            ConditionalNorm(width, told, g),
            ConditionalNorm(pairs, told, g),
        )
        self.own = linear(pairs, 2 * pairs, generator=g)
        self.ends = linear(width, 2 * pairs, generator=g)
        self.far = linear(1, 2 * pairs, generator=g)
        self.gate = linear(2 * pairs, 1, generator=g)
        self.push = linear(2 * pairs, 1, gain=0.0, generator=g) if moves else None
        self.heard = linear(width + 2 * pairs, 2 * width, generator=g)
        self.node_out = linear(2 * width, width, gain=0.0, generator=g)
        self.after = linear(width, 2 * pairs, generator=g)
        self.pair_out = linear(2 * pairs, pairs, gain=0.0, generator=g)

    def forward(
        self,
        x: Tensor,
        h: Tensor,
        e: Tensor,
        context: Tensor | None,
        real: Tensor,
        joined: Tensor,
        n: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return positions x (B, N, any number), nodes h (B, N, width) and pairs e (B, N, N, pairs)
        after the layer; real (B, N, 1) and joined (B, N, N, 1) are 0 where padded, n (B, 1, 1) is
        how many nodes there are.
        """
        seen, pairs = self.node_in(h, context), self.pair_in(e, context)
        ends = self.ends(seen)
        # Eq. 3; what is said of a pair is the same from either side.
        said = self.own(pairs) + ends[:, :, None] + ends[:, None] + self.far(_squares(x)[..., None])
        message = functional.silu(said) * joined
        if self.push is not None:
            # Eq. 4: the sum over j of (x_i - x_j) w_ij, of all others on average.
            push = (self.push(message) * joined)[..., 0] / n
            x = x + push.sum(dim=2, keepdim=True) * x - push @ x
        # Eqs. 5, 6 and 8.
        total = (torch.sigmoid(self.gate(message)) * message).sum(dim=2) * n.rsqrt()
        heard = functional.silu(self.heard(torch.cat([seen, total], dim=-1)))
        h = (h + self.node_out(heard)) * real
        ends = self.after(h)
        told = functional.silu(message + ends[:, :, None] + ends[:, None])
        return x, h, (e + self.pair_out(told)) * joined


def _squares(x: Tensor) -> Tensor:
    """Return squared distances, (B, N, any number) -> (B, N, N)."""
    return (x[:, :, None] - x[:, None]).square().sum(dim=-1)


class _Layers(nn.Module):
    """All layers of a network, as one of a `GraphShell`: positions go from each to the next."""

    def __init__(self, config: EgnnConfig, told: int, generator: torch.Generator) -> None:
        super().__init__()
        self.walk = config.walk
        self.adjacency = linear(config.pairs, 1, generator=generator)
        self.layers = nn.ModuleList(
            [
                EquivariantLayer(config, told, generator, moves=k + 1 < config.layers)
                for k in range(config.layers)
            ]
        )

    def forward(
        self, h: Tensor, e: Tensor, context: Tensor | None, real: Tensor, joined: Tensor, n: Tensor
    ) -> tuple[Tensor, Tensor]:
        soft = (torch.sigmoid(self.adjacency(e)) * joined)[..., 0]
        # Of a graph of n nodes all coordinates together are of the order 1.
        x = diffusion_map(soft, real[..., 0], self.walk) * n.sqrt()
        for layer in self.layers:
            x, h, e = layer(x, h, e, context, real, joined, n)
        return h, e


@network(
    "egnn",
    title="E(n)-GNN",
    summary="An E(n)-equivariant graph network; node positions are random-walk embeddings.",
    source="Satorras et al. 2021, arXiv:2102.09844, eqs. 3 to 6 and 8; the positions: Coifman and "
    "Lafon 2006, doi:10.1016/j.acha.2006.04.006, section 2.2",
    roles=("denoiser",),
    needs=("graph",),
    config=EgnnConfig,
)
def egnn(config: EgnnConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return an E(n)-GNN for a role."""
    return GraphShell(
        spec,
        role,
        width=config.width,
        pairs=config.pairs,
        layer=lambda told: _Layers(config, told, generator),
        layers=1,
        generator=generator,
    )
