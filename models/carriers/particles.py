"""Free particles: the carrier that is nothing but its particles, and goes where the field says."""

import math
from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.fields.base import Field
from pushforward.models.guidance.base import lead
from pushforward.models.paths.clock import DisplayName, FlowClock, display_scale
from pushforward.models.samplers.base import Sampler
from pushforward.models.tensors import expand_like, noise_like

__all__ = ["Diffusing", "Particles"]


@runtime_checkable
class Diffusing(Protocol):
    """What a sampler can take large steps with; `denoiser` is what it calls."""

    display: DisplayName

    @property
    def clock(self) -> FlowClock: ...

    def denoiser(self, like: Batch | None = None) -> Denoise: ...


class Particles:
    """Free particles with a unit Gaussian prior; a `models.carriers.base.Carrier`.

    Args:
        spec: of the data.
        device: where they live.
        sampler: how they move along a field that denoises.
        steps: how many Euler steps they take along any other field.
    """

    def __init__(
        self, spec: DataSpec, device: torch.device, sampler: Sampler, steps: int = 64
    ) -> None:
        self.spec = spec
        self.device = device
        self.sampler = sampler
        self.steps = steps

    def latents(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw n latents, x (n, *shape), unit Gaussian where a place is not padded."""
        x = torch.randn((n, *self.spec.shape), generator=generator)
        rows = Batch(x, *self.spec.conditions(n, generator, given))
        return rows.holding(rows.zeroed(x)).to(self.device)

    @staticmethod
    def noised(real: Rows, level: Tensor, generator: torch.Generator) -> Batch:
        """Return where the particles of a diffusion are at noise levels (B,): real + level * eps.

        Their law is known at each level, so a diffusion trains without moving a particle.
        """
        rows = Batch.of(real)
        noise = rows.zeroed(noise_like(rows.x, generator))
        return rows.holding(torch.addcmul(rows.x, expand_like(level, rows.x), noise))

    def follow(self, field: Field, latents: Rows) -> dict[str, Tensor]:
        """Train nothing: free particles have no weights."""
        return {}

    def frames(
        self,
        field: Field,
        latents: Rows,
        *,
        generator: torch.Generator | None = None,
        sampler: Sampler | None = None,
    ) -> Iterator[Frame]:
        """Move particles along the field, yielding frames from t=0 to t=1.

        A field that denoises is sampled by ``sampler`` (or the carrier's own) and shown in its
        display coordinates; any other is integrated by Euler's method in flow time.
        """
        if isinstance(field, Diffusing):
            return self.sampled(field, latents, generator=generator, sampler=sampler)
        return self._integrated(field, Batch.of(latents))

    def sampled(
        self,
        field: Diffusing,
        latents: Rows,
        *,
        generator: torch.Generator | None = None,
        sampler: Sampler | None = None,
    ) -> Iterator[Frame]:
        """Let a sampler take the particles from noise to data, yielding frames from t=0 to t=1."""
        return _sampled(field, sampler or self.sampler, Batch.of(latents), generator)

    def _integrated(self, field: Field, rows: Batch) -> Iterator[Frame]:
        x = rows.x
        yield Frame(0.0, x, 0)
        for i in range(self.steps):
            x = x + field.velocity(rows.holding(x), i / self.steps) / self.steps
            yield Frame((i + 1) / self.steps, x, i + 1)


def _sampled(
    field: Diffusing, sampler: Sampler, rows: Batch, generator: torch.Generator | None
) -> Iterator[Frame]:
    clock = field.clock
    denoise = lead(sampler.guidance, field.denoiser, rows)
    at = math.inf
    for step in sampler.frames(denoise, rows, clock.s_min, clock.s_max, generator):
        t, arrives, at = clock.t(step.s), step.s < at, step.s
        if t == 1.0 and step.s > 0.0 and arrives:
            # The clock ends at s_min, and so do the samples a step later: one frame for both.
            continue
        alpha = display_scale(field.display, torch.tensor(step.s, dtype=step.x.dtype))
        yield Frame(t, step.x * float(alpha), step.nfe)
