"""What a denoiser learns from: data and their noise, or noised data alone.

| name | |D - x0|^2 of a row, or what has its mean |
|---|---|
| denoising | |D - x0|^2 |
| sliced | (e.(D - x))^2 + 2 s^2 e.(dD/dx)e - s^2 d, over random signs e |
| sliced-vr | |D - x|^2 + 2 s^2 e.(dD/dx)e - s^2 d |

With the score S = (D - x)/s^2 the last two are 2 s^4 times sliced score matching,
e.(dS/dx)e + (e.S)^2/2 and its variance-reduced form with |S|^2/2 (Song et al. 2019,
arXiv:1905.07088, eqs. 8 and 9), and a constant that makes their mean that of denoising score
matching (Vincent 2011, eq. 11): by Stein's identity E eps.(D - x) needs no x0. They know the data
only with their noise, and pay for it with variance, the more the larger s.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from pushforward.models.tensors import expand_like, weighed

__all__ = ["ObjectiveName", "sliced_errors"]

ObjectiveName = Literal["denoising", "sliced", "sliced-vr"]


def sliced_errors(
    denoise: Callable[[Tensor], Tensor], x: Tensor, s: Tensor, signs: Tensor, *, reduced: bool
) -> Tensor:
    """Return an estimate of |D(x) - x0|^2 of each row from x alone, (n,), with its graph.

    Args:
        denoise: D at the levels of the rows, twice differentiable.
        x: data with noise, (n, *shape).
        s: their levels, (n,).
        signs: -1 or 1 in the shape of x, 0 where a place is padded.
        reduced: whether the variance-reduced form is taken.
    """
    x = x.detach().requires_grad_(True)
    denoised = denoise(x)
    (product,) = torch.autograd.grad(weighed(denoised, signs), x, create_graph=True)
    moved = denoised - x
    square = _sum(moved.square()) if reduced else _sum(signs * moved).square()
    slope = 2 * product * signs - signs.square()
    return square + _sum(expand_like(s.square(), x) * slope)


def _sum(each: Tensor) -> Tensor:
    return each.flatten(1).sum(dim=1)
