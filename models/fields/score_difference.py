"""The difference of two scores as a field: where the data are denser than the particles, at all
noise levels at once.

Particles with noise have a score of their own, and where it differs from that of data with the same
noise, they should move: v(x) = E_{s, eps}[ w_data s grad log p_s(y) - w_gen s grad log q_s(y) ] at
y = x + s eps. With both weights 1 that is minus the gradient of E_s[ s KL(q_s | p_s) ] by the
particles, so that they rest where the two laws are one (Franceschi et al. 2023, arXiv:2305.16150,
algorithm 1, Score GAN). s grad log p_s(y) is (D_p(y, s) - y) / s, D_p the denoiser of the data.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from models.config import ConfigError
from models.contracts.abilities import Denoise
from models.contracts.batch import Batch, Rows, by_parts
from models.contracts.execution import PLAIN, Execution
from models.contracts.learner import Layer, Stage
from models.contracts.state import State
from models.denoisers.denoiser import Denoiser
from models.denoisers.densities import RhoUniform, draw_levels
from models.paths.clock import FlowClock
from models.tensors import expand_like, make_generator, noise_like
from models.training.optim import OptimizerConfig
from models.training.trained import Trained

__all__ = [
    "FIT_OWN",
    "SCORES",
    "OwnScore",
    "ParticleScore",
    "Probes",
    "ScoreDifference",
    "level_law",
]

SCORES = (
    Layer("score-data", "Score of the data", "vector", "s ∇log p", timed=True),
    Layer("score-particles", "Score of the particles", "vector", "s ∇log q", timed=True),
)
FIT_OWN = Stage(
    "fit",
    "Fit the particles' own score",
    "min E |D_q(x + s ε, s) − x|²,  ∇log q = (D_q − x) / s²",
    "Franceschi et al. 2023, arXiv:2305.16150, algorithm 1",
    "score-particles",
)

# Looking is the same for every run and every resumed one: no seed of a run's goes into it.
_LOOKING = 7919
Bound: TypeAlias = Callable[[Batch], Denoise]


class OwnScore(Protocol):
    """Who knows the score of the particles: a network that learns it, or a formula."""

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D_q(x, s) for rows like these: x (n, *shape), s (n,) or 0-d."""
        ...

    def fit(self, particles: Batch, noised: Batch, level: Tensor) -> dict[str, Tensor]:
        """Learn from particles, x (B, *shape), and what they are with noise of levels (B,)."""
        ...


class ParticleScore:
    """A denoiser that follows the particles; an `OwnScore`.

    Its weights are not averaged: the particles move on, and it must not lag behind.

    Args:
        denoiser: what is trained, already on its device.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        execution: how the network is run.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        *,
        optimizer: OptimizerConfig,
        horizon: int,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(denoiser, optimizer, horizon, execution=execution, name="denoiser")

    @torch.no_grad()
    def denoise(self, rows: Batch, s: Tensor) -> Tensor:
        """Return D_q(x, s): x (n, *shape), s (n,) or 0-d."""
        return by_parts(self.trained.net, rows, s.expand(len(rows)))

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D_q(x, s) for rows like these: x (n, *shape), s (n,) or 0-d."""
        return lambda x, s: self.denoise(Batch(x) if like is None else like.holding(x), s)

    def fit(self, particles: Batch, noised: Batch, level: Tensor) -> dict[str, Tensor]:
        """Do one step on E |D_q(x + s eps, s) - x|^2; returns this "loss".

        It is not weighted, as in the paper: the levels stop well above zero.
        """
        places = noised.places()

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            part, at, real = noised.take(rows), level[rows], particles.x[rows]
            net, even = self.trained.net, torch.ones_like(at)
            return net.squared_error(part, at, real, even, places=places), {}

        return self.trained.descend(loss, len(particles))

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        self.trained.pack(state, part)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        self.trained.unpack(state, part)

    def parameter_count(self) -> int:
        """Return how many numbers are trained."""
        return self.trained.parameter_count()


@dataclass
class Probes:
    """Noise that is the same for all particles, so that a mean over it is a function of the place.

    Attributes:
        level: noise levels (m,).
        noise: unit Gaussian (m, *shape).
    """

    level: Tensor
    noise: Tensor

    @classmethod
    def draw(
        cls, law: RhoUniform, pairs: int, shape: tuple[int, ...], generator: torch.Generator
    ) -> "Probes":
        """Draw that many pairs of opposite noise, one in each part of the law of the levels."""
        level = draw_levels(law, pairs, generator)
        noise = torch.randn((pairs, *shape), generator=generator, device=generator.device)
        return cls(level.repeat(2), torch.cat([noise, -noise]))

    @classmethod
    def fixed(cls, law: RhoUniform, shape: tuple[int, ...], device: torch.device) -> "Probes":
        """Return the same 64 always, for looking at a field.

        Levels and noise are the quantiles of one Sobol sequence: on the ring of five, arrows then
        have a cosine above .99 with the mean of many draws, which 64 random ones do not reach. Such
        sequences end at 21,201 dimensions; for larger data they are 32 random pairs, as `draw` has
        them.
        """
        dim = 1 + math.prod(shape)
        if dim > SobolEngine.MAXDIM:
            drawn = cls.draw(law, 32, shape, make_generator(_LOOKING))
            return cls(drawn.level.to(device), drawn.noise.to(device))
        sobol = SobolEngine(dim, scramble=True, seed=_LOOKING)  # type: ignore[no-untyped-call]
        u = sobol.draw(64).clamp(1e-4, 1 - 1e-4)
        noise = math.sqrt(2) * torch.erfinv(2 * u[:, 1:] - 1)
        level = law.quantile(u[:, 0])
        return cls(level.to(device), noise.reshape(-1, *shape).to(device))

    def pack(self, state: State, part: str) -> None:
        """Add the levels and the noise."""
        for name, value in (("level", self.level), ("noise", self.noise)):
            state.keep(f"{part}/{name}", value)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added, on the device of the present ones.

        Raises:
            ValueError: it does not fit.
        """
        for name, mine in (("level", self.level), ("noise", self.noise)):
            setattr(self, name, state.tensor(f"{part}/{name}", mine.shape).to(mine))

    def parameter_count(self) -> int:
        """Return 0: nothing is trained."""
        return 0


def level_law(s_low: float, s_high: float, rho: float) -> RhoUniform:
    """Return the law of the noise levels at which two scores are compared.

    It is that of EDM's sampling grid, not of its training (Franceschi et al. 2023,
    arXiv:2305.16150, algorithm 1).

    Raises:
        ConfigError: the levels are not in order.
    """
    if not s_low < s_high:
        raise ConfigError("s_low", f"must be below the highest noise, {s_high:g}, got {s_low:g}")
    return RhoUniform(s_low, s_high, rho)


class ScoreDifference:
    """Two denoisers and what they say together; a `models.fields.base.Field` without a clock.

    Args:
        data: makes D_p(x, s) of the data for rows, s (n,) or 0-d.
        own: the score of the particles.
        law: which noise levels count, for learning and moving alike.
        probes: what `velocity` is a mean over.
        w_data, w_gen: weights of the two scores.
        generator: for levels and noise; it belongs to the training.

    Attributes:
        probes, w_data, w_gen: may be set between steps.
    """

    def __init__(
        self,
        data: Bound,
        own: OwnScore,
        *,
        law: RhoUniform,
        probes: Probes,
        w_data: float,
        w_gen: float,
        generator: torch.Generator,
    ) -> None:
        self.data = data
        self.own = own
        self.law = law
        self.probes = probes
        self.w_data = w_data
        self.w_gen = w_gen
        self.clock = FlowClock(law.s_min, law.s_max, law.rho)
        self._generator = generator

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Let the own score learn from particles, x (B, *shape); the data are not looked at.

        Noise levels (B,) are drawn where there are none.
        """
        made = Batch.of(particles)
        if level is None:
            level = draw_levels(self.law, len(made), self._generator).to(made.device)
        return self.own.fit(made, self._noised(made, level), level)

    def _noised(self, rows: Batch, level: Tensor) -> Batch:
        noise = rows.zeroed(noise_like(rows.x, self._generator))
        return rows.holding(torch.addcmul(rows.x, expand_like(level, rows.x), noise))

    @torch.no_grad()
    def drawn_velocity(self, x: Rows) -> Tensor:
        """Return one draw of the velocity at x (n, *shape), level and noise of each its own.

        Its mean is v(x): what a stochastic gradient needs, at a single evaluation of either.
        """
        rows = Batch.of(x)
        s = draw_levels(self.law, len(rows), self._generator).to(rows.device)
        return self._difference(self._noised(rows, s), s)

    @torch.no_grad()
    def velocity(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return the mean over the probes of the difference of scores, at x (n, *shape)."""
        rows = Batch.of(x)
        total = torch.zeros_like(rows.x)
        for s, noise in zip(self.probes.level, self.probes.noise, strict=True):
            total += self._difference(rows.holding(rows.zeroed(rows.x + s * noise)), s)
        return total / len(self.probes.level)

    @torch.no_grad()
    def score_of_data(self, x: Rows, t: float) -> Tensor:
        """Return s grad log p_s at x (n, *shape), at the noise level of flow time t."""
        return self._scaled_score(self.data, Batch.of(x), t)

    @torch.no_grad()
    def score_of_particles(self, x: Rows, t: float) -> Tensor:
        """Return s grad log q_s at x (n, *shape), at the noise level of flow time t."""
        return self._scaled_score(self.own.denoiser, Batch.of(x), t)

    def layer(self, name: str, x: Rows, t: float) -> Tensor | None:
        """Evaluate one of `SCORES` at x (n, *shape); None for any other."""
        match name:
            case "score-data":
                return self.score_of_data(x, t)
            case "score-particles":
                return self.score_of_particles(x, t)
        return None

    def _scaled_score(self, denoiser: Bound, rows: Batch, t: float) -> Tensor:
        x = rows.x
        s = torch.tensor(self.clock.s(t), dtype=x.dtype, device=x.device)
        return (denoiser(rows)(x, s) - x) / s

    def _difference(self, rows: Batch, s: Tensor) -> Tensor:
        """Return the weighted difference of s times the scores at rows, s (n,) or 0-d."""
        y = rows.x
        out = self.w_data * self.data(rows)(y, s) - self.w_gen * self.own.denoiser(rows)(y, s)
        if self.w_data != self.w_gen:
            out = out - (self.w_data - self.w_gen) * y
        return out / expand_like(s, y)
