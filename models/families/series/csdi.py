"""Diffusion of what is not observed: imputation and forecasting by one denoiser (CSDI)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Unpack

import torch
from torch import Tensor

from pushforward.models.carriers.diffusion_family import DiffusionFamily
from pushforward.models.carriers.gaussian_diffusion import GaussianBound
from pushforward.models.config import ConfigError, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.observed import add_observed_inputs, set_observed
from pushforward.models.contracts.schedule import Schedule
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.denoisers.completing import Completing
from pushforward.models.fields.learned_score import learned_score
from pushforward.models.fields.score import ScoreField
from pushforward.models.fields.score_settings import ScoreSettings, path_of
from pushforward.models.paths.schedule import schedule_of
from pushforward.models.registry import family
from pushforward.models.samplers.heun import Heun

__all__ = ["Csdi", "CsdiConfig", "hidden_places"]

Hiding = Literal["mixed", "scattered", "gap", "future"]
_WAYS = ("scattered", "gap", "future")


class CsdiConfig(ScoreSettings, frozen=True):
    """Settings of a Gaussian diffusion conditioned on observed numbers."""

    hiding: Annotated[
        Hiding,
        param(
            "Masks in training",
            "Which values of a series are masked in training: random ones, a stretch of each "
            "channel, the end, or these in turn.",
            choices={
                "mixed": "By turns",
                "scattered": "Any numbers",
                "gap": "A stretch",
                "future": "The future",
            },
        ),
    ] = "mixed"
    nothing: Annotated[
        float,
        param(
            "Fully masked",
            "Fraction of training series that are masked whole, so that the model can also "
            "generate unconditionally.",
            low=0.0,
            high=1.0,
            zero="none",
        ),
    ] = 0.1


@family(
    "csdi",
    config=CsdiConfig,
    needs=("continuous", "whole", "sequence"),
    capabilities=("velocity", "denoiser", "bound", "complete"),
    field="score",
    carrier="flow",
    sampler="dpmpp-2m",
)
class Csdi(GaussianBound, DiffusionFamily[CsdiConfig]):
    """field = score given what was observed, carrier = particles."""

    field: ScoreField

    def __init__(self, config: CsdiConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        if config.label_dropout and LABEL not in spec.given:
            raise ConfigError("label_dropout", "the model has no condition that could be dropped")
        self.field = learned_score(self, config, spec=add_observed_inputs(spec), make=Completing)

    @classmethod
    def schedule(cls, config: CsdiConfig, sampler: Any = None) -> Schedule:
        levels = (sampler or Heun()).levels(config.s_min, config.s_max)
        return schedule_of(path_of(config), config.s_min, config.s_max, levels, config.display)

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        hidden = hidden_places(real.x, self.config.hiding, self.config.nothing, self.noise)
        drawn = self.field.draw(len(real), self.noise)
        yield "hide", {"real": torch.where(hidden, 0.0, real.x)}
        particles = self.carrier.noised(real, drawn.level, self.noise)
        # A class may be forgotten; what was observed is not, or there would be nothing to learn.
        particles = self.field.forgetting(particles, self.noise)
        yield "noise", {"real": real.x, "particles": particles.x, "level": drawn.level}
        told = set_observed(particles, real.x, ~hidden)
        metrics = self.field.fit(real, told, drawn.level, drawn)
        yield "fit", {"real": real.x, "particles": particles.x, "level": drawn.level}
        return metrics

    def retune(self, config: CsdiConfig) -> None:
        self.field.retune(config.optimizer)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {**super().layer_functions, "score": self.field.scaled_score}

    def completing(self, latents: Batch, values: Tensor, observed: Tensor) -> Batch:
        """Return latents conditioned on observed numbers: any of a row, or none."""
        return set_observed(latents, values.to(latents.device), observed.to(latents.device))


def hidden_places(x: Tensor, hiding: Hiding, nothing: float, generator: torch.Generator) -> Tensor:
    """Draw which numbers of series x (n, L, C) are hidden, (n, L, C) bool: at least one of each.

    "scattered": any, a share of them that is even in [0, 1]. "gap": a stretch of each channel, of
    at most half the time. "future": all from some time on, even between the second and the last.
    A share ``nothing`` of the rows is hidden whole.
    """
    n, length, channels = x.shape
    device = generator.device

    def even(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=device).to(x.device)

    time = torch.arange(length, device=x.device)[:, None]
    share = even(n, 1, 1)
    dice = even(n, length, channels)
    scattered = dice <= torch.maximum(share, dice.flatten(1).min(dim=1).values[:, None, None])
    wide = (1 + even(n, 1, channels) * (length / 2)).floor()
    start = (even(n, 1, channels) * (length - wide + 1)).floor()
    gap = (time >= start) & (time < start + wide)
    now = 1 + (even(n, 1, 1) * (length - 1)).floor()
    future = (time >= now).expand(n, length, channels)
    ways = dict(zip(_WAYS, (scattered, gap, future), strict=True))
    turn = (even(n) * len(_WAYS)).long().clamp_max(len(_WAYS) - 1)
    if hiding == "mixed":
        stacked = torch.stack([ways[name] for name in _WAYS])
        hidden = stacked[turn, torch.arange(n, device=x.device)]
    else:
        hidden = ways[hiding]
    whole = even(n) < nothing
    return hidden | whole[:, None, None]
