"""What a network may predict, and how the denoised point follows from each.

Notation: x = xbar = x0 + s eps, alpha = 1/sqrt(1 + s^2), sigma = s alpha (variance preserving).
Every prediction y is affine in the denoised point, D = a(s) x + b(s) y, with a and b of one table.

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

__all__ = ["PREDICTIONS", "Prediction", "PredictionName"]

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
