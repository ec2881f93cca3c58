"""Preconditioning: how a network F becomes a denoiser, in one table.

D(x, s) = c_skip(s) x + c_out(s) F(c_in(s) x, c_noise(s)), x = x0 + s eps, sd the data's standard
deviation (Karras et al. 2022, arXiv:2206.00364, eq. 7 and table 1).

| name | c_skip | c_out | c_in | F predicts |
|---|---|---|---|---|
| edm | sd^2/(s^2+sd^2) | s sd/sqrt(s^2+sd^2) | 1/sqrt(s^2+sd^2) | what is unit in variance |
| eps | 1 | -s | 1/sqrt(1+s^2) | the noise |
| x0 | 0 | 1 | 1/sqrt(1+s^2) | the data |
| v | 1/(1+s^2) | -s/sqrt(1+s^2) | 1/sqrt(1+s^2) | alpha eps - sigma x0 |
| velocity | 1/(1+s) | s/(1+s) | 1/(1+s) | x0 - eps |
| score | 1 | s | 1 | s times the score |

c_noise is ln(s)/4 in every row: how a network encodes the noise level belongs to its embedding, and
the published scales were tuned to other embeddings. c_in is the scale of the published path (VP:
alpha, rectified flow: 1 - u, VE: 1).
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from pushforward.models.denoisers.predictions import PREDICTIONS

__all__ = ["PRECONDS", "Coefficients", "PrecondName", "c_noise"]

PrecondName = Literal["edm", "eps", "x0", "v", "velocity", "score"]


class Coefficients(NamedTuple):
    """(c_skip, c_out, c_in) at some noise levels, each in the shape of s."""

    c_skip: Tensor
    c_out: Tensor
    c_in: Tensor


def c_noise(s: Tensor) -> Tensor:
    """Return ln(s)/4, the noise level as all networks receive it."""
    return torch.log(s) / 4


def _edm(s: Tensor, sd: float) -> Coefficients:
    total = s**2 + sd**2
    c_in = torch.rsqrt(total)
    return Coefficients(sd**2 / total, s * sd * c_in, c_in)


def _eps(s: Tensor, sd: float) -> Coefficients:
    return Coefficients(PREDICTIONS["eps"].a(s), PREDICTIONS["eps"].b(s), torch.rsqrt(1 + s**2))


def _x0(s: Tensor, sd: float) -> Coefficients:
    return Coefficients(PREDICTIONS["x0"].a(s), PREDICTIONS["x0"].b(s), torch.rsqrt(1 + s**2))


def _v(s: Tensor, sd: float) -> Coefficients:
    return Coefficients(PREDICTIONS["v"].a(s), PREDICTIONS["v"].b(s), torch.rsqrt(1 + s**2))


def _velocity(s: Tensor, sd: float) -> Coefficients:
    return Coefficients(PREDICTIONS["velocity"].a(s), PREDICTIONS["velocity"].b(s), 1 / (1 + s))


def _score(s: Tensor, sd: float) -> Coefficients:
    # The network gives s * score, of unit size, so that one output layer serves all levels.
    return Coefficients(torch.ones_like(s), s, torch.ones_like(s))


PRECONDS: dict[PrecondName, Callable[[Tensor, float], Coefficients]] = {
    "edm": _edm,
    "eps": _eps,
    "x0": _x0,
    "v": _v,
    "velocity": _velocity,
    "score": _score,
}
