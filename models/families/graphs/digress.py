"""DiGress: discrete diffusion of graphs that resamples edges one by one and predicts the clean
ones.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Unpack

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.observed import OBSERVED, VALUES, set_observed
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.families.graphs.one_shot import EdgesAndNumbers, OneShot
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import DENOISER
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.paths.discrete import DiscretePath, draw_symbols, draw_times, times_at
from pushforward.models.registry import family
from pushforward.models.samplers.discrete.ancestral import Ancestral
from pushforward.models.samplers.discrete.base import SymbolStep
from pushforward.models.samplers.discrete.noise import Uniforms
from pushforward.models.tensors import make_generator, mean_of_places, upload
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["Digress", "DigressConfig"]

_BOUND = 41  # stream of the seed (`models.tensors.make_generator`)
_SMALLEST = 1e-12  # probability, so that one loss is never infinite
_TIMES = 8  # at which the bound of a graph is estimated, spread evenly over the path
_REPEATS = 4  # of each step in which what is known is noised (RePaint)
_SURE = 1e-3, 1e3  # how clearly an edge shows, at least and at most


class DigressConfig(Config, frozen=True):
    """Settings of a discrete diffusion of graphs."""

    net: DenoiserNet = Pick()
    path: Annotated[
        Literal["marginal", "uniform", "absorbing"],
        param(
            "Path",
            "Forward process of a pair of nodes: resampled with the edge density of the data, "
            "resampled with probability 1/2, or masked.",
            choices={"marginal": "Marginal", "uniform": "Uniform", "absorbing": "Absorbing"},
            aspect="path",
        ),
    ] = "marginal"
    steps: Annotated[
        int,
        param(
            "Diffusion steps",
            "T, the number of diffusion steps.",
            low=1,
            high=1000,
            log=True,
        ),
    ] = 100
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=2e-3, schedule="cosine", clip=1.0
    )
    ema: Averaging = 0.998


@family(
    "digress",
    config=DigressConfig,
    needs=("graph",),
    capabilities=("bound", "complete", "revise"),
    group="discrete",
    units={"loss": "nats", "cross-entropy": "nats"},
)
class Digress(OneShot[DigressConfig]):
    """A network says p(a_0 | A_t) of each pair; the path of D3PM does the rest.

    The likelihood of a pair's own symbol is known, so the network only adds the log odds due to the
    other pairs to those of the data. It reads the symbols as numbers under that noise at which a
    bit shows as clearly as they do (`_clock`).
    """

    UNSHARED = "Its later stages need the network's output for every row."

    def __init__(self, config: DigressConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        law = torch.tensor([1.0 - self.share, self.share])
        self.path = DiscretePath(
            config.path, 2, config.steps, self.device, law if config.path == "marginal" else None
        )
        self.odds = torch.logit(law[1].double()).float().to(self.device)
        self.clock = _clock(self.path.bar).to(self.device)

    def network(self, rng: torch.Generator) -> nn.Module:
        return build(self.config.net, self.edges, DENOISER, rng)

    @classmethod
    def evaluations(cls, config: DigressConfig, sampler: Any = None) -> int | None:
        return config.steps

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        n, steps, pairs = len(real), self.config.steps, self.pairs(real)
        t = draw_times(n, steps, self.noise, self.device)
        yield "draw", {"real": real.x}
        truth = (pairs.x > 0).long()
        uniform = torch.rand(truth.shape, generator=self.noise, device=self.device)
        x = self.path.corrupted(truth, t, uniform)
        scene = {"real": real.x, "particles": self.pack_edges(real, self._numbers(x)), "step": t}
        yield "corrupt", scene
        places, said = pairs.places(), []

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            net, some = self.trained.net, pairs.take(part)
            law = self._clean_posterior(net, some, x[part], t[part])
            said.append(law[..., 1].detach())
            kept = law.gather(-1, truth[part][..., None])[..., 0].clamp_min(_SMALLEST)
            edges = -mean_of_places(some.zeroed(kept.log()), places)
            numbers = -self.numbers_log_prob(net, real.take(part)).mean()
            return edges + numbers, {"cross-entropy": edges.detach()}

        metrics = self.trained.descend(loss, n)
        yield "fit", {**scene, "particles": self.pack_edges(real, 2.0 * torch.cat(said) - 1.0)}
        return metrics

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw pairs from the end of the path, and a normal number for each node's number."""
        shape = (n, self.packing.pairs)
        law = self.path.stationary.cpu().expand(*shape, -1)
        x = draw_symbols(law, torch.rand(shape, generator=generator))
        z = self.latent_numbers(n, generator)
        rows = Batch(torch.empty(0), *self.spec.conditions(n, generator, given))
        return rows.holding(self.row(rows, self._numbers(x), z)).to(self.device)

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows = Batch.of(latents)
        x = self._symbols(self.pairs(rows))
        uniforms = Uniforms(generator, rows.device)
        yield from self._reverse(rows, x, self.config.steps, uniforms)

    def completing(self, latents: Batch, values: Tensor, observed: Tensor) -> Batch:
        """Return latents whose flow ends with the pairs that are known; see
        `models.contracts.abilities.Completes`.

        With masks the known pairs are visible from the start, and the samples follow the
        conditional distribution. With other noise they are noised along the path, and each step is
        repeated until the sampled pairs agree with them (RePaint, Lugmayr et al. 2022,
        arXiv:2201.09865, algorithm 1, for symbols).
        """
        start = self.packing.start
        values, observed = values.to(latents.device), observed.to(latents.device)
        if bool(observed[:, :start].any()):
            raise ValueError(
                "numbers of nodes are sampled after the edges and cannot be fixed: keep edges alone"
            )
        told = set_observed(latents, values, observed)
        if self.path.mask is None:
            return told
        return told.holding(torch.where(observed, values, latents.x))

    @torch.no_grad()
    def revising(
        self, rows: Batch, share: float, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Yield frames from rows that are partly drawn anew to others near them; see
        `models.contracts.abilities.Revises` (Meng et al. 2022, arXiv:2108.01073, of symbols).
        """
        generator = make_generator(0) if generator is None else generator
        rows, z = rows.to(self.device), self.latent_numbers(len(rows), generator)
        pairs, t = self.pairs(rows), max(1, round(share * self.config.steps))
        rows = rows.holding(self.row(rows, pairs.x, z.to(rows.device)))
        uniforms = Uniforms(generator, rows.device)
        then = torch.full((len(rows),), t, device=rows.device)
        x = self.path.corrupted((pairs.x > 0).long(), then, uniforms(pairs.x))
        yield from self._reverse(rows, x, t, uniforms)

    def _reverse(self, rows: Batch, x: Tensor, since: int, uniforms: Uniforms) -> Iterator[Frame]:
        """Tell symbols of pairs (n, pairs) back from a time; what is known of them comes true."""
        pairs, start = self.pairs(rows), self.packing.start
        observed_given = OBSERVED in rows.given

        def clean(x: Tensor, t: int) -> Tensor:
            said = self._clean(pairs, x, torch.full((len(x),), t, device=x.device))
            if not observed_given:
                return said
            truth = functional.one_hot((rows.given[VALUES][:, start:] > 0).long(), 2)
            return torch.where(rows.given[OBSERVED][:, start:, None] > 0, truth.to(said), said)

        repeats = _REPEATS if observed_given and self.path.mask is None else 1
        steps, step, z = self.config.steps, Ancestral().step, rows.x[:, :start]
        yield Frame(1.0 - since / steps, self.row(rows, self._numbers(x)), 0)
        for t in range(since, 0, -1):
            for _ in range(repeats - 1):
                x = step(SymbolStep(x, t, t - 1, clean, self.path, uniforms))
                x = self.path.onwards(x, t - 1, t, uniforms(x))
            x = step(SymbolStep(x, t, t - 1, clean, self.path, uniforms))
            edges = self._numbers(x)
            made = self.row(rows, edges) if t > 1 else self.finished(rows, edges, z)
            yield Frame(1.0 - (t - 1) / steps, made, repeats * (since - t + 1))

    @property
    def bound_times(self) -> int:
        """At how many random times the bound of a graph is estimated, one draw of noise at each."""
        return min(_TIMES, self.config.steps)

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return the variational bound of log p of graphs whose nodes are numbered, (n,): its sum
        over times estimated at a few, spread evenly, and exact of the numbers of nodes.
        """
        rows, steps = Batch.of(x), self.config.steps
        pairs, generator, n = self.pairs(rows), make_generator(0, _BOUND), len(rows)
        real, count = (pairs.x > 0).long(), self.bound_times
        total = pairs.zeroed(self.path.prior_gap(real)).sum(dim=1)
        for i in range(count):
            start = (i + torch.rand(n, generator=generator)) / count
            t = upload(times_at(start, steps), self.device)
            uniform = upload(torch.rand(real.shape, generator=generator), self.device)
            at = self.path.corrupted(real, t, uniform)
            terms = self.path.bound(self._clean(pairs, at, t), real, at, t)
            total = total + steps / count * pairs.zeroed(terms).sum(dim=1)
        return self.numbers_log_prob(self.trained.averaged, rows) - total

    def _symbols(self, pairs: Batch) -> Tensor:
        """Return rows of numbers as symbols: 0 is no edge, 1 an edge, 2 a mask."""
        if self.path.mask is None:
            return (pairs.x > 0).long()
        return torch.where(pairs.x == 0.0, self.path.mask, (pairs.x > 0).long())

    def _numbers(self, x: Tensor) -> Tensor:
        """Return symbols as numbers: -1, 1, and 0 where they are masked."""
        return torch.where(x == 2, 0.0, 2.0 * x.float() - 1.0)

    def _clean(self, pairs: Batch, x: Tensor, t: Tensor) -> Tensor:
        """Return p(a_0 | A_t) by the averaged weights, (n, pairs, 2)."""
        net = self.trained.averaged
        with torch.no_grad():
            return by_parts(
                lambda rows, at, then: self._clean_posterior(net, rows, at, then), pairs, x, t
            )

    def _clean_posterior(self, net: EdgesAndNumbers, pairs: Batch, x: Tensor, t: Tensor) -> Tensor:
        rows = pairs.holding(pairs.zeroed(self._numbers(x)))
        said = call(net.edges, rows, self.clock[t]).float()
        logits = torch.stack([torch.zeros_like(said), said + self.odds], dim=-1)
        return self.path.clean_posterior(logits, x, t)


def _clock(bar: Tensor) -> Tensor:
    """Return the time input of the network, (T + 1,): ln(s) / 4, s the level of Gaussian noise at
    which a bit of -1 or 1 is as visible as a symbol.

    Between -1 and 1 the log odds of such a bit, seen as x / sqrt(1 + s^2), differ by 4 c with
    c = sqrt(1 + s^2) / s^2, those of a symbol by the logarithm of q(1 | 1) q(0 | 0) / q(1 | 0)
    q(0 | 1).
    """
    own = bar[:, :2, :2].cpu().double().clamp_min(_SMALLEST).log()
    apart = own[:, 1, 1] + own[:, 0, 0] - own[:, 0, 1] - own[:, 1, 0]
    c = (0.25 * apart).clamp(*_SURE)
    square = (1.0 + (1.0 + 4.0 * c.square()).sqrt()) / (2.0 * c.square())
    return (square.log() / 8.0).float()
