"""Where free particles are before the first step."""

import math
from typing import Literal

import torch
from torch import Tensor

from pushforward.models.tensors import make_generator

__all__ = ["START_STREAM", "StartName", "initial_positions"]

START_STREAM = 3000
"""The stream of a run's seed for the initial positions. It is the one from which the latents that a
person watches are drawn, so that particle i starts at the first numbers of latent i of a generator,
and at latent i of a flow: the same particle in a race."""

_MODES = 3900
"""The stream for which mode of a ring a particle starts in."""

StartName = Literal["gaussian", "eight-gaussians"]


def initial_positions(
    law: StartName, n: int, shape: tuple[int, ...], seed: int, width: float = 1.0
) -> Tensor:
    """Return where n particles start, (n, *shape), standardised, on the CPU.

    "gaussian" is N(0, I), times the width. "eight-gaussians" has eight narrow modes on a circle in
    the first two coordinates (of the flattened particle), with the same variance; the others, if
    any, are as before. Row i does not depend on how many there are, but for the last few rows of a
    count that is not a multiple of 16 (torch fills blocks of 16).
    """
    x = torch.randn((n, *shape), generator=make_generator(seed, START_STREAM))
    if law == "gaussian":
        return width * x
    flat = x.flatten(1)
    angle = torch.randint(8, (n,), generator=make_generator(seed, _MODES)) * (2 * math.pi / 8)
    # The proportions of the data set "eight-gaussians". In either coordinate the variance is
    # radius^2 / 2 + std^2.
    radius, std = 1.3, 0.12
    scale = 1.0 / math.sqrt(radius**2 / 2 + std**2)
    circle = torch.stack([angle.cos(), angle.sin()], dim=1)[:, : flat.shape[1]]
    flat[:, :2] = scale * (radius * circle + std * flat[:, :2])
    return width * flat.reshape(x.shape)
