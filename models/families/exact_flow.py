"""Exact flow: field = exact, carrier = particles along flow time; the diffusion without error."""

from collections.abc import Mapping
from typing import Annotated, Any, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.diffusion_family import DiffusionFamily
from pushforward.models.carriers.gaussian_diffusion import GaussianBound
from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import ClassLogits
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.schedule import Schedule
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.denoisers.densities import draw_levels
from pushforward.models.denoisers.level_settings import (
    DisplaySetting,
    LargestNoise,
    SmallestNoise,
    log_normal,
)
from pushforward.models.fields.exact import ExactScore, known_law
from pushforward.models.paths.clock import FlowClock
from pushforward.models.paths.schedule import schedule_of
from pushforward.models.registry import family
from pushforward.models.samplers.heun import Heun

__all__ = ["ExactFlow", "ExactFlowConfig"]


class ExactFlowConfig(Config, frozen=True):
    """Settings of an exact flow, those of EDM that concern no network."""

    density_mean: Annotated[
        float,
        param(
            "P_mean (of ln s)",
            "Mean of ln σ over the noise levels of the loss.",
            low=-6.0,
            high=6.0,
            advanced=True,
        ),
    ] = -1.2
    density_std: Annotated[
        float,
        param(
            "P_std (of ln s)",
            "Standard deviation of ln σ over the noise levels of the loss.",
            above=0.0,
            high=6.0,
            advanced=True,
        ),
    ] = 1.2
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    display: DisplaySetting = "variance-preserving"
    conditional: ConditionalSetting = False


@family(
    "exact-flow",
    config=ExactFlowConfig,
    capabilities=("velocity", "denoiser", "likelihood", "bound", "noisy-classify"),
    field="exact",
    carrier="flow",
    needs=("continuous", "law"),
    sampler="dpmpp-2m",
)
class ExactFlow(GaussianBound, DiffusionFamily[ExactFlowConfig]):
    """field = exact, carrier = particles; nothing is trained."""

    UNSHARED = "It moves particles and trains no network."

    field: ExactScore

    def __init__(
        self, config: ExactFlowConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.field = ExactScore(
            known_law(spec, self.device),
            density=log_normal(config),
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
        )

    @classmethod
    def schedule(cls, config: ExactFlowConfig, sampler: Any = None) -> Schedule:
        levels = (sampler or Heun()).levels(config.s_min, config.s_max)
        return schedule_of(None, config.s_min, config.s_max, levels, config.display)

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        level = draw_levels(self.field.density, len(real), self.noise)
        yield "draw", {"real": real.x}
        particles = self.carrier.noised(real, level, self.noise)
        yield "noise", {"real": real.x, "particles": particles.x, "level": level}
        metrics = self.field.fit(real, particles, level)
        yield "measure", {"real": real.x, "particles": particles.x, "level": level}
        return metrics

    def classifier(self, like: Batch | None = None) -> ClassLogits:
        """Return log p(class | x; s), exactly.

        Raises:
            ValueError: the flow is unconditional.
        """
        if self.field.law.classes is None:
            raise ValueError("the data have no classes: switch off Class-conditional")
        return self.field.law.log_class

    def log_prob(self, rows: Rows) -> Tensor:
        """Return log p(x) in nats, exactly."""
        batch = Batch.of(rows)
        zero = torch.zeros((), dtype=batch.x.dtype, device=batch.device)
        return self.field.law.log_prob(batch.x, zero, self.field.label(batch))

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            **super().layer_functions,
            "log-density": self.field.log_density,
        }
