"""Denoising diffusion GAN: a few large steps of noise, each taken back by a generator."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.langevin import Draw, drawn_each, drawn_once
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.adversarial import (
    LOSSES,
    check_penalty,
    motion_of,
    warn_of,
)
from pushforward.models.fields.critic import Critic
from pushforward.models.nets import role
from pushforward.models.nets.calling import call
from pushforward.models.nets.earlier import unbalanced
from pushforward.models.nets.pick import build
from pushforward.models.registry import family
from pushforward.models.settings.ddgan import DenoisingGanConfig
from pushforward.models.tensors import expand_like
from pushforward.models.training.trained import Trained

__all__ = ["DenoisingGan", "DenoisingGanConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_GENERATOR, _CRITIC = 0, 3
_SLOW, _FAST = 0.1, 20.0  # of the variance preserving path


@family(
    "ddgan",
    config=DenoisingGanConfig,
    needs=("continuous", "whole"),
    field="critic",
    carrier="generator",
    version=2,
    upgrade=unbalanced(),
)
class DenoisingGan(Family[DenoisingGanConfig]):
    """field = critic of neighbouring levels, carrier = generator of what is below the noise.

    x_t = √ā_t x_0 + √(1 − ā_t) ε on the variance preserving path, cut at t/T (appendix B);
    q(x_(t-1) | x_t, x_0) is Ho et al. 2020, arXiv:2006.11239, eqs. 6 and 7.
    """

    def __init__(
        self, config: DenoisingGanConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        told = widened(spec, config.latent)
        net = build(config.generator, told, role.DENOISER, self.weights(_GENERATOR))
        self.carrier = Trained(
            net.to(self.device),
            config.generator_optimizer,
            self.horizon,
            decay=config.ema,
            execution=self.execution,
        )
        pair = widened(spec, spec.shape[0])
        judge = build(config.critic, pair, role.critic(clock=True), self.weights(_CRITIC))
        self.field = Critic(
            judge.to(self.device),
            loss=LOSSES[config.loss],
            rescaling=motion_of(config.loss, config.rescaling, 0.0),
            optimizer=config.critic_optimizer,
            horizon=self.horizon,
            penalty=check_penalty(config.loss, config.penalty),
            centre=0.0,
            place="data",
            generator=self.noise,
            clock=True,
            execution=self.execution,
        )
        self.kept = left(config.levels).to(self.device)

    @classmethod
    def evaluations(cls, config: DenoisingGanConfig, sampler: Any = None) -> int | None:
        return config.levels

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"carrier": self.carrier, "field": self.field}

    def walk(self, batch: Rows) -> Walk:
        real, draw, g = Batch.of(batch), drawn_once(self.noise), self.noise
        level = torch.randint(self.config.levels, (len(real),), generator=g, device=g.device) + 1
        level = level.to(real.device)
        before, after = (expand_like(self.kept[at], real.x) for at in (level - 1, level))
        x = before.sqrt() * real.x + (1.0 - before).sqrt() * draw(real.x, 0)
        step = after / before
        noisy = step.sqrt() * x + (1.0 - step).sqrt() * draw(x, 0)
        yield "draw", {"real": x, "particles": noisy, "step": level}
        time = self._clock(level)
        z = draw(self._latent_like(noisy), 0)
        seen, e = real.holding(torch.cat([noisy, z], dim=1)), draw(x, 0)
        with torch.no_grad():
            made = self._sample_posterior(
                _predict_clean(self.carrier.net, seen, time, x.shape[1]), noisy, level, e
            )
        scene = {"real": x, "particles": made, "step": level}
        yield "push", scene
        metrics = self.field.fit(_pair(real, x, noisy), _pair(real, made, noisy), time)
        yield "fit", scene
        slope = self.field.motion(_pair(real, made, noisy), time)[:, : x.shape[1]]
        way = self._towards(level, x)[0] * slope / len(x)

        def move(part: slice) -> tuple[Tensor, Tensor]:
            return _predict_clean(self.carrier.net, seen.take(part), time[part], x.shape[1]), way[
                part
            ]

        self.carrier.follow(move, len(x))
        self.carrier.average()
        yield "follow", {**scene, "velocity": slope}
        return metrics

    def _clock(self, level: Tensor) -> Tensor:
        return 1.0 - level.float() / self.config.levels

    def _latent_like(self, x: Tensor) -> Tensor:
        return x.new_empty((len(x), self.config.latent, *x.shape[2:]))

    def _towards(self, level: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return a, b and s of q(x_(t-1) | x_t, x_0) = N(a x_0 + b x_t, s² I)."""
        before, after = (expand_like(self.kept[at], x) for at in (level - 1, level))
        step = after / before
        a = before.sqrt() * (1.0 - step) / (1.0 - after)
        b = step.sqrt() * (1.0 - before) / (1.0 - after)
        return a, b, ((1.0 - step) * (1.0 - before) / (1.0 - after)).sqrt()

    def _sample_posterior(self, start: Tensor, noisy: Tensor, level: Tensor, e: Tensor) -> Tensor:
        """Return draws of x_(t-1), from x_t and what is said of x_0, with noise e."""
        a, b, s = self._towards(level, noisy)
        return a * start + b * noisy + s * e

    def retune(self, config: DenoisingGanConfig) -> None:
        self.field.penalty = check_penalty(config.loss, config.penalty)
        self.field.rescaling = motion_of(config.loss, config.rescaling, 0.0)
        self.field.trained.optimizer.config = config.critic_optimizer
        self.carrier.optimizer.config = config.generator_optimizer

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    @torch.no_grad()
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows, draw, levels = Batch.of(latents), drawn_each(generator), self.config.levels
        x = rows.x
        yield Frame(0.0, x.clone(), 0)
        for done in range(1, levels + 1):
            level = torch.full((len(x),), levels + 1 - done, device=x.device)
            x = self._stepped(rows.holding(x), level, draw, done)
            yield Frame(done / levels, x.clone(), done)

    def _stepped(self, rows: Batch, level: Tensor, draw: Draw, done: int) -> Tensor:
        # A number for the latents of a step, another for its noise.
        z = draw(self._latent_like(rows.x), 2 * done)
        seen = rows.holding(torch.cat([rows.x, z], dim=1))
        net, first = self.carrier.averaged, rows.x.shape[1]
        said = by_parts(lambda r, t: _predict_clean(net, r, t, first), seen, self._clock(level))
        return self._sample_posterior(said, rows.x, level, draw(rows.x, 2 * done + 1))


def left(levels: int) -> Tensor:
    """Return which share of the variance of the data is left after each step, (levels + 1,).

    exp(-(slow u + (fast - slow) u² / 2)) at u = t / T (appendix B, after Song et al. 2021).
    """
    u = torch.linspace(0.0, 1.0, levels + 1, dtype=torch.float64)
    return torch.exp(-(_SLOW * u + 0.5 * (_FAST - _SLOW) * u.square())).float()


def widened(spec: DataSpec, more: int) -> DataSpec:
    """Return the spec of the data with additional numbers, for images additional channels."""
    shape = (spec.shape[0] + more, *spec.shape[1:])
    return replace(spec, shape=shape, mean=torch.zeros(shape), std=torch.ones(shape), mixture=None)


def _pair(rows: Batch, before: Tensor, after: Tensor) -> Batch:
    """Return neighbouring levels as one datum, as the critic sees them."""
    return rows.holding(torch.cat([before, after], dim=1))


def _predict_clean(net: torch.nn.Module, seen: Batch, time: Tensor, first: int) -> Tensor:
    """Return what the generator says of the data below the noise, (n, *shape)."""
    return call(net, seen, time)[:, :first]
