"""What made-up data share: their random stream; and for points, mixtures of round Gaussians."""

import math

import torch
from torch import Tensor

from pushforward.models.kinds.points import PointSet
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator

__all__ = ["PLANE", "data_generator", "gaussians", "numbered", "ring"]

PLANE = ("x", "y")
# Apart from the streams that families use, so that a run with seed 0 on data with seed 0 does not
# draw its latents from the numbers that made the data.
_STREAM = 1000


def data_generator(n: int, seed: int) -> torch.Generator:
    """Return the generator of a data set, after checking its size.

    Raises:
        ValueError: n is not positive.
    """
    if n < 1:
        raise ValueError(f"a data set has at least 1 row, got {n}")
    return make_generator(seed, _STREAM)


def ring(count: int, radius: float, angle: float = 0.0) -> Tensor:
    """Return ``count`` points equally spaced on a circle, (count, 2), the first at ``angle``."""
    angles = angle + 2.0 * math.pi * torch.arange(count) / count
    return radius * torch.stack([angles.cos(), angles.sin()], dim=1)


def gaussians(centres: Tensor, std: float, n: int, generator: torch.Generator) -> PointSet:
    """Draw n points of an equal mixture of round Gaussians at ``centres`` (k, 2).

    A point belongs to its nearest mode up to 4 standard deviations (99.97 % of a plane Gaussian).
    Its class is the mode that it was drawn from.
    """
    label = torch.randint(len(centres), (n,), generator=generator)
    x = centres[label] + std * torch.randn((n, centres.shape[1]), generator=generator)
    k = len(centres)
    weights = torch.full((k,), 1.0 / k)
    law = GaussianMixture(centres, torch.full((k,), std), weights, torch.arange(k))
    return PointSet(
        x,
        PLANE,
        modes=centres,
        mode_radius=4.0 * std,
        bandwidth=std,
        law=law,
        labels=label,
        names=numbered(k),
    )


def numbered(classes: int) -> tuple[str, ...]:
    """Return names for classes that have none of their own: "1", "2", ..."""
    return tuple(str(number + 1) for number in range(classes))
