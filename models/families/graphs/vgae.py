"""Variational graph autoencoders: nodes have latents, and two are joined by their inner product."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.graphs.latents import (
    divergence,
    drawn,
    law_of,
    leaning,
    log_bits,
    warmed,
)
from pushforward.models.families.graphs.one_shot import OneShot
from pushforward.models.layouts.graphs import Packing
from pushforward.models.nets.graphs.node_coder import NodeCoder, NodeCoderConfig
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.registry import family
from pushforward.models.settings.graph_order import Warmup
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging, Beta
from pushforward.models.training.trained import Trained

__all__ = ["Vgae", "VgaeConfig"]

_CRITIC, _BOUND = 3, 54  # streams of the seed (`models.tensors.make_generator`)


class VgaeConfig(Config, frozen=True):
    """Settings of a variational graph autoencoder."""

    latent: Annotated[
        int, param("Latents per node", "Number of latents of a node.", low=1, high=256)
    ] = 4
    prior: Annotated[
        Literal["divergence", "adversarial"],
        param(
            "Regularisation",
            "How node latents are kept near the Gaussian prior: by the KL divergence, which "
            "gives a likelihood bound, or by a critic.",
            choices={
                "divergence": "Divergence (VGAE)",
                "adversarial": "A critic (ARVGA)",
            },
            aspect="loss",
        ),
    ] = "divergence"
    beta: Beta = 1.0
    warmup: Warmup = 0.5
    net: Annotated[NodeCoderConfig, param("Networks", "Encoder and decoder of nodes.")] = (
        NodeCoderConfig()
    )
    optimizer: NetworkOptimizer = OptimizerConfig(lr=5e-3, schedule="cosine", clip=1.0)
    ema: Averaging = 0.99


@family(
    "vgae",
    config=VgaeConfig,
    needs=("graph",),
    capabilities=("latent", "bound"),
    group="likelihood",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class Vgae(OneShot[VgaeConfig]):
    """p(A) = integral of prod_i N(z_i; 0, I) prod_ij p(a_ij | z_i, z_j): no order is needed.

    The paper's data are one graph whose nodes have names, and so features. Here graphs are many
    and their nodes alike, so that an encoder that no numbering changes could not tell the two
    communities of a graph apart: it is handed random numbers of each node, which spread over what
    hangs together. For any such numbers the bound is one, and so is its mean.
    """

    UNSHARED = "Its later stages need the network's output for every row."

    def __init__(self, config: VgaeConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.opponent: Trained[nn.Module] | None = None
        if config.prior == "adversarial":
            size = MLPConfig(width=config.net.width, depth=2)
            net = MLP(size, config.latent, 1, generator=self.weights(_CRITIC))
            self.opponent = Trained(
                net.to(self.device), config.optimizer, self.horizon, execution=self.execution
            )

    def network(self, rng: torch.Generator) -> nn.Module:
        return NodeCoder(self.config.net, self.edges, self.config.latent, self.share, rng)

    @property
    def parts(self) -> Mapping[str, Packed]:
        critic = {} if self.opponent is None else {"critic": self.opponent}
        return {**super().parts, **critic}

    @classmethod
    def evaluations(cls, config: VgaeConfig, sampler: Any = None) -> int | None:
        return 1

    def retune(self, config: VgaeConfig) -> None:
        super().retune(config)
        if self.opponent is not None:
            self.opponent.optimizer.config = config.optimizer

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        pairs = self.pairs(real)
        yield "draw", {"real": real.x}
        noise = self._noise(len(real), self.noise)
        yield "encode", {"real": real.x}
        told = {} if self.opponent is None else self._judge(self.opponent, pairs, noise)
        said, places = list[Tensor](), pairs.places()
        beta = self.config.beta * warmed(self.trained.count, self.horizon, self.config.warmup)
        scale = float(self.packing.pairs) if places is None else places

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some, net = pairs.take(part), self.trained.net
            fit, apart, edges, z = self._terms(net.edges, some, noise[part])
            said.append(edges.detach())
            bound = fit + self.numbers_log_prob(net, real.take(part))
            if self.opponent is None:
                held = -apart
            else:
                fooled = functional.logsigmoid(self.opponent.net(z)[..., 0])
                held = (fooled * self._real(some)).sum(dim=1)
            value = -(bound + beta * held).mean() / scale
            return value, {
                "reconstruction": fit.detach().mean(),
                "divergence": apart.detach().mean(),
            }

        metrics = self.trained.descend(loss, len(real))
        yield "fit", {"real": real.x, "particles": self.pack_edges(real, torch.cat(said))}
        return metrics | told

    def _judge(self, critic: Trained[nn.Module], pairs: Batch, noise: Tensor) -> dict[str, Tensor]:
        """Teach the critic to tell latents of nodes from normal numbers; return its loss."""
        normal = self._noise(len(pairs), self.noise)[..., : self.config.latent]

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some = pairs.take(part)
            with torch.no_grad():
                *_, z = self._terms(self.trained.net.edges, some, noise[part])
            good, bad = critic.net(normal[part])[..., 0], critic.net(z)[..., 0]
            each = (functional.softplus(-good) + functional.softplus(bad)) * self._real(some)
            return each.sum() / self._real(some).sum().clamp_min(1.0), {}

        return {"critic-loss": critic.descend(loss, len(pairs))["loss"]}

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw the latents of all nodes, a uniform number for each pair, and a normal one for each
        node's number.
        """
        z = torch.randn((n, self.packing.nodes * self.config.latent), generator=generator)
        u = torch.rand((n, self.packing.pairs), generator=generator)
        x = torch.cat([z, u, self.latent_numbers(n, generator)], dim=1)
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
        net, nodes, latent = self.trained.averaged, self.packing.nodes, self.config.latent
        sizes = [nodes * latent, self.packing.pairs, self.packing.start]
        z, u, numbers = torch.split(rows.x, sizes, dim=1)
        said = self._decode_pairs(net.edges, z.view(len(z), nodes, latent), rows.given)
        empty = rows.holding(rows.x.new_zeros((len(rows), *self.spec.shape)))
        return self.finished(empty, drawn(said, u), numbers)

    @torch.no_grad()
    def expected(self, x: Rows) -> Tensor:
        """Return how likely each pair of graphs x (n, L) is to be joined, (n, pairs), by the mean
        latents of their nodes: links that are missing are likely ones that are not there.
        """
        rows = Batch.of(x)
        net, noise = self.trained.averaged.edges, self._noise(len(rows), make_generator(0, _BOUND))
        mean, _ = self._law(net, self.pairs(rows), noise)
        return 0.5 * (1.0 + self._decode_pairs(net, mean, rows.given))

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,), by one draw of the latents; the numbers
        of nodes have a density, edges a probability.
        """
        rows = Batch.of(x)
        net, noise = self.trained.averaged, self._noise(len(rows), make_generator(0, _BOUND))

        def bound(part: Batch, e: Tensor) -> Tensor:
            fit, apart, *_ = self._terms(net.edges, self.pairs(part), e)
            return fit - apart + self.numbers_log_prob(net, part)

        return by_parts(bound, rows, noise)

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw normal numbers of each node: those of its latents, and those that it is handed."""
        shape = (n, self.packing.nodes, self.config.latent + self.config.net.random)
        return torch.randn(shape, generator=generator, device=generator.device).to(self.device)

    def _terms(
        self, net: Any, pairs: Batch, noise: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return log p(A | z) and the divergence of the latents in nats, (n,) each, what is said
        of the pairs, and the latents (n, N, latent).
        """
        mean, log_std = self._law(net, pairs, noise)
        z = mean + log_std.exp() * noise[..., : self.config.latent]
        said = self._decode_pairs(net, z, pairs.given)
        fit = pairs.zeroed(log_bits(said, pairs.x)).sum(dim=1)
        apart = (divergence(mean, log_std).sum(dim=2) * self._real(pairs)).sum(dim=1)
        return fit, apart, said, z

    def _law(self, net: Any, pairs: Batch, noise: Tensor) -> tuple[Tensor, Tensor]:
        square = Packing(self.packing.nodes).dense(pairs.zeroed(pairs.x) > 0)
        handed = noise[..., self.config.latent :]
        return law_of(net.encoded(square, self._real(pairs), handed))

    def _decode_pairs(self, net: Any, z: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """Return what is said of the pairs of nodes with latents z (n, N, latent): 2 p - 1."""
        return leaning(Packing(self.packing.nodes).flat(net.products(z, given)))

    def _real(self, pairs: Batch) -> Tensor:
        """Return which nodes there are, (n, N), as 0 and 1."""
        mask = pairs.mask
        if mask is None:
            mask = torch.ones(pairs.x.shape, dtype=torch.bool, device=pairs.device)
        return Packing(self.packing.nodes).present(mask).to(torch.float32)
