"""GraphVAE: an autoencoder whose decoder says all pairs of a graph at once, its nodes in order."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Walk
from pushforward.models.families.graphs.latents import (
    bounded,
    divergence,
    drawn,
    law_of,
    leaning,
    log_bits,
    warmed,
)
from pushforward.models.families.graphs.one_shot import OneShot
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.nets.pick import build
from pushforward.models.nets.settings import DecoderNet, PosteriorNet
from pushforward.models.registry import family
from pushforward.models.settings.graph_order import NodeOrder, Warmup
from pushforward.models.tensors import make_generator, upload
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging, Beta, LatentNumbers

__all__ = ["GraphVae", "GraphVaeConfig"]

_TOLD = 32  # units of the network that says where latents lie by what is given
_BOUND = 53  # stream of the seed (`models.tensors.make_generator`)
_WAYS = "log ways"  # the name under which they go beside the rows of a part
_ODDS = 6.0  # log odds where a network says 1, which one of graphs does not exceed


class GraphVaeConfig(Config, frozen=True):
    """Settings of a GraphVAE."""

    encoder: PosteriorNet = Pick()
    decoder: DecoderNet = Pick()
    latent: LatentNumbers = 32
    prior: Annotated[
        Literal["alike", "given"],
        param(
            "Prior of the latents",
            "Prior of the latents: the same for all graphs, or conditioned, as on the size. "
            "With a shared prior, latents that encode the size are sampled for another one.",
            choices={"alike": "The same for all", "given": "By what is given"},
        ),
    ] = "given"
    order: NodeOrder = "breadth"
    beta: Beta = 1.0
    warmup: Warmup = 0.3
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine", clip=1.0)
    ema: Averaging = 0.99


class _Prior(nn.Module):
    """What is given of graphs -> mean and log std of their latents, (B, latent) each; at first 0
    and 0.
    """

    def __init__(self, told: GivenFeatures, latent: int, rng: torch.Generator) -> None:
        super().__init__()
        self.told = told
        size = MLPConfig(width=_TOLD, depth=1)
        self.net = MLP(size, told.dim, 2 * latent, output_gain=0.0, generator=rng)

    def forward(self, rows: Batch) -> tuple[Tensor, Tensor]:
        mean, spread = self.net(self.told.of(rows.given or None, rows.x)).chunk(2, dim=1)
        return mean, bounded(spread)


class _Coder(nn.Module):
    """What says where a graph lies among the latents, what makes one of these, and where they lie
    by what is given of it; None where that says nothing.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, prior: _Prior | None) -> None:
        super().__init__()
        self.encoder, self.decoder, self.prior = encoder, decoder, prior

    def foreseen(self, rows: Batch) -> tuple[Tensor, Tensor]:
        """Return mean and log std of the latents of graphs by what is given of them, (n, latent)
        each, or 0 for all.
        """
        if self.prior is None:
            return rows.x.new_zeros(()), rows.x.new_zeros(())
        found: tuple[Tensor, Tensor] = self.prior(rows)
        return found


def _alike_before(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of any version: a complete set without a prior is of version 1, with one
    prior for all graphs. Incomplete settings belong to no run and get today's defaults.
    """
    first = set(GraphVaeConfig.__struct_fields__) - {"prior"}
    before = first <= config.keys() and "prior" not in config
    return {**config, "prior": "alike"} if before else dict(config)


@family(
    "graph-vae",
    config=GraphVaeConfig,
    needs=("graph",),
    capabilities=("latent", "bound"),
    group="likelihood",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
    version=2,
    upgrade=_alike_before,
)
class GraphVae(OneShot[GraphVaeConfig]):
    """p(A) = integral of p(z | n) prod over pairs of p(a_ij | z), for graphs of n ordered nodes.
    The paper matches each decoded graph with the data graph, which costs O(N^4). Here the nodes are
    in a random order, breadth first by default, whose probability gives a bound for unordered
    graphs. The encoder sees the order, so that the decoder knows which of the isomorphic graphs to
    generate.
    """

    UNSHARED = "Its later stages need the network's output for every row."

    def network(self, rng: torch.Generator) -> nn.Module:
        latent = self.config.latent
        encoder = build(self.config.encoder, self.edges, role.encoder(2 * latent), rng)
        decoder = build(self.config.decoder, self.edges, role.generator(latent), rng)
        told = GivenFeatures(self.edges)
        follows = self.config.prior == "given" and told.dim > 0
        return _Coder(encoder, decoder, _Prior(told, latent, rng) if follows else None)

    @classmethod
    def evaluations(cls, config: GraphVaeConfig, sampler: Any = None) -> int | None:
        return 1

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        rows, _ = self.ordered(real, self.config.order, self.noise)
        pairs, places = self.pairs(rows), self.pairs(rows).places()
        yield "draw", {"real": rows.x}
        shape = (len(real), self.config.latent)
        noise = torch.randn(shape, generator=self.noise, device=self.device)
        yield "encode", {"real": rows.x}
        said: list[Tensor] = []
        beta = self.config.beta * warmed(self.trained.count, self.horizon, self.config.warmup)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some, net = pairs.take(part), self.trained.net
            fit, apart, edges = self._terms(net.edges, some, noise[part])
            said.append(edges.detach())
            numbers = self.numbers_log_prob(net, rows.take(part))
            bound = fit - beta * apart + numbers
            told = {"reconstruction": fit.detach().mean(), "divergence": apart.detach().mean()}
            # Of a pair on average: rows have some hundred of them.
            return -bound.mean() / self._scale(places), told

        metrics = self.trained.descend(loss, len(real))
        yield "fit", {"real": rows.x, "particles": self.pack_edges(rows, torch.cat(said))}
        return metrics

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw latents, a uniform number for each pair, and a normal one for each node's number."""
        z = torch.randn((n, self.config.latent), generator=generator)
        u = torch.rand((n, self.packing.pairs), generator=generator)
        numbers = self.latent_numbers(n, generator)
        x = torch.cat([z, u, numbers], dim=1)
        return Batch(x, *self.spec.conditions(n, generator, given)).to(self.device)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        yield Frame(1.0, self.push(latents), 1)

    @torch.no_grad()
    def push(self, z: Rows) -> Tensor:
        """Return graphs of latents, (n, L), by the averaged weights: a pair is joined where its
        uniform number is below its chance.
        """
        return by_parts(self._decode, Batch.of(z))

    def _decode(self, rows: Batch) -> Tensor:
        latent, pairs = self.config.latent, self.packing.pairs
        z, u, numbers = torch.split(rows.x, [latent, pairs, self.packing.start], dim=1)
        net: Any = self.trained.averaged.edges
        centre, log_width = net.foreseen(rows)
        said = self._decoded(net, self.empty(rows), centre + log_width.exp() * z)
        return self.finished(self.empty(rows), drawn(said, u), numbers)

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,), by one order and one draw of the latents
        for each graph; the numbers of nodes have a density, edges a probability.
        """
        generator = make_generator(0, _BOUND)
        rows, ways = self.ordered(Batch.of(x), self.config.order, generator)
        noise = upload(
            torch.randn((len(rows), self.config.latent), generator=generator), self.device
        )
        net = self.trained.averaged

        def bound(part: Batch, e: Tensor) -> Tensor:
            log_ways = part.given[_WAYS]
            given = {name: value for name, value in part.given.items() if name != _WAYS}
            told = Batch(part.x, part.mask, given)
            fit, apart, _ = self._terms(net.edges, self.pairs(told), e)
            return fit - apart + self.numbers_log_prob(net, told) - log_ways

        return by_parts(bound, Batch(rows.x, rows.mask, {**rows.given, _WAYS: ways}), noise)

    def _terms(self, net: Any, pairs: Batch, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log p(A | z) and KL(q(z | G) | p(z | n)), in nats, (n,) each, and what is said of
        the pairs.
        """
        mean, log_std = law_of(call(net.encoder, pairs))
        said = self._decoded(net, pairs, mean + log_std.exp() * noise)
        fit = pairs.zeroed(log_bits(said, pairs.x)).sum(dim=1)
        centre, log_width = net.foreseen(pairs)
        # That of two Gaussians stays the same where both are moved and stretched alike.
        apart = divergence((mean - centre) * (-log_width).exp(), log_std - log_width)
        return fit, apart.sum(dim=1), said

    def _decoded(self, net: Any, rows: Batch, z: Tensor) -> Tensor:
        """Return what the decoder says of the pairs of rows, (n, pairs): 2 p - 1."""
        pairs = self.pairs(rows) if rows.x.shape[1] != self.packing.pairs else rows
        return leaning(_ODDS * call(net.decoder, pairs.holding(z)))

    def _scale(self, places: Tensor | None) -> float | Tensor:
        return math.prod(self.edges.shape) if places is None else places
