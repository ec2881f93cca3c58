"""What one step of a student is to say so that it lands where two steps of its teacher do."""

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.tensors import expand_like

__all__ = ["halved"]


@torch.no_grad()
def halved(teacher: Denoise, x: Tensor, high: Tensor, middle: Tensor, low: Tensor) -> Tensor:
    """Return the denoised points D that take a DDIM step from ``high`` to ``low`` to where two of
    the teacher's lead, by way of ``middle``: (n, *shape).

    A DDIM step is x' = D + (s'/s)(x - D), so that D = (x'' - (s''/s) x) / (1 - s''/s): the target
    of Salimans and Ho 2022, arXiv:2202.00512, algorithm 2 and eq. 42, in the coordinates x0 + s e.

    Args:
        teacher: D(x, s).
        x: points (n, *shape) at ``high``.
        high: where they are, (n,).
        middle: where the first step of the teacher leads, (n,).
        low: where both lead, (n,); it may be 0.
    """
    between = _step(teacher(x, high), x, high, middle)
    end = _step(teacher(between, middle), between, middle, low)
    share = expand_like(low / high, x)
    return (end - share * x) / (1.0 - share)


def _step(denoised: Tensor, x: Tensor, s: Tensor, s_next: Tensor) -> Tensor:
    return denoised + expand_like(s_next / s, x) * (x - denoised)
