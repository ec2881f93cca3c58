"""How much an estimate of the diffusion term of the bound varies: by schedule, and by the way in
which the times of a batch are drawn.

Of one draw from a density p of ln s the estimate is L = e(s)/p with e = |D - x0|^2/s^2. Its mean
int m1 d ln s does not depend on p, and all variances follow from the first two moments of e at each
level, m1 and m2, so that they are compared without another evaluation of the network.

Sources: Kingma et al. 2021, arXiv:2107.00630, appendix I; Nichol & Dhariwal 2021,
arXiv:2102.09672, eq. 18.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.denoisers.densities import Density, LogUniform
from pushforward.models.denoisers.times import TimesName
from pushforward.models.tensors import noise_like

__all__ = ["Moments", "error_at"]


def error_at(denoise: Denoise, rows: Batch, s: Tensor, generator: torch.Generator) -> Tensor:
    """Return e = |D - x0|^2/s^2 of each row x (n, *shape) at a level, 0-d, in one draw: (n,)."""
    x = rows.x
    noised = rows.zeroed(x + s * noise_like(x, generator))
    gap = (x - denoise(noised, s)).square()
    return rows.zeroed(gap).flatten(1).sum(dim=1) / s.square()


@dataclass(frozen=True)
class Moments:
    """The moments of e, in float64.

    Attributes:
        s: levels, the middles of K cells that are equal in ln s, rising, (K,).
        first, second: E e and E e^2 there, (K,).
        width: of a cell, in ln s.
    """

    s: Tensor
    first: Tensor
    second: Tensor
    width: float

    @classmethod
    def levels(cls, s_min: float, s_max: float, cells: int) -> tuple[Tensor, float]:
        """Return the middles of the cells between two levels, (K,), and their width."""
        law = LogUniform(s_min, s_max)
        middles = (torch.arange(cells, dtype=torch.float64) + 0.5) / cells
        return law.quantile(middles), (law.interval[1] - law.interval[0]) / cells

    @property
    def mean(self) -> float:
        """The diffusion term of the bound, in nats."""
        return float(self.first.sum()) * self.width

    def one_draw(self, density: Density) -> float:
        """Return the variance of the estimate from one level, in nats^2."""
        whole = float((self.second / density.pdf(self.s)).sum()) * self.width
        return whole - self.mean**2

    def of_batch(self, times: TimesName, density: Density, n: int) -> float:
        """Return the variance of the mean over a batch of n rows, large enough for its teeth to be
        narrow, in nats^2.
        """
        match times:
            case "independent":
                return self.one_draw(density) / n
            case "antithetic":
                return (self.one_draw(density) + self._opposed(density)) / n
            case "low-discrepancy":
                return self._within(density.pdf(self.s)) / n
            case "importance":
                best = self.second.sqrt()
                return self._within(best / (best.sum() * self.width)) / n

    def _within(self, pdf: Tensor) -> float:
        """Return the mean variance at a level: what is left where the levels themselves are no
        matter of chance.
        """
        return float(((self.second - self.first.square()) / pdf).sum()) * self.width

    def _opposed(self, density: Density) -> float:
        """Return the covariance of the estimates at the shares v and 1 - v."""
        pdf = density.pdf(self.s)
        mass = pdf * self.width / float((pdf * self.width).sum())
        share = mass.cumsum(0) - 0.5 * mass
        mean = self.first / pdf
        at = torch.searchsorted(share, (1 - share).contiguous()).clamp(max=len(share) - 1)
        return float((mass * mean * mean[at]).sum()) - self.mean**2
