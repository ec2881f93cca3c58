"""Critically damped Langevin diffusion: data with a velocity, and noise that enters only that.

In the units of the standardised data, with mass M = 1/4 and friction 1 (critical: 2 sqrt(M)),

    dx = v/M dτ,   dv = -x dτ - v/M dτ + sqrt(2) dw,   τ = beta t,  t in [0, 1],

from x0 and v0 ~ N(0, gamma M). It is linear, so its distribution at each time is known: with

    e^(Aτ) = e^(-2τ) [[1 + 2τ, 4τ], [-τ, 1 - 2τ]],

mean e^(Aτ) (x0, 0) and covariance S - e^(Aτ) (S - S0) e^(Aτ)^T, where S = diag(1, M) is the
stationary covariance and S0 = diag(0, gamma M) (Dockhorn et al. 2022, arXiv:2112.07068, eqs. 4-7
and appendix B).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["BETA", "MASS", "Kernel", "kernel", "ode"]

MASS = 0.25
BETA = 4.0
_GAMMA = 0.04


class Kernel(NamedTuple):
    """x = mean_x x0 + root_xx e_x,  v = mean_v x0 + root_xv e_x + root_vv e_v, with e_x and e_v
    Gaussian; each in the shape of the times. The score in v is -e_v / root_vv.
    """

    mean_x: Tensor
    mean_v: Tensor
    root_xx: Tensor
    root_xv: Tensor
    root_vv: Tensor


@dataclass(frozen=True)
class _Law:
    xx: Tensor
    xv: Tensor
    vv: Tensor


def _law(tau: Tensor) -> _Law:
    """Return the covariance given x0."""
    fall, slow = torch.exp(-4 * tau), MASS * (1 - _GAMMA)
    return _Law(
        1 - fall * ((1 + 2 * tau).square() + 16 * tau.square() * slow),
        fall * (tau * (1 + 2 * tau) - 4 * tau * (1 - 2 * tau) * slow),
        MASS - fall * (tau.square() + (1 - 2 * tau).square() * slow),
    )


def kernel(time: Tensor) -> Kernel:
    """Return the distribution of position and velocity at times t > 0, any shape, given the data
    point.
    """
    # The variance of the position is some τ^3 at first: a difference of numbers near 1, for which
    # an MPS device has none that are long enough.
    tau = BETA * (time.cpu() if time.device.type == "mps" else time).double()
    law, fall = _law(tau), torch.exp(-2 * tau)
    root = law.xx.sqrt()
    across = law.xv / root
    parts = (
        fall * (1 + 2 * tau),
        -fall * tau,
        root,
        across,
        (law.vv - across.square()).sqrt(),
    )
    return Kernel(*(part.to(time) for part in parts))


def ode(x: Tensor, v: Tensor, score: Tensor) -> tuple[Tensor, Tensor]:
    """Return dx/dt and dv/dt of the probability-flow ODE, forward in the time of the noise, where
    the score in v is such (Dockhorn et al. 2022, appendix B.2).
    """
    return BETA * v / MASS, BETA * (-x - v / MASS - score)
