"""Flowing particles: from the prior along flow time, in N small steps of a field with a clock.

x_{k+1} = x_k + (speed / N) v(x_k, k/N) + sqrt(noise / N) eps, from x_0 ~ N(0, I): Franceschi et al.
2023, arXiv:2305.16150, algorithm 2 (Discriminator Flow). The step belongs to the field: it is
trained on particles that went by these very steps, so that N and speed stay what they were.
"""

import math
from collections.abc import Callable, Hashable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from models.base import Frame
from models.fields.base import Field
from models.samplers.base import noise_like
from models.tensors import expand_like
from models.training.accelerate import Switch

__all__ = ["FlowingParticles", "Move"]

Move: TypeAlias = Callable[[Tensor, float], Tensor]
"""v(x, t), x (n, *shape) -> (n, *shape)."""


class FlowingParticles:
    """Particles without a network; a `models.carriers.base.Carrier`.

    ``speed``, ``noise`` and ``stop`` may be changed between two steps of the training.

    Args:
        shape: of one particle.
        device: where they live.
        steps: N, how many steps lead from t=0 to t=1.
        speed: how far a field of length 1 carries a particle from t=0 to t=1.
        noise: variance that is added from t=0 to t=1 (entropic regularisation).
        stop: after how many of the N steps samples come to rest; 0 for all.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        device: torch.device,
        *,
        steps: int,
        speed: float,
        noise: float = 0.0,
        stop: int = 0,
    ) -> None:
        self.shape = shape
        self.device = device
        self.steps = steps
        self.speed = speed
        self.noise = noise
        self.stop = stop
        self._switch = Switch()

    def latents(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n starting points (n, *shape), unit Gaussian."""
        x = torch.randn((n, *self.shape), generator=generator, device=generator.device)
        return x.to(self.device)

    def draw_steps(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw after how many steps each of n particles is looked at, (n,): uniform on 0..N-1,
        the latest first.

        Particles are alike, so that their order is free; in this one those that still move are
        the first rows.
        """
        k = torch.randint(self.steps, (n,), generator=generator, device=generator.device)
        return k.sort(descending=True).values.to(self.device)

    def carry(
        self,
        move: Move,
        x: Tensor,
        k: Tensor,
        generator: torch.Generator,
        *,
        key: Hashable = None,
    ) -> Tensor:
        """Return where particles x (n, *shape) are after k (n,) steps each, k falling.

        A particle that has done its steps is moved no further: half the work of moving all. On a
        GPU all are moved together, from first to last without a word from the host.

        Args:
            move: v(x, t).
            x: where they start; it stays as it is.
            k: how many steps each goes.
            generator: for entropic noise.
            key: what else the motion depends on, but for weights that are updated in place, so
                that a GPU may record it; None if it may not.
        """
        if x.is_cuda:
            return self._together(move, x, k, generator, key)
        x = x.clone()
        for step, moving in enumerate(self._moving(k)):
            x[:moving] = self._next(move, x[:moving], step, generator)
        return x

    def _together(
        self, move: Move, x: Tensor, k: Tensor, generator: torch.Generator, key: Hashable
    ) -> Tensor:
        """Move all particles through all steps, and keep each where it was after its own."""

        def carried(x: Tensor, k: Tensor) -> Tensor:
            for step in range(self.steps - 1):
                further = expand_like(k > step, x)
                x = torch.where(further, self._next(move, x, step, generator), x)
            return x

        if key is None or self.noise > 0.0:
            return carried(x, k)
        return self._switch(carried, x, k, key=(key, self.steps, self.speed))

    def _moving(self, k: Tensor) -> list[int]:
        """Return how many particles take each step, as far as any does."""
        if len(k) == 0:
            return []
        # How often each k occurs, summed from the end: how many are larger.
        larger = torch.bincount(k, minlength=self.steps).flip(0).cumsum(0).flip(0)[1:]
        return [count for count in larger.tolist() if count]

    def _next(self, move: Move, x: Tensor, k: int, generator: torch.Generator | None) -> Tensor:
        x = torch.add(x, move(x, k / self.steps), alpha=self.speed / self.steps)
        if self.noise > 0.0:
            x = x.add_(noise_like(x, generator), alpha=math.sqrt(self.noise / self.steps))
        return x

    def follow(self, field: Field, latents: Tensor) -> dict[str, Tensor]:
        """Train nothing: free particles have no weights."""
        return {}

    def frames(
        self, field: Field, latents: Tensor, *, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Move particles along the field, yielding frames at t = k/N, from t=0 to t=1.

        Raises:
            ValueError: there is entropic noise, and no generator.
        """
        x, last = latents, self.last()
        for k in range(last):
            yield Frame(k / self.steps, x, k)
            x = self._next(field.velocity, x, k, generator)
        if last < self.steps:
            yield Frame(last / self.steps, x, last)
        yield Frame(1.0, x, last)

    def last(self) -> int:
        """Return after how many steps samples come to rest."""
        return min(self.stop, self.steps) or self.steps

    def velocity(self, field: Field, x: Tensor, t: float) -> Tensor:
        """Return dx/dt of the drift at x (n, *shape), by the step that t falls into.

        At t=1 that is the last one. Where samples have come to rest it is zero.
        """
        k = self.step_at(t)
        if k >= self.last():
            return torch.zeros_like(x)
        return self.speed * field.velocity(x, k / self.steps)

    def step_at(self, t: float) -> int:
        """Return the number of the step, 0..N-1, that flow time t falls into."""
        # k/N times N may come out a little below k.
        return min(self.steps - 1, math.floor(t * self.steps + 1e-6))
