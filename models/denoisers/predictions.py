"""What a network may predict, and the conversions between all of it.

Notation: x = xbar = x0 + s eps, alpha = 1/sqrt(1 + s^2), sigma = s alpha (variance preserving).
Every prediction y is affine in the denoised point: D = a(s) x + b(s) y. One table of (a, b) then
holds every conversion.

| prediction | y | a | b |
|---|---|---|---|
| x0 | D | 0 | 1 |
| eps | (x - D)/s | 1 | -s |
| score | grad log p(x; s) = (D - x)/s^2 | 1 | s^2 |
| v | alpha eps - sigma x0 | 1/(1+s^2) | -s/sqrt(1+s^2) |
| velocity | x0 - eps: dx/dt of x_t = (1-t) eps + t x0 | 1/(1+s) | s/(1+s) |

Sources: Tweedie's formula for the score; v from Salimans & Ho 2022, arXiv:2202.00512, appendix D;
velocity from Lipman et al. 2022, arXiv:2210.02747, with s = (1-t)/t.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from models.tensors import expand_like

__all__ = ["PREDICTIONS", "Prediction", "PredictionName", "convert", "from_denoised", "to_denoised"]

PredictionName = Literal["x0", "eps", "score", "v", "velocity"]


@dataclass(frozen=True)
class Prediction:
    """a(s) and b(s) of D = a x + b y."""

    a: Callable[[Tensor], Tensor]
    b: Callable[[Tensor], Tensor]


PREDICTIONS: dict[PredictionName, Prediction] = {
    "x0": Prediction(torch.zeros_like, torch.ones_like),
    "eps": Prediction(torch.ones_like, lambda s: -s),
    "score": Prediction(torch.ones_like, lambda s: s**2),
    "v": Prediction(lambda s: 1 / (1 + s**2), lambda s: -s * torch.rsqrt(1 + s**2)),
    "velocity": Prediction(lambda s: 1 / (1 + s), lambda s: s / (1 + s)),
}


def to_denoised(name: PredictionName, y: Tensor, x: Tensor, s: Tensor) -> Tensor:
    """Return D (n, *shape) from a prediction y at x (n, *shape) and s (n,) or 0-d."""
    kind = PREDICTIONS[name]
    return expand_like(kind.a(s), x) * x + expand_like(kind.b(s), x) * y


def from_denoised(name: PredictionName, denoised: Tensor, x: Tensor, s: Tensor) -> Tensor:
    """Return a prediction (n, *shape) from D (n, *shape) at x (n, *shape) and s (n,) or 0-d, > 0.

    For small s all but x0 divide a small difference by s: use float64 where that matters.
    """
    kind = PREDICTIONS[name]
    return (denoised - expand_like(kind.a(s), x) * x) / expand_like(kind.b(s), x)


def convert(
    y: Tensor, x: Tensor, s: Tensor, *, source: PredictionName, target: PredictionName
) -> Tensor:
    """Return the prediction ``target`` from the prediction ``source``, both (n, *shape)."""
    return from_denoised(target, to_denoised(source, y, x, s), x, s)
