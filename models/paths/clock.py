"""The flow clock and the display coordinates of a diffusion, which replace s and xbar on the
screen.

Inside, a diffusion lives in xbar = x0 + s eps, whose scale grows to s_max. On the screen it is
shown as alpha(s) xbar, which starts as a unit Gaussian, at a flow time t that runs from 0 (s_max)
to 1 (s_min) as the index of an EDM grid does, for any grid and number of steps of the sampler.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

__all__ = ["DisplayName", "FlowClock", "display_scale", "display_scale_slope"]

DisplayName = Literal["variance-preserving", "straight"]


@dataclass(frozen=True)
class FlowClock:
    """t <-> s by s(t)^(1/rho) = (1 - t) s_max^(1/rho) + t s_min^(1/rho).

    Source: Karras et al. 2022, arXiv:2206.00364, eq. 5, with i/(N-1) = t.
    """

    s_min: float
    s_max: float
    rho: float = 7.0

    def s(self, t: float) -> float:
        """Return the noise level at flow time t in [0, 1]."""
        return float(self._root(t) ** self.rho)

    def t(self, s: float) -> float:
        """Return the flow time of a noise level; 0 above s_max, 1 below s_min (and at s = 0)."""
        top, bottom = self.s_max ** (1 / self.rho), self.s_min ** (1 / self.rho)
        return float(min(1.0, max(0.0, (top - s ** (1 / self.rho)) / (top - bottom))))

    def ds_dt(self, t: float) -> float:
        """Return ds/dt, negative: the noise falls along the flow."""
        slope = self.s_min ** (1 / self.rho) - self.s_max ** (1 / self.rho)
        return float(self.rho * self._root(t) ** (self.rho - 1) * slope)

    def _root(self, t: float) -> float:
        return float((1 - t) * self.s_max ** (1 / self.rho) + t * self.s_min ** (1 / self.rho))


def display_scale(name: DisplayName, s: Tensor) -> Tensor:
    """Return alpha(s): 1/sqrt(1 + s^2) keeps unit variance, 1/(1 + s) draws straight lines."""
    return 1 / (1 + s) if name == "straight" else torch.rsqrt(1 + s**2)


def display_scale_slope(name: DisplayName, s: Tensor) -> Tensor:
    """Return d ln alpha / ds."""
    return -1 / (1 + s) if name == "straight" else -s / (1 + s**2)
