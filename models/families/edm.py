"""Diffusion, any Gaussian one, as a denoiser; field = score, carrier = free particles."""

from collections.abc import Generator, Mapping
from typing import Any, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.gaussian_diffusion import GaussianDiffusion
from pushforward.models.config import ConfigError
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Look, Training, Walk, finish
from pushforward.models.contracts.schedule import Schedule
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.learned_score import learned_score
from pushforward.models.fields.reverse_variance import DIVERGENCE
from pushforward.models.fields.score import ScoreField
from pushforward.models.fields.score_settings import ScoreSettings, path_of
from pushforward.models.likelihood import walk_log_prob
from pushforward.models.nets.earlier import networks_as_picks
from pushforward.models.nets.offered import gives
from pushforward.models.paths.schedule import schedule_of
from pushforward.models.registry import family
from pushforward.models.samplers.heun import Heun

__all__ = ["Edm", "EdmConfig"]


# Weights under which the largest noise counts least, as 1/s^2 or less.
_CALM = ("simple", "min-snr", "p2", "likelihood")


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
class Edm(GaussianDiffusion[EdmConfig]):
    """field = score, carrier = particles."""

    field: ScoreField

    def __init__(self, config: EdmConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        if config.label_dropout and LABEL not in spec.given:
            raise ConfigError("label_dropout", "the model has no condition that could be dropped")
        self.field = learned_score(self, config)

    @classmethod
    def schedule(cls, config: EdmConfig, sampler: Any = None) -> Schedule:
        levels = (sampler or Heun()).levels(config.s_min, config.s_max)
        return schedule_of(path_of(config), config.s_min, config.s_max, levels, config.display)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    def warnings(self) -> list[str]:
        config, found = self.config, []
        if config.objective != "denoising" and config.weight not in _CALM:
            found.append(
                "Sliced score matching varies with the square of the noise: the loss weight Simple "
                "keeps the largest levels from drowning all others."
            )
        # Where data say their class by themselves, nobody has chosen that it is told.
        chosen = config.conditional and "told" not in gives(self.spec.kind)
        if not chosen or config.label_dropout:
            return found
        return [
            *found,
            "The model is always conditioned on the class, so it has no unconditional "
            "prediction. Classifier-free guidance and the unconditional field and density in "
            "the plane need label dropout.",
        ]

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
        for each in (self.field, self.field.variance):
            if each is not None:
                each.trained.optimizer.config = config.optimizer

    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(x) in nats, by the probability-flow ODE from s_min to s_max."""
        return finish(self.walk_log_prob(x))

    def walk_log_prob(self, x: Rows) -> Generator[float, None, Tensor]:
        """Return the same, in pieces."""
        rows, clock = Batch.of(x), self.field.clock
        real = None if rows.mask is None else rows.zeroed(torch.ones_like(rows.x))
        return walk_log_prob(self.denoiser(rows), rows.x, clock.s_min, clock.s_max, real=real)

    @property
    def looks(self) -> Mapping[str, Look]:
        return {
            **super().looks,
            "score": self.field.scaled_score,
            "log-density": lambda x, t: self.log_prob(x),
        }
