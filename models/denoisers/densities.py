"""Training densities: which noise levels a denoiser is trained on.

Levels are drawn with low discrepancy: one uniform number shifts a comb of B equal teeth, so that
each batch covers the whole range (Kingma et al. 2021, arXiv:2107.00630, appendix I.1).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from torch import Tensor

from pushforward.models.paths.gaussian import GaussianPath
from pushforward.models.paths.learned import LearnedPath

__all__ = [
    "Density",
    "LearnedTime",
    "LogNormal",
    "LogUniform",
    "RhoUniform",
    "UniformTime",
    "draw_levels",
]


class Density(ABC):
    """A law of the noise level s on [s_min, s_max]: s = level(v) with v uniform on an interval."""

    @property
    @abstractmethod
    def interval(self) -> tuple[float, float]:
        """Return where v is uniform."""

    @abstractmethod
    def level(self, v: Tensor) -> Tensor:
        """Return the noise level of v, increasing in v."""

    @abstractmethod
    def pdf(self, s: Tensor) -> Tensor:
        """Return the probability density with respect to ln s."""

    def quantile(self, p: Tensor) -> Tensor:
        """Return the noise level below which a share p in [0, 1] of the draws lies."""
        low, high = self.interval
        return self.level(low + (high - low) * p)


@dataclass(frozen=True)
class LogNormal(Density):
    """ln s ~ N(mean, std^2), truncated to the range.

    Source: Karras et al. 2022, arXiv:2206.00364, table 1 (training, EDM column).
    """

    mean: float
    std: float
    s_min: float
    s_max: float

    @cached_property
    def interval(self) -> tuple[float, float]:
        # In terms of erf, whose inverse every device has; the normal quantile not.
        low, high = (
            math.erf((math.log(s) - self.mean) / (math.sqrt(2) * self.std))
            for s in (self.s_min, self.s_max)
        )
        if high - low < 1e-6:
            raise ValueError(
                f"the log-normal density N({self.mean:g}, {self.std:g}^2) of ln s has no mass in "
                f"[{self.s_min:g}, {self.s_max:g}]: move its mean into the range"
            )
        return low, high

    def level(self, v: Tensor) -> Tensor:
        # Single precision rounds v near 1 to 1, whose quantile is infinite.
        log_s = torch.erfinv(v).mul_(math.sqrt(2) * self.std).add_(self.mean)
        return log_s.exp_().clamp_(self.s_min, self.s_max)

    def pdf(self, s: Tensor) -> Tensor:
        low, high = self.interval
        z = (torch.log(s) - self.mean) / self.std
        return torch.exp(-0.5 * z**2) / (math.sqrt(math.pi / 2) * self.std * (high - low))


@dataclass(frozen=True)
class UniformTime(Density):
    """Noise time uniform on a path between u(s_min) and u(s_max).

    Source: Ho et al. 2020, arXiv:2006.11239, algorithm 1, in continuous time (Song et al. 2021,
    arXiv:2011.13456, eq. 7).
    """

    path: GaussianPath
    s_min: float
    s_max: float

    @cached_property
    def interval(self) -> tuple[float, float]:
        ends = self.path.time(torch.tensor([self.s_min, self.s_max], dtype=torch.float64))
        return float(ends[0]), float(ends[1])

    def level(self, v: Tensor) -> Tensor:
        return self.path.s(v).clamp(self.s_min, self.s_max)

    def pdf(self, s: Tensor) -> Tensor:
        low, high = self.interval
        return 1 / ((high - low) * self.path.d_log_s(self.path.time(s)))


@dataclass(frozen=True)
class RhoUniform(Density):
    """s^(1/rho) uniform: the distribution of the levels of an EDM sampling grid.

    Source: Karras et al. 2022, arXiv:2206.00364, eq. 5, read as a density.
    """

    s_min: float
    s_max: float
    rho: float = 7.0

    @cached_property
    def interval(self) -> tuple[float, float]:
        return self.s_min ** (1 / self.rho), self.s_max ** (1 / self.rho)

    def level(self, v: Tensor) -> Tensor:
        return v**self.rho

    def pdf(self, s: Tensor) -> Tensor:
        low, high = self.interval
        return s ** (1 / self.rho) / (self.rho * (high - low))


@dataclass(frozen=True)
class LogUniform(Density):
    """ln s uniform: log-SNR linear in time.

    Source: Kingma et al. 2021, arXiv:2107.00630, where a learned schedule begins. The same as
    p(t) ~ g(t)^2/sigma(t)^2 on any path, with which the bound on the likelihood is estimated best
    by a network that predicts the noise equally well everywhere (Song et al. 2021,
    arXiv:2101.09258, eq. 15): g^2 dt = 2 alpha^2 s ds and sigma = alpha s.
    """

    s_min: float
    s_max: float

    @property
    def interval(self) -> tuple[float, float]:
        return math.log(self.s_min), math.log(self.s_max)

    def level(self, v: Tensor) -> Tensor:
        return torch.exp(v).clamp(self.s_min, self.s_max)

    def pdf(self, s: Tensor) -> Tensor:
        low, high = self.interval
        return torch.full_like(s, 1 / (high - low))


@dataclass(frozen=True)
class LearnedTime(Density):
    """Noise time uniform on a path that is being learned; levels carry no gradient to it.

    Source: Kingma et al. 2021, arXiv:2107.00630, eq. 17.
    """

    path: LearnedPath

    @property
    def interval(self) -> tuple[float, float]:
        return 0.0, 1.0

    @torch.no_grad()
    def level(self, v: Tensor) -> Tensor:
        return self.path.s(v)

    @torch.no_grad()
    def pdf(self, s: Tensor) -> Tensor:
        return 1 / self.path.d_log_s(self.path.time(s))


def draw_levels(
    density: Density, n: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Draw n noise levels (n,) on the generator's device, one in each n-th of the density.

    The order is that of the quantiles: batches are shuffled already, so it carries nothing.
    """
    device = generator.device
    low, high = density.interval
    shift = torch.rand(1, generator=generator, device=device, dtype=dtype)
    comb = _comb(low, high, n, device, dtype)
    return density.level(torch.add(comb, shift, alpha=(high - low) / n))


@lru_cache(maxsize=8)
def _comb(low: float, high: float, n: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    return low + (high - low) / n * torch.arange(n, device=device, dtype=dtype)
