"""In which interval a figure lies with 95 % confidence."""

import math

from torch import Tensor

__all__ = ["CONFIDENT", "of_mean", "wilson"]

CONFIDENT = 1.959964  # 95 % of a normal law lie within so many deviations


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the interval of a share of n (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    z = CONFIDENT**2 / n
    centre = (share + z / 2) / (1 + z)
    reach = math.sqrt(z * share * (1 - share) + z**2 / 4) / (1 + z)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def of_mean(values: Tensor) -> tuple[float, float]:
    """Return the interval of the mean of values (n,), by the normal law that it has for many."""
    mean, reach = float(values.mean()), CONFIDENT * float(values.std()) / math.sqrt(len(values))
    return mean - reach, mean + reach
