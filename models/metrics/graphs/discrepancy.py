"""The maximum mean discrepancy between descriptors of two sets of graphs.

MMD^2, without a root, with two kernels. "emd" is that of You et al. 2018, arXiv:1802.08773, section
4.3, as it is used since: exp(-EMD^2 / 2 sigma^2) of histograms of degrees (sigma 1, a degree apart
is 1) and of clustering coefficients (sigma .1), and a Gaussian of width 30 of mean orbit counts; of
spectra (Liao et al. 2019, arXiv:1910.00760, section 4.2) with sigma 10, a bin apart being 1: with
the usual 1 any two graphs are as far apart as can be. "tv" has the total variation instead of the
EMD, as published tables of planar graphs and of block models have it (Liao et al. 2019; Martinkus
et al. 2022, arXiv:2204.01613), with their widths 1, .1, 30 and 1: for few nodes that of clustering
cannot distinguish graphs, for the same reason. Neither kernel is positive definite for certain. The
biased estimate of published tables counts each graph against itself, and is about 1/n + 1/m between
real and real; the unbiased one is 0 there on average, and may be below it. A number says nothing
without its kernel, its estimate and both sizes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from pushforward.models.metrics.base import Figure
from pushforward.models.metrics.graphs.descriptors import (
    BINS,
    clusterings,
    degrees,
    orbits,
    spectra,
)
from pushforward.models.metrics.intervals import CONFIDENT
from pushforward.models.metrics.samples.unbiased import KernelSums, unbiased_mmd2

__all__ = [
    "STATISTICS",
    "Estimate",
    "Kernel",
    "Statistic",
    "described",
    "discrepancy",
    "figure_of",
    "mmd2",
    "mmd2_of",
]

Estimate = Literal["unbiased", "biased"]
Kernel = Literal["emd", "tv"]
ROUNDING = 1e-12


@dataclass(frozen=True)
class Statistic:
    """What is counted, ``describe(adjacency, size) -> (n, k)``, and the widths of its kernels:
    ``sigma`` of "emd", ``variation`` of "tv".

    Attributes:
        histogram: whether it is one: its distance is then the least work that turns one into the
            other, where neighbouring bins are ``bin`` apart; a Euclidean one otherwise.
    """

    describe: Callable[[Tensor, Tensor], Tensor]
    sigma: float
    variation: float
    histogram: bool = True
    bin: float = 1.0

    def kernel(self, left: Tensor, right: Tensor, kernel: Kernel = "emd") -> Tensor:
        """Return the kernel between descriptors (n, k) and (m, k), (n, m)."""
        if kernel == "tv":
            distance, unit = torch.cdist(left, right, p=1.0), 2.0 * self.variation
        elif self.histogram:
            # On a line that work is the area between the cumulated histograms.
            area = left.cumsum(dim=1)
            distance = torch.cdist(area, area if right is left else right.cumsum(dim=1), p=1.0)
            unit = self.sigma / self.bin
        else:
            distance = torch.cdist(left, right, compute_mode="donot_use_mm_for_euclid_dist")
            unit = self.sigma
        return distance.square_().mul_(-0.5 / unit**2).exp_()


STATISTICS: Mapping[str, Statistic] = {
    "degree": Statistic(degrees, sigma=1.0, variation=1.0),
    "clustering": Statistic(clusterings, sigma=0.1, variation=0.1, bin=1.0 / BINS),
    "orbit": Statistic(orbits, sigma=30.0, variation=30.0, histogram=False),
    "spectral": Statistic(spectra, sigma=10.0, variation=1.0),
}


def mmd2(
    statistic: Statistic, left: Tensor, right: Tensor, estimate: Estimate, kernel: Kernel = "emd"
) -> float:
    """Return MMD^2 between descriptors (n, k) and (m, k) (Gretton et al. 2012, JMLR 13, eqs. 3, 5).

    Raises:
        ValueError: fewer than two on a side.
    """
    return _squared_mmd(statistic, torch.cat([left, right]), len(left), estimate, kernel)


def _squared_mmd(
    statistic: Statistic, both: Tensor, n: int, estimate: Estimate, kernel: Kernel
) -> float:
    """Return MMD^2 between the first n descriptors (n + m, k) and the others."""
    found = statistic.kernel(both, both, kernel)  # of few graphs three calls would cost the most
    return mmd2_of(found[:n, :n], found[n:, n:], found[:n, n:], estimate)


def mmd2_of(left: Tensor, right: Tensor, between: Tensor, estimate: Estimate) -> float:
    """Return MMD^2 from a kernel among n (n, n), among m others (m, m), and between them (n, m).

    Raises:
        ValueError: fewer than two on a side.
    """
    if min(between.shape) < 2:
        raise ValueError(f"at least 2 graphs are needed on each side, got {min(between.shape)}")
    if estimate == "biased":
        return float(left.mean() + right.mean() - 2.0 * between.mean())
    n, m = between.shape
    # Of few graphs a call of torch costs three of NumPy's, and more than any of these sums.
    here, there, across = left.numpy(), right.numpy(), between.numpy()
    one = (here.sum() - here.trace()) / (n * (n - 1))
    two = (there.sum() - there.trace()) / (m * (m - 1))
    return float(one + two - 2.0 * across.sum() / (n * m))


def discrepancy(
    name: str,
    left: tuple[Tensor, Tensor],
    right: tuple[Tensor, Tensor],
    estimate: Estimate,
    kernel: Kernel = "emd",
) -> float:
    """Return MMD^2 of a statistic between two sets of graphs, each (adjacency, size), which may
    have places for different numbers of nodes. Raises as `mmd2`.
    """
    both = described(name, left, right)
    return _squared_mmd(STATISTICS[name], both, len(left[1]), estimate, kernel)


def figure_of(left: Tensor, right: Tensor, between: Tensor, estimate: Estimate) -> Figure:
    """Return MMD^2 as `mmd2_of` does; the unbiased estimate has its 95 % interval."""
    value = mmd2_of(left, right, between, estimate)
    # Of graphs that are all alike in it, the sums of the kernel differ by rounding alone.
    if abs(value) < ROUNDING:
        value = 0.0
    n = len(left)
    if estimate == "biased":
        return Figure(value, n=n)
    reach = CONFIDENT * unbiased_mmd2(KernelSums.of(left, right, between))[1]
    return Figure(value, value - reach, value + reach, n)


def described(name: str, left: tuple[Tensor, Tensor], right: tuple[Tensor, Tensor]) -> Tensor:
    """Return what is counted in two sets of graphs, one after the other, (n + m, k)."""
    widest = max(adjacency.shape[1] for adjacency, _ in (left, right))
    squares = [_padded(adjacency, widest) for adjacency, _ in (left, right)]
    return STATISTICS[name].describe(torch.cat(squares), torch.cat([left[1], right[1]]))


def _padded(adjacency: Tensor, nodes: int) -> Tensor:
    """Return graphs padded to a number of nodes."""
    more = nodes - adjacency.shape[1]
    return torch.nn.functional.pad(adjacency, (0, more, 0, more)) if more else adjacency
