"""A population: free particles that move during the training, with no network to carry them.

Each particle goes its own way, x_i <- x_i + speed v(x_i) + sqrt(2 noise speed) eps, v a field: the
flow without a generator (Yi et al. 2023, MonoFlow, arXiv:2302.01075, section 4; Franceschi et al.
2023, arXiv:2305.16150, section 2). The step is explicit and a particle's own: it does not shrink
with the number of particles, as a gradient of a mean over them would.
"""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.state import State
from pushforward.models.fields.base import Field
from pushforward.models.tensors import expand_like, noise_like

__all__ = ["Population"]

_FASTEST = 1e31
"""A velocity beyond it, also an infinite one, is taken for this: products with it stay numbers, and
no number comes of infinity times 0."""


class Population:
    """Particles in training; a `models.carriers.base.Carrier`.

    Args:
        start: initial positions, x (n, *shape), with their conditions, already on their device; see
            `models.carriers.starts.initial_positions`.
        speed: step along the field.
        noise: the weight tau of the entropy that the motion also climbs: with a field grad log p/q
            the stationary distribution is p^(1 / (1 + tau)), up to a constant. 0 for none.
        reach: the longest step along the field; longer ones are shortened to it. 0 for any length.
        generator: where noise and draws come from; it belongs to the training, and its owner packs
            it.

    Attributes:
        x: where the particles are, (n, *shape). Moves replace it and never write into it.
        start: where they were at first. Latent i is the start of particle i.
        count: how many moves there have been.
        speed, noise, reach: may be set between steps.
    """

    def __init__(
        self,
        start: Rows,
        *,
        speed: float,
        noise: float = 0.0,
        reach: float = 0.0,
        generator: torch.Generator,
    ) -> None:
        self._rows = Batch.of(start)
        self.start = self._rows.x
        self.x = self.start
        self.speed = speed
        self.noise = noise
        self.reach = reach
        self.count = 0
        self._generator = generator

    def __len__(self) -> int:
        return len(self.x)

    @property
    def rows(self) -> Batch:
        """Where the particles are, with their conditions."""
        return self._rows.holding(self.x)

    def latents(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Return the initial positions of the first n particles, fewer if there are fewer.

        There is nothing to draw: particle i has one life, and one set of conditions.

        Raises:
            ValueError: conditions are chosen.
        """
        if given:
            raise ValueError(
                f"{', '.join(given)} cannot be chosen: these particles were moved under the "
                "conditions that they have had from the start, and there are no others"
            )
        return self._rows.holding(self.start.clone()).take(slice(0, n))

    def draw(self, n: int) -> Batch:
        """Return n particles for a field to be fitted on.

        Different ones, in random order; all of them in their own order if n is their number, and
        with replacement if there are fewer than n.
        """
        total, g = len(self.x), self._generator
        if n == total:
            return self.rows
        if n < total:
            rows = torch.randperm(total, generator=g, device=g.device)[:n]
        else:
            rows = torch.randint(total, (n,), generator=g, device=g.device)
        return self.rows.take(rows.to(self.x.device))

    def move(self, velocity: Tensor) -> dict[str, Tensor]:
        """Move particle i along velocity[i]; returns their mean "speed", the length of v."""
        velocity = velocity.clamp(-_FASTEST, _FASTEST)
        length = _length(velocity)
        step = self.speed * velocity
        if self.reach > 0.0:
            # A field of length 0 gives infinity, which is more than 1 too.
            step = step * expand_like((self.reach / (self.speed * length)).clamp_max(1.0), step)
        x = self.x + step
        if self.noise > 0.0:
            wander = self._rows.zeroed(noise_like(x, self._generator))
            x = x + math.sqrt(2.0 * self.noise * self.speed) * wander
        self.x = x
        self.count += 1
        return {"speed": length.mean()}

    def follow(self, field: Field, latents: Rows) -> dict[str, Tensor]:
        """Move all particles a step along the field, whichever latents are named."""
        return self.move(field.velocity(self.rows, 1.0))

    def frames(
        self, field: Field, latents: Rows, *, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Yield where the particles of these latents started, t=0, and where they are, t=1.

        Row i of the latents is particle i. The evaluations counted are the moves so far.

        Raises:
            ValueError: there are more latents than particles.
        """
        if len(latents) > len(self.x):
            raise ValueError(f"there are {len(self.x)} particles, got {len(latents)} latents")
        yield Frame(0.0, Batch.of(latents).x.clone(), 0)
        yield Frame(1.0, self.x[: len(latents)].clone(), self.count)

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state, but for the generator, whose owner packs it."""
        for name, value in {"start": self.start, "x": self.x, **self._condition_state()}.items():
            state.keep(f"{part}/{name}", value)
        state.values[f"{part}/count"] = self.count

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        mine = {"start": self.start, "x": self.x, **self._condition_state()}
        found = {name: state.tensor(f"{part}/{name}", v.shape).to(v) for name, v in mine.items()}
        self.count = int(state.value(f"{part}/count"))
        self.start, self.x = found["start"], found["x"]
        given = {name: found[f"given/{name}"] for name in self._rows.given}
        self._rows = Batch(self.start, found.get("mask"), given)

    def _condition_state(self) -> dict[str, Tensor]:
        """Return the conditions and other per-particle tensors by their names in a checkpoint."""
        told = {f"given/{name}": value for name, value in self._rows.given.items()}
        return told if self._rows.mask is None else {**told, "mask": self._rows.mask}

    def parameter_count(self) -> int:
        """Return 0: particles are no weights."""
        return 0


def _length(v: Tensor) -> Tensor:
    """Return |v_i|, v (n, *shape) -> (n,); the squares of an exploding field would overflow."""
    flat = v.flatten(1)
    largest = flat.abs().amax(dim=1)
    unit = flat / largest.clamp_min(torch.finfo(v.dtype).tiny)[:, None]
    length: Tensor = largest * unit.norm(dim=1)
    return length
