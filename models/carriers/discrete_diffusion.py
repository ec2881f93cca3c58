"""Diffusion of symbols by whichever reading of the data: what D3PMs share.

Austin et al. 2021, arXiv:2107.03006. A network says p(x_0 | x_t) of each place; the path does the
rest (`models.paths.discrete`). A family says what of its data are symbols, and what symbols are of
its data.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar, Unpack

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Scene, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.nets.calling import call
from pushforward.models.nets.pick import build
from pushforward.models.nets.role import predictor
from pushforward.models.nets.settings import PredictorNet
from pushforward.models.paths.discrete import (
    DiscretePath,
    DiscretePathName,
    draw_symbols,
    draw_times,
    times_at,
)
from pushforward.models.samplers.discrete.ancestral import Ancestral
from pushforward.models.samplers.discrete.base import DiscreteSampler
from pushforward.models.tensors import make_generator, upload
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging
from pushforward.models.training.trained import Trained

__all__ = ["PAPER", "UNITS", "DiscreteDiffusion", "DiscreteDiffusionConfig"]

_WEIGHTS, _BOUND = 0, 41  # streams of the seed (`models.tensors.make_generator`)
_SMALLEST = 1e-12  # probability, so that one loss is never infinite
_TIMES = 8  # at which the bound of a row is estimated, spread evenly over the path
PAPER = "Austin et al. 2021, arXiv:2107.03006"


UNITS = {"bound": "nats", "cross-entropy": "nats", "loss": "nats"}
"""Of what a training step reports, each a mean over places."""


class DiscreteDiffusionConfig(Config, frozen=True):
    """Settings of a discrete diffusion."""

    net: PredictorNet = Pick()
    path: Annotated[
        DiscretePathName,
        param(
            "Path",
            "Forward process: symbols are masked, replaced by random ones, or moved to "
            "neighbouring values (for symbols with an order).",
            choices={
                "absorbing": "Absorbing (masks)",
                "uniform": "Uniform",
                "gaussian": "Discretised Gaussian",
            },
            aspect="path",
        ),
    ] = "absorbing"
    steps: Annotated[
        int,
        param(
            "Diffusion steps",
            "T, the number of diffusion steps. A sampler may take several at once.",
            low=1,
            high=1000,
            log=True,
        ),
    ] = 256
    cross_entropy: Annotated[
        float,
        param(
            "Cross-entropy",
            "Weight of the cross-entropy −log p(x₀ | x_t) added to the variational bound.",
            low=0.0,
            high=10.0,
            live=True,
            aspect="loss",
        ),
    ] = 0.01
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=2e-3, schedule="cosine", warmup=50, clip=1.0
    )
    ema: Averaging = 0.99


C = TypeVar("C", bound=DiscreteDiffusionConfig)


class DiscreteDiffusion(Family[C]):
    """A network says p(x_0 | x_t); the path does the rest.

    Args:
        config: the settings.
        spec: of the data.
        symbols: K, how many the data are made of.
        signs: how many numbers the network reads of each place, 0 for its symbol.
        **training: see `models.contracts.learner.Training`.

    Attributes:
        path: along which symbols are corrupted.
        trained: the network that says what they were.
    """

    def __init__(
        self,
        config: C,
        spec: DataSpec,
        symbols: int,
        signs: int = 0,
        **training: Unpack[Training],
    ) -> None:
        super().__init__(config, spec, **training)
        self.path = DiscretePath(config.path, symbols, config.steps, self.device)
        net = build(config.net, spec, predictor(symbols, signs), self.weights(_WEIGHTS))
        self.trained: Trained[nn.Module] = Trained(
            net.to(self.device),
            config.optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )

    @abstractmethod
    def written(self, rows: Batch) -> Batch:
        """Return rows with the symbols of x, standardised, in its place: int64 (n, *shape)."""

    @abstractmethod
    def to_model_units(self, symbols: Tensor) -> Tensor:
        """Return what symbols (n, *shape), masked ones among them, are in model units."""

    @abstractmethod
    def seen(self, symbols: Tensor) -> Tensor:
        """Return what the network reads of symbols (n, *shape)."""

    def posterior_scene(self, law: Tensor) -> Scene:
        """Return the layers that a stage shows of p(x_0 | x_t), (n, *shape, K): the probabilities
        if the data are symbols.
        """
        return {}

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"predictor": self.trained}

    @classmethod
    def evaluations(cls, config: C, sampler: Any = None) -> int | None:
        return _sampler(sampler).nfe(config.steps)

    def walk(self, batch: Rows) -> Walk:
        real = self.written(Batch.of(batch))
        n, steps = len(real), self.config.steps
        t = draw_times(n, steps, self.noise, self.device)
        yield "draw", {"real": self.to_model_units(real.x)}
        uniform = torch.rand(real.x.shape, generator=self.noise, device=self.device)
        x = self.path.corrupted(real.x, t, uniform)
        scene = {
            "real": self.to_model_units(real.x),
            "particles": self.to_model_units(x),
            "step": t,
        }
        yield "corrupt", scene

        law: list[Tensor] = []

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some, then, truth = real.take(part), t[part], real.x[part]
            clean = self._clean_posterior(self.trained.net, some.holding(x[part]), then)
            law.append(clean.detach())
            bound = steps * self.path.bound(clean, truth, x[part], then).mean()
            kept = clean.gather(-1, truth[..., None]).clamp_min(_SMALLEST)
            entropy = -kept.log().mean()
            said = {"bound": bound.detach(), "cross-entropy": entropy.detach()}
            return bound + self.config.cross_entropy * entropy, said

        metrics = self.trained.descend(loss, n)
        yield "fit", {**scene, **self.posterior_scene(law[0])}
        return metrics

    def retune(self, config: C) -> None:
        self.trained.optimizer.config = config.optimizer

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        shape = (n, *self.spec.shape)
        law = self.path.stationary.cpu().expand(*shape, -1)
        x = draw_symbols(law, torch.rand(shape, generator=generator))
        rows = Batch(x, *self.spec.conditions(n, generator, given)).to(self.device)
        return rows.holding(self.to_model_units(rows.x))

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        for frame, _ in self.going(latents, sampler=sampler, generator=generator):
            yield frame

    def going(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[tuple[Frame, Tensor | None]]:
        """Yield the flow, each frame with p(x_0 | x_t) of the step that led to it; an unmasked
        symbol stays and needs no evaluation.
        """
        rows = self.written(Batch.of(latents))
        if self.path.mask is not None:
            # All latents of a path that masks are the same one.
            rows = rows.holding(torch.full_like(rows.x, self.path.mask))
        law: Tensor | None = None

        def clean(x: Tensor, t: int) -> Tensor:
            nonlocal law
            law = self._clean(rows.holding(x), torch.full((len(x),), t, device=x.device))
            if self.path.mask is None:
                return law
            whole, law = law, law * x.eq(self.path.mask)[..., None]
            return whole

        for step in _sampler(sampler).frames(clean, self.path, rows, generator):
            yield Frame(1.0 - step.s, self.to_model_units(step.x), step.nfe), law

    def posterior(self, x: Rows, t: float) -> Tensor:
        """Return p(x_0 | x_t) by the averaged weights, (n, *shape, K)."""
        rows, steps = self.written(Batch.of(x)), self.config.steps
        then = min(steps, max(1, round((1.0 - t) * steps)))
        return self._clean(rows, torch.full((len(rows),), then, device=rows.device))

    def symbol_bound(self, rows: Batch) -> Tensor:
        """Return the variational bound of log p of symbols, (n,): eq. 1 with its sum over times
        estimated at a few, spread evenly.
        """
        steps = self.config.steps
        generator, n = make_generator(0, _BOUND), len(rows)
        count = min(_TIMES, steps)
        total = self.path.prior_gap(rows.x).flatten(1).sum(dim=1)
        for i in range(count):
            start = (i + torch.rand(n, generator=generator)) / count
            t = upload(times_at(start, steps), self.device)
            uniform = upload(torch.rand(rows.x.shape, generator=generator), self.device)
            at = self.path.corrupted(rows.x, t, uniform)
            terms = self.path.bound(self._clean(rows.holding(at), t), rows.x, at, t)
            total = total + steps / count * terms.flatten(1).sum(dim=1)
        return -total

    def _clean(self, rows: Batch, t: Tensor) -> Tensor:
        with torch.no_grad():
            net = self.trained.averaged
            return by_parts(lambda part, then: self._clean_posterior(net, part, then), rows, t)

    def _clean_posterior(self, net: nn.Module, rows: Batch, t: Tensor) -> Tensor:
        said = call(net, rows.holding(self.seen(rows.x)), t / self.config.steps)
        return self.path.clean_posterior(said.float(), rows.x, t)


def _sampler(asked: Any) -> DiscreteSampler:
    """Return the requested sampler if it samples symbols, otherwise the family's default."""
    return asked if isinstance(asked, DiscreteSampler) else Ancestral()
