"""Gaussian paths: how data turn into noise, x_u = alpha(u) x0 + sigma(u) eps.

Time, fixed here once: a path runs in *noise time* u, 0 at the data and 1 at the noise, as in the
papers on diffusion. Flow time, which people and files see, is t = 1 - u (`models.paths.clock`).

With xbar = x_u / alpha and s = sigma / alpha every path is the same process xbar = x0 + s eps, so
denoisers and samplers know s only. A path is left with three jobs: the training density of s, the
spacing of a sampling grid, and the coordinates that a method was published in.

All functions are elementwise in u (or s), any shape, any floating dtype, and differentiable.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

__all__ = [
    "PATHS",
    "GaussianPath",
    "PathName",
    "RectifiedFlow",
    "SubVariancePreserving",
    "VarianceExploding",
    "VariancePreservingAngle",
    "VariancePreservingCosine",
    "VariancePreservingLinear",
    "drift",
]

PathName = Literal["ve", "vp-linear", "vp-cosine", "vp-angle", "sub-vp", "rectified-flow"]


class GaussianPath(ABC):
    """alpha(u), sigma(u), their derivatives in u, and the inverse u(s) of s = sigma / alpha."""

    @abstractmethod
    def alpha(self, u: Tensor) -> Tensor:
        """Return the scale of the data."""

    @abstractmethod
    def sigma(self, u: Tensor) -> Tensor:
        """Return the standard deviation of the noise."""

    @abstractmethod
    def d_alpha(self, u: Tensor) -> Tensor:
        """Return d alpha / du."""

    @abstractmethod
    def d_sigma(self, u: Tensor) -> Tensor:
        """Return d sigma / du."""

    @abstractmethod
    def time(self, s: Tensor) -> Tensor:
        """Return the noise time u at which sigma / alpha = s > 0."""

    def s(self, u: Tensor) -> Tensor:
        """Return the noise level s = sigma / alpha, strictly increasing in u."""
        return self.sigma(u) / self.alpha(u)

    def d_log_s(self, u: Tensor) -> Tensor:
        """Return d ln s / du = sigma'/sigma - alpha'/alpha."""
        return self.d_sigma(u) / self.sigma(u) - self.d_alpha(u) / self.alpha(u)


@dataclass(frozen=True)
class VarianceExploding(GaussianPath):
    """alpha = 1, sigma = s_min (s_max / s_min)^u.

    Source: Song et al. 2021, arXiv:2011.13456, eq. 31 (SMLD in continuous time).
    """

    s_min: float = 0.01
    s_max: float = 50.0

    @property
    def _rate(self) -> float:
        return math.log(self.s_max / self.s_min)

    def alpha(self, u: Tensor) -> Tensor:
        return torch.ones_like(u)

    def sigma(self, u: Tensor) -> Tensor:
        return self.s_min * torch.exp(self._rate * u)

    def d_alpha(self, u: Tensor) -> Tensor:
        return torch.zeros_like(u)

    def d_sigma(self, u: Tensor) -> Tensor:
        return self._rate * self.sigma(u)

    def time(self, s: Tensor) -> Tensor:
        return torch.log(s / self.s_min) / self._rate


@dataclass(frozen=True)
class VariancePreservingLinear(GaussianPath):
    """beta(u) rises linearly: ln alpha = -u^2 (b_max - b_min)/4 - u b_min/2, sigma^2 = 1 - alpha^2.

    Source: Song et al. 2021, arXiv:2011.13456, eq. 33 (DDPM in continuous time).
    """

    b_min: float = 0.1
    b_max: float = 20.0

    def log_alpha(self, u: Tensor) -> Tensor:
        """Return ln alpha."""
        return -0.25 * u**2 * (self.b_max - self.b_min) - 0.5 * u * self.b_min

    def d_log_alpha(self, u: Tensor) -> Tensor:
        """Return d ln alpha / du = -beta(u) / 2."""
        return -0.5 * (self.b_min + u * (self.b_max - self.b_min))

    def alpha(self, u: Tensor) -> Tensor:
        return torch.exp(self.log_alpha(u))

    def sigma(self, u: Tensor) -> Tensor:
        return torch.sqrt(-torch.expm1(2 * self.log_alpha(u)))

    def d_alpha(self, u: Tensor) -> Tensor:
        return self.d_log_alpha(u) * self.alpha(u)

    def d_sigma(self, u: Tensor) -> Tensor:
        # From sigma^2 + alpha^2 = 1: sigma sigma' = -alpha alpha'.
        return -self.alpha(u) * self.d_alpha(u) / self.sigma(u)

    def time(self, s: Tensor) -> Tensor:
        return self.time_of_log_alpha(-0.5 * torch.log1p(s**2))

    def time_of_log_alpha(self, log_alpha: Tensor) -> Tensor:
        """Return u by the root of the quadratic in the form that does not cancel near u = 0."""
        depth = -2 * log_alpha
        root = torch.sqrt(self.b_min**2 + 2 * (self.b_max - self.b_min) * depth)
        return 2 * depth / (self.b_min + root)


@dataclass(frozen=True)
class SubVariancePreserving(GaussianPath):
    """alpha of the linear VP path, sigma = 1 - alpha^2.

    Source: Song et al. 2021, arXiv:2011.13456, eq. 29 and appendix C.
    """

    b_min: float = 0.1
    b_max: float = 20.0

    @property
    def _vp(self) -> VariancePreservingLinear:
        return VariancePreservingLinear(self.b_min, self.b_max)

    def alpha(self, u: Tensor) -> Tensor:
        return self._vp.alpha(u)

    def sigma(self, u: Tensor) -> Tensor:
        return -torch.expm1(2 * self._vp.log_alpha(u))

    def d_alpha(self, u: Tensor) -> Tensor:
        return self._vp.d_alpha(u)

    def d_sigma(self, u: Tensor) -> Tensor:
        return -2 * self.alpha(u) * self.d_alpha(u)

    def time(self, s: Tensor) -> Tensor:
        # alpha^2 + s alpha - 1 = 0 has ln alpha = -asinh(s / 2): exact for small and large s.
        return self._vp.time_of_log_alpha(-torch.asinh(s / 2))


@dataclass(frozen=True)
class VariancePreservingCosine(GaussianPath):
    """alpha = cos(a(u)) / cos(a(0)), a = (pi/2)(u + offset)/(1 + offset), sigma^2 = 1 - alpha^2.

    At the noise end alpha vanishes and s is infinite, so the path stops where ln s = ``clip`` (the
    half log-SNR is -clip) and is stretched to end there at u = 1.

    Source: Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 17; the clip at -5.1 is that of Lu et al.
    2022, arXiv:2206.00927, appendix D.
    """

    offset: float = 0.008
    clip: float = 5.1

    @property
    def _start(self) -> float:
        return 0.5 * math.pi * self.offset / (1 + self.offset)

    @property
    def _span(self) -> float:
        end = math.acos(math.cos(self._start) / math.sqrt(1 + math.exp(2 * self.clip)))
        return end - self._start

    def _angle(self, u: Tensor) -> Tensor:
        return self._start + self._span * u

    def alpha(self, u: Tensor) -> Tensor:
        return torch.cos(self._angle(u)) / math.cos(self._start)

    def sigma(self, u: Tensor) -> Tensor:
        # 1 - alpha^2 as a product of sines: the difference of squares would cancel near u = 0.
        a = self._angle(u)
        product = torch.sin(a - self._start) * torch.sin(a + self._start)
        return torch.sqrt(product) / math.cos(self._start)

    def d_alpha(self, u: Tensor) -> Tensor:
        return -self._span * torch.sin(self._angle(u)) / math.cos(self._start)

    def d_sigma(self, u: Tensor) -> Tensor:
        return -self.alpha(u) * self.d_alpha(u) / self.sigma(u)

    def time(self, s: Tensor) -> Tensor:
        # sin^2 a = (s^2 + sin^2 a0) / (1 + s^2), by atan2 so that no end loses digits.
        sin_a = torch.sqrt(s**2 + math.sin(self._start) ** 2)
        return (torch.atan2(sin_a, torch.full_like(s, math.cos(self._start))) - self._start) / (
            self._span
        )


@dataclass(frozen=True)
class VariancePreservingAngle(GaussianPath):
    """alpha = cos a, sigma = sin a, the angle a even in u from 0 to acos(``least``): at u = 1 that
    much of the data is left, and s is 50.

    Source: Leigh et al. 2023, arXiv:2303.05376 (PC-JeDi), whose code has the least signal .02.
    """

    least: float = 0.02

    @property
    def span(self) -> float:
        """The angle at u = 1."""
        return math.acos(self.least)

    def alpha(self, u: Tensor) -> Tensor:
        return torch.cos(self.span * u)

    def sigma(self, u: Tensor) -> Tensor:
        return torch.sin(self.span * u)

    def d_alpha(self, u: Tensor) -> Tensor:
        return -self.span * torch.sin(self.span * u)

    def d_sigma(self, u: Tensor) -> Tensor:
        return self.span * torch.cos(self.span * u)

    def time(self, s: Tensor) -> Tensor:
        return torch.atan(s) / self.span


@dataclass(frozen=True)
class RectifiedFlow(GaussianPath):
    """alpha = 1 - u, sigma = u: straight lines from data to noise. s is infinite at u = 1.

    Source: Liu et al. 2022, arXiv:2209.03003, eq. 1; Lipman et al. 2022, arXiv:2210.02747, eq. 20
    with sigma_min = 0.
    """

    def alpha(self, u: Tensor) -> Tensor:
        return 1 - u

    def sigma(self, u: Tensor) -> Tensor:
        return u

    def d_alpha(self, u: Tensor) -> Tensor:
        return -torch.ones_like(u)

    def d_sigma(self, u: Tensor) -> Tensor:
        return torch.ones_like(u)

    def time(self, s: Tensor) -> Tensor:
        return s / (1 + s)


PATHS: dict[PathName, Callable[[], GaussianPath]] = {
    "ve": VarianceExploding,
    "vp-linear": VariancePreservingLinear,
    "vp-cosine": VariancePreservingCosine,
    "vp-angle": VariancePreservingAngle,
    "sub-vp": SubVariancePreserving,
    "rectified-flow": RectifiedFlow,
}


def drift(
    path: GaussianPath, denoise: Callable[[Tensor, Tensor], Tensor], x: Tensor, u: Tensor
) -> Tensor:
    """Return dx/du of the probability-flow ODE in the path's own coordinates x_u, (n, *shape).

    dx/du = alpha' D + sigma' eps with eps = (x - alpha D) / sigma: the derivative of
    x_u = alpha x0 + sigma eps with both predictions held (Song et al. 2021, eq. 13, rewritten).

    Args:
        path: the coordinates.
        denoise: D(xbar, s).
        x: points on the path at time u, (n, *shape).
        u: noise time, 0-d.
    """
    alpha, sigma = path.alpha(u), path.sigma(u)
    denoised = denoise(x / alpha, sigma / alpha)
    return path.d_alpha(u) * denoised + path.d_sigma(u) * (x - alpha * denoised) / sigma
