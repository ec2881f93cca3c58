"""Diffusion, any Gaussian one, as a denoiser; field = score, carrier = free particles."""

from collections.abc import Generator, Mapping
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.diffusion_family import DiffusionFamily
from pushforward.models.carriers.gaussian_diffusion import GaussianBound
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import LayerFunction, Training, Walk, finish
from pushforward.models.contracts.schedule import Schedule
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.fields.learned_score import learned_score
from pushforward.models.fields.reverse_variance import DIVERGENCE
from pushforward.models.fields.score import ScoreField
from pushforward.models.fields.score_settings import ScoreSettings, path_of, score_warnings
from pushforward.models.likelihood import STEPS, walk_log_prob
from pushforward.models.nets.earlier import networks_as_picks
from pushforward.models.paths.schedule import schedule_of
from pushforward.models.registry import family
from pushforward.models.samplers.heun import Heun

__all__ = ["Edm", "EdmConfig"]


class EdmConfig(ScoreSettings, frozen=True):
    """Settings of a Gaussian diffusion. Levels are relative to standardised data."""


@family(
    "edm",
    config=EdmConfig,
    capabilities=("velocity", "denoiser", "likelihood", "bound"),
    field="score",
    carrier="flow",
    sampler="dpmpp-2m",
    version=2,
    upgrade=networks_as_picks,
    units={DIVERGENCE: "nats"},
)
class Edm(GaussianBound, DiffusionFamily[EdmConfig]):
    """Diffusion in the design space of Karras et al. 2022 (arXiv:2206.00364).

    Data x0 are noised to x = x0 + s eps, and D(x; s) learns E[x0 | x] (equations 2 and 3 there).
    Samples follow dx/ds = (x - D(x; s)) / s = -s grad log p(x; s) from s_max down to s_min.
    """

    def __init__(self, config: EdmConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.field: ScoreField = learned_score(self, config)

    @classmethod
    def schedule(cls, config: EdmConfig, sampler: Any = None) -> Schedule:
        levels = (sampler or Heun()).levels(config.s_min, config.s_max)
        return schedule_of(path_of(config), config.s_min, config.s_max, levels, config.display)

    def warnings(self) -> list[str]:
        return score_warnings(self.config, self.spec)

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        drawn = self.field.draw(len(real), self.noise)
        yield "draw", {"real": real.x}
        particles = self.carrier.noised(real, drawn.level, self.noise)
        particles = self.field.forgetting(particles, self.noise)
        yield "noise", {"real": real.x, "particles": particles.x, "level": drawn.level}
        metrics = self.field.fit(real, particles, drawn.level, drawn)
        yield "fit", {"real": real.x, "particles": particles.x, "level": drawn.level}
        return metrics

    def retune(self, config: EdmConfig) -> None:
        self.field.retune(config.optimizer)

    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(x) in nats, by the probability-flow ODE from s_min to s_max."""
        return finish(self.walk_log_prob(x))

    def walk_log_prob(self, x: Rows, steps: int | None = None) -> Generator[float, None, Tensor]:
        """Return the same, in pieces, by a number of steps."""
        rows, clock, many = Batch.of(x), self.field.clock, steps or STEPS
        real = None if rows.mask is None else rows.zeroed(torch.ones_like(rows.x))
        s_min, s_max = clock.s_min, clock.s_max
        return walk_log_prob(self.denoiser(rows), rows.x, s_min, s_max, real=real, steps=many)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        own = {"score": self.field.scaled_score, "log-density": lambda x, t: self.log_prob(x)}
        return {**super().layer_functions, **own}
