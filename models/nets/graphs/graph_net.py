"""A network for graphs, packed into rows: however their nodes are numbered.

Nodes and pairs of nodes carry channels. A node hears from the others, each through a gate that the
pair between them opens; a pair hears from its two nodes, and from all paths of length two between
them, by a product of matrices: that product is what lets it count triangles (the update of pairs of
Maron et al. 2019, arXiv:1905.11136, section 3, inside the residual blocks of a graph transformer).
Both are told how the graph looks, as far as noise lets one see it: degrees, triangles and random
walks of the soft adjacency (structural features as in Vignac et al. 2023, arXiv:2209.14734, section
4.1, here differentiable).

Shapes: x (B, L) as in `models.layouts.graphs`, latents (B, latent), clock (B,), mask (B, L).
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.config import Config, param
from models.contracts.spec import DataSpec
from models.layouts.graphs import Packing
from models.nets.given import GivenFeatures
from models.nets.mlp import FourierFeatures, linear
from models.nets.role import Role
from models.registry import network

__all__ = ["GraphNet", "GraphNetConfig", "graph_net"]

_WALKS = 4  # random walks of 2, 4, 8 and 16 steps
_SHARPEST = 0.05  # noise below it is as good as none
_LONELY = 1e-3  # added to degrees, which may be 0


class GraphNetConfig(Config, frozen=True):
    """Size of a network for graphs."""

    width: Annotated[int, param("Width", "Channels of each node.", low=4, high=512, log=True)] = 32
    pairs: Annotated[
        int, param("Pairs", "Channels of each pair of nodes.", low=4, high=256, log=True)
    ] = 24
    products: Annotated[
        int,
        param("Products", "Channels of the matrix products between pairs.", low=1, high=128),
    ] = 12
    layers: Annotated[
        int, param("Layers", "Rounds of hearing from each other.", low=1, high=16)
    ] = 4


class _Told(nn.Module):
    """Normalisation of channels, scaled and shifted by the context, from an identity."""

    def __init__(self, channels: int, told: int, generator: torch.Generator) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.film = linear(told, 2 * channels, gain=0.0, generator=generator) if told else None

    def forward(self, h: Tensor, context: Tensor | None) -> Tensor:
        h = self.norm(h)
        if self.film is None or context is None:
            return h
        told = self.film(context)
        scale, shift = told.view(len(h), *(1,) * (h.ndim - 2), -1).chunk(2, dim=-1)
        return torch.addcmul(h + shift, h, scale)


class _Layer(nn.Module):
    """Nodes hear from nodes, then pairs from nodes and pairs; both from zero."""

    def __init__(self, config: GraphNetConfig, told: int, generator: torch.Generator) -> None:
        super().__init__()
        g, width, pairs, products = generator, config.width, config.pairs, config.products
        self.products = products
        self.node_in, self.pair_in = _Told(width, told, g), _Told(pairs, told, g)
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


class GraphNet(nn.Module):
    """A denoiser, (B, L) -> (B, L); a critic, -> (B, 1); or a generator from (B, latent).

    A generator gives each node a look at the latent of its own, and says of each pair a number
    between -1 and 1.

    Args:
        config: its size.
        spec: of the data.
        role: what it is to be.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self, config: GraphNetConfig, spec: DataSpec, role: Role, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        g = generator
        self.role, self.packing = role, Packing.of(spec.parts)
        self.clock = FourierFeatures() if role.clock else None
        self.told = GivenFeatures(spec) if spec.given else None
        known = (self.clock.dim_out if self.clock is not None else 0) + (
            self.told.dim if self.told is not None else 0
        )
        told = config.width if known else 0
        self.context = linear(known, told, generator=g) if known else None
        if role.latent:
            self.views = linear(role.latent, self.packing.nodes * config.width, generator=g)
            self.meetings = linear(config.width, config.pairs, generator=g)
        else:
            self.nodes = linear(2 + _WALKS + self.packing.featured, config.width, generator=g)
            self.pairs = linear(3 + _WALKS, config.pairs, generator=g)
            # The logit of an edge where nothing is seen of it.
            self.odds = nn.Parameter(torch.zeros(()))
            if role.name != "denoiser":
                # How clearly it is seen, where no noise level says so.
                self.sharpness = nn.Parameter(torch.tensor(2.0))
        self.layers = nn.ModuleList([_Layer(config, told, g) for _ in range(config.layers)])
        # What nodes come to is only asked where something is said of them.
        judges = role.name == "critic"
        self.node_norm = nn.LayerNorm(config.width) if judges or self.packing.featured else None
        self.pair_norm = nn.LayerNorm(config.pairs)
        gain = 0.0 if role.name == "denoiser" else 1.0
        if judges:
            self.pooled = linear(config.width + config.pairs, config.width, generator=g)
            self.last = linear(config.width, 1, generator=g)
        else:
            self.edge = linear(config.pairs, 1, gain=gain, generator=g)
            if self.packing.featured:
                self.number = linear(config.width, 1, gain=gain, generator=g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        if mask is None:
            mask = torch.ones((len(x), self.packing.length), dtype=torch.bool, device=x.device)
        joined = self.packing.dense(mask)[..., None].to(x.dtype)
        real = self.packing.present(mask)[..., None].to(x.dtype)
        n = real.sum(dim=1, keepdim=True).clamp_min(1.0)
        context = self._context(clock, given)
        if self.role.latent:
            h, e = self._imagined(x)
        else:
            h, e = self._seen(x * mask.to(x.dtype), clock, joined[..., 0], n)
        h, e = h * real, e * joined
        for layer in self.layers:
            h, e = layer(h, e, context, real, joined, n)
        e = self.pair_norm(e)
        h = h if self.node_norm is None else self.node_norm(h)
        if self.role.name == "critic":
            return self._judged(h * real, e * joined, n[:, 0])
        return self._row(h, e)

    def _imagined(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return what nodes and pairs start from in a generator."""
        h: Tensor = self.views(z).view(len(z), self.packing.nodes, -1)
        return h, self.meetings(h[:, :, None] * h[:, None])

    def _seen(
        self, x: Tensor, clock: Tensor | None, joined: Tensor, n: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return what nodes and pairs start from, of rows: their numbers and the structure."""
        square = self.packing.dense(x)
        soft = torch.sigmoid(self._clarity(clock) * square + self.odds) * joined
        degree = soft.sum(dim=2)
        two = soft @ soft
        triangles = (two * soft).sum(dim=2)
        fair = (degree + _LONELY).rsqrt()
        # Similar to the matrix of a random walk, with the same diagonals of its powers.
        walk = fair[:, :, None] * soft * fair[:, None]
        walks = []
        for _ in range(_WALKS):
            walk = walk @ walk
            walks.append(walk * n)
        nodes = [degree / n[..., 0], triangles / n[..., 0].square()]
        nodes += [power.diagonal(dim1=1, dim2=2) for power in walks]
        if self.packing.featured:
            nodes.append(x[:, : self.packing.nodes])
        pairs = [square, soft, two / n, *walks]
        return self.nodes(torch.stack(nodes, dim=-1)), self.pairs(torch.stack(pairs, dim=-1))

    def _clarity(self, clock: Tensor | None) -> Tensor:
        """Return how much an edge's logit grows with its number.

        A denoiser is told ln(s) / 4 and sees x / sqrt(1 + s^2) (EDM's preconditioning, and all but
        that of the score's up to a factor of 1.4): the logit of a bit of -1 or 1 under noise of
        deviation s is 2 x / s^2.
        """
        if self.role.name != "denoiser":
            return self.sharpness
        assert clock is not None
        s = torch.exp(4.0 * clock).clamp_min(_SHARPEST)[:, None, None]
        return 2.0 * (1.0 + s.square()).sqrt() / s.square()

    def _context(self, clock: Tensor | None, given: Mapping[str, Tensor] | None) -> Tensor | None:
        parts = []
        if self.clock is not None and clock is not None:
            parts.append(self.clock(clock))
        if self.told is not None and given is not None:
            parts.append(self.told(given))
        if self.context is None or not parts:
            return None
        known = torch.cat(parts, dim=1).to(self.context.weight)
        return functional.silu(self.context(known))

    def _judged(self, h: Tensor, e: Tensor, n: Tensor) -> Tensor:
        """Return the score (B, 1) of what nodes and pairs are on average."""
        couples = (n * (n - 1.0)).clamp_min(1.0)
        mean = torch.cat([h.sum(dim=1) / n, e.sum(dim=(1, 2)) / couples], dim=1)
        score: Tensor = self.last(functional.silu(self.pooled(mean)))
        return score

    def _row(self, h: Tensor, e: Tensor) -> Tensor:
        edges = self.packing.flat(self.edge(e)[..., 0])
        if self.role.name == "generator":
            edges = torch.tanh(edges)
        if not self.packing.featured:
            return edges
        return torch.cat([self.number(h)[..., 0], edges], dim=1)


@network(
    "graph-net",
    title="Graph network",
    summary="Nodes and pairs of nodes hear from each other; how nodes are numbered is no matter.",
    source="Maron et al. 2019, arXiv:1905.11136, section 3; Vignac et al. 2023, arXiv:2209.14734, "
    "section 4.1",
    roles=("denoiser", "critic", "generator"),
    needs=("graph",),
    config=GraphNetConfig,
)
def graph_net(
    config: GraphNetConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a network of graphs for a role."""
    return GraphNet(config, spec, role, generator=generator)
