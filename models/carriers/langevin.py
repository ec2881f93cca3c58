"""Particles that wander along a score: x <- x + step score(x) + sqrt(2 T step) e.

At temperature T = 1 the stationary distribution is the one with this score (Roberts and Tweedie
1996, Bernoulli 2:341, for small steps); colder, particles gather at the modes.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import torch
from torch import Tensor

from pushforward.models.tensors import make_generator, noise_like, upload

__all__ = ["Draw", "drawn_each", "drawn_once", "wander"]

Draw: TypeAlias = Callable[[Tensor, int], Tensor]
"""From particles x (n, *shape) and the number of a step to unit Gaussian noise like them."""

_STREAM = 4100  # of the seed of a life


def wander(
    x: Tensor,
    score: Callable[[Tensor], Tensor],
    draw: Draw,
    *,
    steps: int,
    size: float | Tensor,
    temperature: float = 1.0,
    start: int = 0,
) -> Iterator[Tensor]:
    """Yield where particles x (n, *shape) are after each of some steps.

    Args:
        x: where they are.
        score: of particles (n, *shape).
        draw: the noise of each step.
        steps: how many.
        size: of a step, one for all or a number that broadcasts against x.
        temperature: 1 to sample the distribution of the score.
        start: number of the first step, for the noise.
    """
    # One number stays on the host: a copy would make it wait for the device.
    spread = (2.0 * temperature * torch.as_tensor(size, dtype=x.dtype)).sqrt()
    for i in range(start, start + steps):
        x = x + size * score(x)
        if temperature > 0.0:
            x = x + spread * draw(x, i)
        yield x


def drawn_once(generator: torch.Generator) -> Draw:
    """Return noise from the generator of a training."""

    def draw(x: Tensor, step: int) -> Tensor:
        return noise_like(x, generator)

    return draw


def drawn_each(generator: torch.Generator | None) -> Draw:
    """Return noise that does not depend on the number of particles, except for the last few if that
    is no multiple of 16 (torch fills blocks of 16). Without a generator it is always the same.
    """
    seed = 0
    if generator is not None:
        drawn = torch.randint(2**31, (), generator=generator, device=generator.device)
        seed = int(drawn)

    def draw(x: Tensor, step: int) -> Tensor:
        rng = make_generator(seed, _STREAM + step)
        return upload(torch.randn(x.shape, generator=rng, dtype=x.dtype), x.device)

    return draw
