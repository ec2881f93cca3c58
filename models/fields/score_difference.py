"""The difference of two scores as a field: where the data are denser than the particles, at all
noise levels at once.

Particles with noise have a score of their own, and where it differs from that of data with the same
noise, they should move: v(x) = E_{s, eps}[ w_data s grad log p_s(y) - w_gen s grad log q_s(y) ] at
y = x + s eps. With both weights 1 that is minus the gradient of E_s[ s KL(q_s | p_s) ] by the
particles, so that they rest where the two laws are one (Franceschi et al. 2023, arXiv:2305.16150,
algorithm 1, Score GAN). s grad log p_s(y) is (D_p(y, s) - y) / s, D_p the denoiser of the data.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from pushforward.models.config import ConfigError
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import LayerFunction
from pushforward.models.denoisers.densities import RhoUniform, draw_levels
from pushforward.models.fields.particle_score import OwnScore
from pushforward.models.fields.probes import Probes
from pushforward.models.paths.clock import FlowClock
from pushforward.models.tensors import expand_like, noise_like

__all__ = ["ScoreDifference", "level_law"]


Bound: TypeAlias = Callable[[Batch], Denoise]


def level_law(s_low: float, s_high: float, rho: float) -> RhoUniform:
    """Return the distribution of the noise levels at which two scores are compared: that of EDM's
    sampling grid, not of its training (Franceschi et al. 2023, arXiv:2305.16150, algorithm 1).

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

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        """The layers of the two scores, by their names."""
        return {"score-data": self.score_of_data, "score-particles": self.score_of_particles}

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
