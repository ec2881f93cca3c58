"""Free particles: the carrier that is nothing but its particles, and goes where the field says."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from models.base import Frame
from models.fields.base import Field
from models.paths.clock import DisplayName, FlowClock, display_scale
from models.samplers.base import Sampler, noise_like
from models.tensors import expand_like

__all__ = ["Particles"]


@runtime_checkable
class _Diffusing(Protocol):
    """A field with a denoiser: its particles may take a sampler's large steps."""

    clock: FlowClock
    display: DisplayName

    def denoise(self, x: Tensor, s: Tensor) -> Tensor: ...


class Particles:
    """Free particles with a unit Gaussian prior; a `models.carriers.base.Carrier`.

    Args:
        shape: of one particle.
        device: where they live.
        sampler: how they move along a field that denoises.
        steps: how many Euler steps they take along any other field.
    """

    def __init__(
        self, shape: tuple[int, ...], device: torch.device, sampler: Sampler, steps: int = 64
    ) -> None:
        self.shape = shape
        self.device = device
        self.sampler = sampler
        self.steps = steps

    def latents(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n latents (n, *shape), unit Gaussian."""
        return torch.randn((n, *self.shape), generator=generator).to(self.device)

    @staticmethod
    def noised(real: Tensor, level: Tensor, generator: torch.Generator) -> Tensor:
        """Return where the particles of a diffusion are at noise levels (B,): real + level * eps.

        Their law is known at each level, so a diffusion trains without moving a particle.
        """
        return torch.addcmul(real, expand_like(level, real), noise_like(real, generator))

    def follow(self, field: Field, latents: Tensor) -> dict[str, Tensor]:
        """Train nothing: free particles have no weights."""
        return {}

    def frames(
        self,
        field: Field,
        latents: Tensor,
        *,
        generator: torch.Generator | None = None,
        sampler: Sampler | None = None,
    ) -> Iterator[Frame]:
        """Move particles along the field, yielding frames from t=0 to t=1.

        A field that denoises is sampled by ``sampler`` (or the carrier's own) and shown in its
        display coordinates; any other is integrated by Euler's method in flow time.
        """
        if isinstance(field, _Diffusing):
            return _sampled(field, sampler or self.sampler, latents, generator)
        return self._integrated(field, latents)

    def _integrated(self, field: Field, x: Tensor) -> Iterator[Frame]:
        yield Frame(0.0, x, 0)
        for i in range(self.steps):
            x = x + field.velocity(x, i / self.steps) / self.steps
            yield Frame((i + 1) / self.steps, x, i + 1)


def _sampled(
    field: _Diffusing, sampler: Sampler, latents: Tensor, generator: torch.Generator | None
) -> Iterator[Frame]:
    clock = field.clock
    for step in sampler.frames(field.denoise, latents, clock.s_min, clock.s_max, generator):
        t = clock.t(step.s)
        if t == 1.0 and step.s > 0.0:
            # The clock ends at s_min, and so do the samples a step later: one frame for both.
            continue
        alpha = display_scale(field.display, torch.tensor(step.s, dtype=step.x.dtype))
        yield Frame(t, step.x * float(alpha), step.nfe)
