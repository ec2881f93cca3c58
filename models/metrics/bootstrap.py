"""How far a figure may come out with other data, by drawing from those at hand again and again.

Efron 1979, doi:10.1214/aos/1176344552. A figure of a sample may be biased by the size of the
sample, as the distance of two fitted Gaussians is, and of a resample it is biased once more. What
is looked for is the figure of as many other data: so the resampled figures are laid around the one
that was measured by how far each is from their own mean, which leaves the second bias out.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

__all__ = ["RESAMPLES", "around"]

RESAMPLES = 200


def around(
    statistic: Callable[..., float],
    sides: Sequence[Tensor],
    rng: torch.Generator,
    resamples: int = RESAMPLES,
) -> tuple[float, float]:
    """Return how far below (negative) and above what was measured a statistic of as many other data
    comes out, with 95 % confidence.

    Args:
        statistic: called with as many tensors as there are sides.
        sides: independent samples (n, ...), each drawn from by itself, row by row.
        rng: on the CPU.
        resamples: how often.
    """
    found = torch.tensor(
        [
            statistic(*(x[torch.randint(len(x), (len(x),), generator=rng)] for x in sides))
            for _ in range(resamples)
        ],
        dtype=torch.float64,
    )
    apart = found - found.mean()
    low, high = torch.quantile(apart, apart.new_tensor([0.025, 0.975])).tolist()
    return low, high
