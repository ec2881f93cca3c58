"""Laws that look a little like the data, for nulls: what a claim must tell from having learned.

Importing this module registers nothing.
"""

import torch
from torch import Tensor

from pushforward.models.tensors import make_generator

__all__ = ["best_gaussian", "rescaled"]

_DRAWS = 3300


def best_gaussian(x: Tensor, n: int, seed: int) -> Tensor:
    """Return n draws (n, d) of the one Gaussian with mean and covariance of data x (m, d)."""
    factor = torch.linalg.cholesky(torch.cov(x.T))
    z = torch.randn((n, x.shape[1]), generator=make_generator(seed, _DRAWS), dtype=x.dtype)
    draws: Tensor = x.mean(dim=0) + z @ factor.T
    return draws


def rescaled(start: Tensor, x: Tensor) -> Tensor:
    """Return points (n, d) moved and stretched along the axes to mean and deviation of x (m, d)."""
    unit = (start - start.mean(dim=0)) / start.std(dim=0)
    return x.mean(dim=0) + x.std(dim=0) * unit
