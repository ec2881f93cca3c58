"""Between what the mean of some data lies, by drawing from them again and again. Pure numpy."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["RESAMPLES", "mean_between"]

RESAMPLES = 1000


def mean_between(values: NDArray[np.float64], resamples: int = RESAMPLES) -> tuple[float, float]:
    """Return the ends of the interval of 95 % of the mean of values (n,): the percentiles of the
    means of as many values drawn with replacement (Efron 1979, doi:10.1214/aos/1176344552), always
    by the same numbers.
    """
    rng, n = np.random.default_rng(0), len(values)
    means = [values[rng.integers(0, n, n)].mean() for _ in range(resamples)]
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
