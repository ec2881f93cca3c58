"""The unbiased estimate of a squared maximum mean discrepancy (MMD), with its standard error."""

from dataclasses import dataclass

from torch import Tensor

from pushforward.models.metrics.base import Figure
from pushforward.models.metrics.intervals import CONFIDENT

__all__ = ["FEWEST", "KernelSums", "unbiased_mmd2"]

FEWEST = 20
"""Of fewer samples the unbiased estimate scatters so far below 0 that it says nothing."""


@dataclass(frozen=True)
class KernelSums:
    """Row sums of a kernel, float64: all that an unbiased MMD² and its error need.

    Attributes:
        left: (n,), of each sample over the other samples, without itself.
        right: (m,), of each real sample over the other real samples.
        across: (n,), of each sample over all real samples.
        back: (m,), of each real sample over all samples.
    """

    left: Tensor
    right: Tensor
    across: Tensor
    back: Tensor

    @staticmethod
    def of(left: Tensor, right: Tensor, between: Tensor) -> "KernelSums":
        """Return the sums of kernel matrices (n, n), (m, m) and (n, m)."""
        left, right, between = left.double(), right.double(), between.double()
        return KernelSums(
            left.sum(dim=1) - left.diagonal(),
            right.sum(dim=1) - right.diagonal(),
            between.sum(dim=1),
            between.sum(dim=0),
        )

    def figure(self) -> Figure:
        """Return the unbiased estimate with its 95 % interval, by the jackknife."""
        value, error = unbiased_mmd2(self)
        reach = CONFIDENT * error
        return Figure(value, value - reach, value + reach, len(self.left))


def unbiased_mmd2(sums: KernelSums) -> tuple[float, float]:
    """Return the unbiased MMD² (Gretton et al. 2012, JMLR 13, eq. 3) and its standard error.

    The error is the jackknife's over both samples (Efron and Stein 1981, doi:10.1214/aos/
    1176345462): the estimate without each one follows from the row sums. Between equal
    distributions it is too large by at most a factor of the square root of 2, never too small.

    Raises:
        ValueError: fewer than three on a side.
    """
    n, m = len(sums.left), len(sums.right)
    if min(n, m) < 3:
        raise ValueError(f"at least 3 samples are needed on each side, got {min(n, m)}")
    a, b, c = float(sums.left.sum()), float(sums.right.sum()), float(sums.across.sum())
    here, there, across = a / (n * (n - 1)), b / (m * (m - 1)), 2.0 * c / (n * m)
    without_sample = (a - 2.0 * sums.left) / ((n - 1) * (n - 2)) + there
    without_sample -= 2.0 * (c - sums.across) / ((n - 1) * m)
    without_real = here + (b - 2.0 * sums.right) / ((m - 1) * (m - 2))
    without_real -= 2.0 * (c - sums.back) / (n * (m - 1))
    variance = 0.0
    for each in (without_sample, without_real):
        k = len(each)
        variance += (k - 1) / k * float((each - each.mean()).square().sum())
    return here + there - across, variance**0.5
