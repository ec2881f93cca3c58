"""Flowing particles: from the prior along flow time, in N small steps of a field with a clock.

x_{k+1} = x_k + (speed / N) v(x_k, k/N) + sqrt(noise / N) eps, from x_0 ~ N(0, I): Franceschi et al.
2023, arXiv:2305.16150, algorithm 2 (Discriminator Flow). The step belongs to the field: it is
trained on particles that went by these very steps, so that N and speed stay what they were.
"""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.fields.base import Field
from pushforward.models.tensors import expand_like, noise_like
from pushforward.models.training.accelerate import Switch

__all__ = ["FlowingParticles", "Move"]

Move: TypeAlias = Callable[[Batch, float], Tensor]
"""v(x, t) at rows, x (n, *shape) -> (n, *shape)."""


class FlowingParticles:
    """Particles without a network; a `models.carriers.base.Carrier`.

    ``speed``, ``noise`` and ``stop`` may be changed between two steps of the training.

    Args:
        spec: of the data.
        device: where they live.
        steps: N, how many steps lead from t=0 to t=1.
        speed: how far a field of length 1 carries a particle from t=0 to t=1.
        noise: variance that is added from t=0 to t=1 (entropic regularisation).
        stop: after how many of the N steps samples come to rest; 0 for all.
    """

    def __init__(
        self,
        spec: DataSpec,
        device: torch.device,
        *,
        steps: int,
        speed: float,
        noise: float = 0.0,
        stop: int = 0,
    ) -> None:
        self.spec = spec
        self.device = device
        self.steps = steps
        self.speed = speed
        self.noise = noise
        self.stop = stop
        self._switch = Switch()

    def latents(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw n starting points, x (n, *shape), unit Gaussian where a place is not padded."""
        x = self._noise(n, generator)
        rows = Batch(x, *self.spec.conditions(n, generator, given)).to(self.device)
        return rows.holding(rows.zeroed(rows.x))

    def like(self, real: Batch, generator: torch.Generator) -> Batch:
        """Draw a starting point for each row, under its conditions."""
        x = self._noise(len(real), generator).to(self.device)
        return real.holding(real.zeroed(x))

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:
        shape = (n, *self.spec.shape)
        return torch.randn(shape, generator=generator, device=generator.device)

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
        start: Rows,
        k: Tensor,
        generator: torch.Generator,
        *,
        key: Hashable = None,
    ) -> Batch:
        """Return where particles, x (n, *shape), are after k (n,) steps each, k falling.

        A particle that has done its steps is moved no further: half the work of moving all. On a
        GPU all are moved together, from first to last without a word from the host.

        Args:
            move: v(x, t).
            start: where they start; it is not modified.
            k: how many steps each goes.
            generator: for entropic noise.
            key: what else the motion depends on, but for weights that are updated in place, so
                that a GPU may record it; None if it may not.
        """
        rows = Batch.of(start)
        if rows.x.is_cuda:
            return self._together(move, rows, k, generator, key)
        x = rows.x.clone()
        for step, moving in enumerate(self._moving(k)):
            some = slice(0, moving)
            x[some] = self._next(move, rows.holding(x).take(some), step, generator)
        return rows.holding(x)

    def _together(
        self, move: Move, rows: Batch, k: Tensor, generator: torch.Generator, key: Hashable
    ) -> Batch:
        """Move all particles through all steps, and keep each where it was after its own."""

        def carried(x: Tensor, k: Tensor) -> Tensor:
            for step in range(self.steps - 1):
                further = expand_like(k > step, x)
                x = torch.where(further, self._next(move, rows.holding(x), step, generator), x)
            return x

        # A recorded motion knows no other conditions than those it was recorded with.
        plain = rows.mask is None and not rows.given
        if key is None or self.noise > 0.0 or not plain:
            return rows.holding(carried(rows.x, k))
        return rows.holding(self._switch(carried, rows.x, k, key=(key, self.steps, self.speed)))

    def _moving(self, k: Tensor) -> list[int]:
        """Return how many particles take each step, as far as any does."""
        if len(k) == 0:
            return []
        # How often each k occurs, summed from the end: how many are larger.
        larger = torch.bincount(k, minlength=self.steps).flip(0).cumsum(0).flip(0)[1:]
        return [count for count in larger.tolist() if count]

    def _next(self, move: Move, rows: Batch, k: int, generator: torch.Generator | None) -> Tensor:
        x = torch.add(rows.x, move(rows, k / self.steps), alpha=self.speed / self.steps)
        if self.noise > 0.0:
            wander = rows.zeroed(noise_like(x, generator))
            x = x.add_(wander, alpha=math.sqrt(self.noise / self.steps))
        return x

    def follow(self, field: Field, latents: Rows) -> dict[str, Tensor]:
        """Train nothing: free particles have no weights."""
        return {}

    def frames(
        self, field: Field, latents: Rows, *, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Move particles along the field, yielding frames at t = k/N, from t=0 to t=1.

        Raises:
            ValueError: there is entropic noise, and no generator.
        """
        rows, last = Batch.of(latents), self.last()
        x = rows.x
        for k in range(last):
            yield Frame(k / self.steps, x, k)
            x = self._next(field.velocity, rows.holding(x), k, generator)
        if last < self.steps:
            yield Frame(last / self.steps, x, last)
        yield Frame(1.0, x, last)

    def last(self) -> int:
        """Return after how many steps samples come to rest."""
        return min(self.stop, self.steps) or self.steps

    def velocity(self, field: Field, x: Rows, t: float) -> Tensor:
        """Return dx/dt of the drift at x (n, *shape), by the step that t falls into.

        At t=1 that is the last one. Where samples have come to rest it is zero.
        """
        k = self.step_at(t)
        if k >= self.last():
            return torch.zeros_like(Batch.of(x).x)
        return self.speed * field.velocity(x, k / self.steps)

    def step_at(self, t: float) -> int:
        """Return the number of the step, 0..N-1, that flow time t falls into."""
        # k/N times N may come out a little below k.
        return min(self.steps - 1, math.floor(t * self.steps + 1e-6))
