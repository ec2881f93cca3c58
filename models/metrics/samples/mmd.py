"""Maximum mean discrepancy with a bank of Gaussian kernels."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric, check, subsample
from pushforward.models.metrics.samples.pairwise import pair_sums, self_sums
from pushforward.models.metrics.samples.unbiased import FEWEST, KernelSums, unbiased_mmd2
from pushforward.models.registry import metric

__all__ = ["MMD", "MMDConfig", "kernel_sums", "median_distance", "mmd2"]

_KERNELS = 5


class MMDConfig(Config, frozen=True):
    """Width of the kernels, and how many points are compared."""

    width: Annotated[
        float,
        param(
            "Kernel width",
            "Middle bandwidth of the five Gaussian kernels (1/4, 1/2, 1, 2 and 4 times it); 0 "
            "uses the median distance of reference points.",
            low=0.0,
            high=1e6,
            unit="data units",
            advanced=True,
        ),
    ] = 0.0
    most: Annotated[
        int,
        param(
            "At most",
            "Maximum number of samples on each side: more are subsampled at random, as the cost "
            "is quadratic.",
            low=10,
            high=50_000,
            log=True,
            unit="samples",
            advanced=True,
        ),
    ] = 5000


def median_distance(x: Tensor) -> float:
    """Return the median distance between the first 1,000 points of x (n, d)."""
    return float(torch.pdist(x[:1000]).median())


def mmd2(samples: Tensor, reference: Tensor, width: float) -> float:
    """Return the unbiased squared MMD between samples (n, d) and reference (m, d).

    The kernel is the mean of exp(-r^2 / 2 w^2) over w = width / 4, ..., 4 width. Unbiased means
    that it is zero on average between real and real, and may come out slightly negative (Gretton
    et al. 2012, JMLR 13, eq. 3).

    Raises:
        ValueError: the width is not positive.
    """
    return unbiased_mmd2(kernel_sums(samples, reference, width))[0]


def kernel_sums(samples: Tensor, reference: Tensor, width: float) -> KernelSums:
    """Return the row sums of the kernel of `mmd2`, which raises the same."""
    check(samples, reference, minimum=3)
    if not width > 0.0:
        raise ValueError(f"the kernel width must be positive, got {width:g}")
    reference = reference.to(samples)
    widest = width * 2.0 ** (_KERNELS // 2)
    scale = -0.5 / widest**2

    def bank(distance: Tensor) -> Tensor:
        # Halving the width raises the kernel to its fourth power: one exponential for all five.
        k = distance.square_().mul_(scale).exp_()
        total = k.clone()
        for _ in range(_KERNELS - 1):
            k = k.square_().square_()
            total += k
        return total.div_(_KERNELS)

    across, back = pair_sums(samples, reference, bank)
    return KernelSums(self_sums(samples, bank), self_sums(reference, bank), across, back)


@metric(
    "mmd",
    title="MMD²",
    summary="Squared maximum mean discrepancy, unbiased, five Gaussian kernels. "
    "Its noise floor is 0 on average, so it may be negative within its interval.",
    source="Gretton et al. 2012, JMLR 13:723-773, eq. 3",
    config=MMDConfig,
    kinds=("points",),
    minimum=FEWEST,
)
class MMD(SampleMetric[MMDConfig]):
    """Unbiased MMD² as a metric."""

    def measure(self, evidence: Evidence) -> Figure:
        made, real = evidence.sides()
        # Data that sit on one spot have no scale of their own.
        width = self.config.width or median_distance(real) or 1.0
        made, real = (subsample(x, self.config.most, evidence.rng) for x in (made, real))
        return kernel_sums(made, real, width).figure()
