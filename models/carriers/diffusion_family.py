"""What all families share whose particles a sampler takes from noise to data along a denoiser."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar, Unpack, cast

import torch
from torch import Tensor

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.particles import Diffusing, Particles
from pushforward.models.config import Config
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import LayerFunction, Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.base import Field
from pushforward.models.paths.clock import FlowClock, display_scale
from pushforward.models.samplers.heun import Heun

__all__ = ["DiffusionFamily"]

C = TypeVar("C", bound=Config)


class _DenoisingField(Field, Diffusing, Protocol):
    """What moves the particles: a field that denoises."""


class _Levels(Protocol):
    """What every diffusion has among its settings."""

    s_min: float
    s_max: float


class DiffusionFamily(Carried, Family[C]):
    """Free particles that follow a denoiser, learned or known; a subclass makes the field."""

    field: _DenoisingField
    carrier: Particles

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.carrier = Particles(spec, self.device, Heun())

    @classmethod
    def evaluations(cls, config: C, sampler: Any = None) -> int | None:
        levels = cast(_Levels, config)
        count: int | None = (sampler or Heun()).evaluations(levels.s_min, levels.s_max)
        return count

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator, sampler=sampler)

    @property
    def parts(self) -> Mapping[str, Packed]:
        # A field that is known has no state.
        return {"field": self.field} if isinstance(self.field, Packed) else {}

    @property
    def clock(self) -> FlowClock:
        """Between which noise levels it works."""
        return self.field.clock

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D(x, s), by the averaged weights where it is learned."""
        return self.field.denoiser(like)

    @property
    def noise_range(self) -> tuple[float, float]:
        """The noise levels between which it goes, s_min and s_max."""
        return self.field.clock.s_min, self.field.clock.s_max

    def level(self, t: float) -> float:
        """Return the noise level s at flow time t, 0 at its end."""
        return self.clock.s(t) if t < 1.0 else 0.0

    @torch.no_grad()
    def foreseen(self, x: Rows, t: float) -> Tensor:
        """Return what the denoiser expects of particles in display coordinates at flow time t; at
        its end these are what they are.
        """
        rows, s = Batch.of(x), self.level(t)
        if s == 0.0:
            return rows.x
        level = torch.tensor(s, dtype=rows.x.dtype, device=rows.x.device)
        alpha = display_scale(self.field.display, level)
        return rows.zeroed(self.denoiser(rows)(rows.x / alpha, level))

    def velocity(self, x: Rows, t: float) -> Tensor:
        """Return dx/dt in display coordinates at flow time t."""
        return self.field.velocity(x, t)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "velocity": self.velocity,
        }
