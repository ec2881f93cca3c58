"""Bits as numbers that have a density: noise is added to them, which rounding takes away.

A bit x of -1 or 1 becomes y = x + c (2 u - 1) with u uniform between 0 and 1 and 0 < c <= 1, and is
what the sign of y says. Under any density p of y

    log p(x) >= log integral of p over x - c to x + c >= E_u log p(x + c (2 u - 1)) + log 2 c

(Theis et al. 2016, arXiv:1511.01844, eq. 4), so that a density that fits y makes bits likely.

Numbers that are counted in levels, as pixels are, are spread over the cell of their level likewise.
A density that is fitted to them as they are grows without end on the levels that are most common,
such as black, and learns nothing else (Theis et al. 2016, section 3.1).
"""

import math
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.tensors import resident

__all__ = [
    "Dequantisation",
    "NoiseWidth",
    "expected_log_normal",
    "log_sign",
    "noised",
    "spread",
]

Dequantisation = Annotated[
    float,
    param(
        "Dequantisation",
        "Width of the uniform noise added to discrete values in each step; use the distance "
        "between two levels, as of pixels. Without it the density of discrete data is "
        "unbounded.",
        low=0.0,
        high=1e6,
        unit="data units",
        zero="None",
    ),
]

NoiseWidth = Annotated[
    float,
    param(
        "Dequantisation noise",
        "Range of the uniform noise around −1 and 1. Wider is smoother to learn, but a Gaussian "
        "fit then crosses 0: with 0.9, one certain pair in 37 flips, or one in 300 with one "
        "value per type.",
        above=0.0,
        high=1.0,
    ),
]


def noised(bits: Tensor, width: float, uniform: Tensor) -> Tensor:
    """Return bits of -1 and 1 with noise, from uniform numbers."""
    return bits + width * (2.0 * uniform - 1.0)


def expected_log_normal(bits: Tensor, width: float, mean: Tensor, log_std: Tensor) -> Tensor:
    """Return E_u log N(y; mean, std^2) + log 2 c of each bit, in nats: over the noise that is a
    closed form, since E (y - mean)^2 = (x - mean)^2 + c^2 / 3.
    """
    square = (bits - mean).square() + width**2 / 3.0
    gaussian = -0.5 * math.log(2.0 * math.pi) - log_std - 0.5 * square * (-2.0 * log_std).exp()
    return gaussian + math.log(2.0 * width)


def log_sign(bits: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    """Return log P(y has the sign of x) under N(mean, std^2), in nats: what a bit really has."""
    found: Tensor = torch.special.log_ndtr(bits * mean * (-log_std).exp())
    return found


def spread(rows: Batch, width: float, spec: DataSpec, rng: torch.Generator) -> Batch:
    """Return standardised rows, each number with noise so wide, in units of the data; without a
    width nothing is drawn.
    """
    if width == 0.0:
        return rows
    u = torch.rand(rows.x.shape, generator=rng, device=rng.device).to(rows.x)
    return rows.holding(rows.x + rows.zeroed(width * (u - 0.5) / resident(spec.std, rows.x)))
