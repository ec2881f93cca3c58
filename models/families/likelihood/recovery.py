"""Recovery likelihood: energies that say what data were before a little noise, level by level."""

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.langevin import Draw, drawn_each, drawn_once, wander
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.energy import Energy
from pushforward.models.nets import role
from pushforward.models.nets.earlier import unbalanced
from pushforward.models.nets.pick import build
from pushforward.models.registry import family
from pushforward.models.settings.recovery import RecoveryLikelihoodConfig
from pushforward.models.tensors import expand_like

__all__ = ["RecoveryLikelihood", "RecoveryLikelihoodConfig"]

_WEIGHTS = 0  # a stream of the seed (`models.tensors.make_generator`)
_LEFT = 0.01  # of the variance of the data, after the last level


@family(
    "recovery-likelihood",
    config=RecoveryLikelihoodConfig,
    needs=("continuous", "whole"),
    group="likelihood",
    units={"energy-data": "nats", "energy-particles": "nats"},
    version=2,
    upgrade=unbalanced(),
)
class RecoveryLikelihood(Family[RecoveryLikelihoodConfig]):
    """x_t = y_t / α_(t+1), y_t = α_(t+1) x_t, x_(t+1) = y_t + σ_(t+1) ε, with α² + σ² = 1.

    The energy of y_t is E(y, t); that of y_t given x_(t+1) adds |x_(t+1) - y|² / (2 σ²) (eq. 6).
    """

    def __init__(
        self, config: RecoveryLikelihoodConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        net = build(config.energy, spec, role.critic(clock=True), self.weights(_WEIGHTS))
        self.field = Energy(
            net.to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            restraint=config.restraint,
            clock=True,
            execution=self.execution,
        )
        self.signal, self.sigma = (part.to(self.device) for part in schedule(config.levels))

    @classmethod
    def evaluations(cls, config: RecoveryLikelihoodConfig, sampler: Any = None) -> int | None:
        return config.levels * config.walk

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    def walk(self, batch: Rows) -> Walk:
        real, draw, g = Batch.of(batch), drawn_once(self.noise), self.noise
        level = torch.randint(self.config.levels, (len(real),), generator=g, device=g.device)
        level = level.to(real.device)
        kept = expand_like(self.signal[level], real.x)
        sigma = expand_like(self.sigma[level], real.x)
        before = kept * real.x + (1.0 - kept.square()).sqrt() * draw(real.x, 0)
        y = (1.0 - sigma.square()).sqrt() * before
        noisy = y + sigma * draw(real.x, 0)
        scene = {"real": y, "particles": noisy, "step": level}
        yield "draw", scene
        time = self._clock(level)
        moved = self._wandered(real, noisy, sigma, time, draw, trained=True)
        yield "wander", {**scene, "moved": moved}
        metrics = self.field.fit(real.holding(y), real.holding(moved), time)
        yield "fit", {"real": y, "particles": moved, "step": level}
        return metrics

    def _clock(self, level: Tensor) -> Tensor:
        """Return the flow times of levels: the first is next to the data, at t = 1."""
        return 1.0 - level.float() / self.config.levels

    def _wandered(
        self,
        rows: Batch,
        noisy: Tensor,
        sigma: Tensor,
        time: Tensor,
        draw: Draw,
        *,
        trained: bool,
        start: int = 0,
    ) -> Tensor:
        """Return where Langevin steps get that begin at noisy data, (n, *shape)."""
        score = self.field.motion if trained else self.field.velocity
        variance = sigma.square()
        *_, end = wander(
            noisy,
            lambda x: score(rows.holding(x), time) + (noisy - x) / variance,
            draw,
            steps=self.config.walk,
            # The law of y given the noisy data is at most as wide as sigma alpha.
            size=0.5 * self.config.size**2 * variance * (1.0 - variance),
            start=start,
        )
        return end

    def retune(self, config: RecoveryLikelihoodConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer
        self.field.restraint = config.restraint

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        rows, draw, levels = Batch.of(latents), drawn_each(generator), self.config.levels
        x = rows.x
        yield Frame(0.0, x.clone(), 0)
        for done, level in enumerate(reversed(range(levels)), start=1):
            sigma = self.sigma[level]
            time = self._clock(torch.full((len(x),), level, device=x.device))
            start = (done - 1) * self.config.walk
            y = self._wandered(rows, x, sigma, time, draw, trained=False, start=start)
            x = y / (1.0 - sigma.square()).sqrt()
            yield Frame(done / levels, x.clone(), done * self.config.walk)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {"energy": self.field.value, "score": self.field.velocity}


def schedule(levels: int) -> tuple[Tensor, Tensor]:
    """Return what is kept of the data before each level, and the noise that it adds, (levels,).

    The variance that is left after all so far falls as a squared cosine (Nichol and Dhariwal 2021,
    arXiv:2102.09672, eq. 17), which rushes neither at the data nor at the noise.
    """
    share = torch.linspace(0.0, 1.0, levels + 1, dtype=torch.float64)
    left = torch.cos(0.5 * torch.pi * share).square().clamp_min(_LEFT)
    left[0] = 1.0
    sigma = (1.0 - left[1:] / left[:-1]).sqrt()
    return left[:-1].sqrt().float(), sigma.float()
