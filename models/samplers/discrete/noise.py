"""Random numbers of a sampling, one a place: those of a row do not depend on how many rows there
are.
"""

import torch
from torch import Tensor

from pushforward.models.tensors import make_generator, upload

__all__ = ["Uniforms"]


class Uniforms:
    """Uniform numbers in the shape of rows, new ones each time.

    Samplers of symbols are random, but a fixed particle must not depend on the number of particles:
    row i of each draw is a function of the seed, the number of the draw, and i.

    Args:
        generator: where the seed comes from; None for seed 0.
        device: where the numbers are needed.
    """

    def __init__(self, generator: torch.Generator | None, device: torch.device) -> None:
        self._seed = 0
        if generator is not None:
            high = 2**31
            self._seed = int(torch.randint(high, (), generator=generator, device=generator.device))
        self._device = device
        self._drawn = 0

    def __call__(self, like: Tensor) -> Tensor:
        """Return uniform numbers in [0, 1) in the shape of rows (n, *shape)."""
        generator = make_generator(self._seed, self._drawn)
        self._drawn += 1
        return upload(torch.rand(like.shape, generator=generator), self._device)
