"""GraphNVP: couplings turn normal numbers into all pairs of a graph at once, and back."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Walk, finish
from pushforward.models.families.graphs.one_shot import EdgesAndNumbers, OneShot
from pushforward.models.layouts.dequantised import NoiseWidth, noised
from pushforward.models.nets.graphs.couplings import CouplingsConfig, NodeCouplings
from pushforward.models.registry import family
from pushforward.models.settings.graph_order import NodeOrder
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["GraphNvp", "GraphNvpConfig"]

_BOUND = 54  # stream of the seed (`models.tensors.make_generator`)
_WAYS = "log ways"  # the name under which they go beside the rows of a part


class GraphNvpConfig(Config, frozen=True):
    """Settings of GraphNVP."""

    net: Annotated[CouplingsConfig, param("Couplings", "What stretches and shifts pairs.")] = (
        CouplingsConfig()
    )
    noise: NoiseWidth = 0.3
    order: NodeOrder = "breadth"
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine", clip=5.0)
    ema: Averaging = 0.99


@family(
    "graph-nvp",
    config=GraphNvpConfig,
    needs=("graph",),
    capabilities=("latent", "bound"),
    group="likelihood",
    units={"loss": "nats", "density": "nats"},
)
class GraphNvp(OneShot[GraphNvpConfig]):
    """log p(y) = log N(f(y)) + log |det df/dy| of pairs with noise y, whose signs are the graph.

    As in the paper what couples sees pairs by their places, so that nodes come in an order; numbers
    of nodes come after the edges. Noise is narrower than the paper's, .9, by which a Gaussian that
    is fitted to pairs joined once in 50, as those between two communities are, joins one in 20.
    """

    def network(self, rng: torch.Generator) -> nn.Module:
        return NodeCouplings(self.config.net, self.edges, generator=rng)

    def walk(self, batch: Rows) -> Walk:
        return self._stages(Batch.of(batch), shown=True)

    def step(self, batch: Rows) -> dict[str, Tensor]:
        # No observer: no need to see where the data are as noise.
        return finish(self._stages(Batch.of(batch), shown=False))

    def _stages(self, real: Batch, *, shown: bool) -> Walk:
        rows, _ = self.ordered(real, self.config.order, self.noise)
        pairs = self._noised(self.pairs(rows), self.noise)
        scene = {"real": rows.x, "particles": self.pack_edges(rows, pairs.x)}
        yield "draw", scene
        if shown:
            with torch.no_grad():
                z, _ = _couplings(self.trained.net).to_noise(pairs)
            scene = {**scene, "particles": self.pack_edges(rows, z)}
        yield "back", scene
        places = pairs.places()
        scale = math.prod(self.edges.shape) if places is None else places

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net = self.trained.net
            # Volumes are sums of logarithms that cancel: not in half precision.
            with torch.autocast(self.device.type, enabled=False):
                density = self.log_density(_couplings(net), pairs.take(part))
            bound = density + self.numbers_log_prob(net, rows.take(part))
            # Of a pair on average: rows have some hundred of them.
            return -bound.mean() / scale, {"density": density.detach().mean()}

        metrics = self.trained.descend(loss, len(real))
        yield "fit", scene
        return metrics

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw a normal number for each pair, and one for each node's number."""
        z = torch.randn((n, self.packing.pairs), generator=generator)
        numbers = self.latent_numbers(n, generator)
        rows = Batch(z, *self.spec.conditions(n, generator, given))
        return rows.holding(self.row(rows, z, numbers)).to(self.device)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows, net = Batch.of(latents), _couplings(self.trained.averaged)
        pairs, numbers = self.pairs(rows), rows.x[:, : self.packing.start]
        last = len(net.nets)
        yield Frame(0.0, self.row(rows, pairs.x), 0)
        with torch.no_grad():
            for i, y in enumerate(net.to_data(pairs), start=1):
                made = self.row(rows, y) if i < last else self._signs(rows, y, numbers)
                yield Frame(i / last, made, i)

    def push(self, z: Rows) -> Tensor:
        """Return graphs of latents, (n, L), by the averaged weights."""
        *_, last = self.flow(z)
        return last.x

    def _signs(self, rows: Batch, y: Tensor, numbers: Tensor) -> Tensor:
        return self.finished(self.empty(rows), torch.where(y > 0.0, 1.0, -1.0), numbers)

    def _noised(self, pairs: Batch, generator: torch.Generator) -> Batch:
        uniform = torch.rand(pairs.x.shape, generator=generator, device=generator.device)
        return pairs.holding(pairs.zeroed(noised(pairs.x, self.config.noise, uniform.to(pairs.x))))

    def log_density(self, net: NodeCouplings, pairs: Batch) -> Tensor:
        """Return log p of pairs with noise, y (n, pairs), in nats, (n,), by the change of
        variables.
        """
        z, volume = net.to_noise(pairs)
        each = -0.5 * (z.square() + math.log(2.0 * math.pi))
        return pairs.zeroed(each).sum(dim=1) + volume

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,), by one order and one draw of the noise
        for each graph; the numbers of nodes have a density, edges a probability.
        """
        generator = make_generator(0, _BOUND)
        rows, ways = self.ordered(Batch.of(x), self.config.order, generator)
        noisy = self._noised(self.pairs(rows), generator)
        net = self.trained.averaged

        def bound(part: Batch, noisy: Tensor) -> Tensor:
            given = {name: value for name, value in part.given.items() if name != _WAYS}
            told = Batch(part.x, part.mask, given)
            pairs = self.pairs(told).holding(noisy)
            wide = pairs.zeroed(torch.full_like(noisy, math.log(2.0 * self.config.noise)))
            density = self.log_density(_couplings(net), pairs) + wide.sum(dim=1)
            return density + self.numbers_log_prob(net, told) - part.given[_WAYS]

        return by_parts(bound, Batch(rows.x, rows.mask, {**rows.given, _WAYS: ways}), noisy.x)


def _couplings(net: EdgesAndNumbers) -> NodeCouplings:
    found = net.edges
    assert isinstance(found, NodeCouplings)
    return found
