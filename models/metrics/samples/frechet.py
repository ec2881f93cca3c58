"""The distance of two Gaussians, fitted to features of samples and of real data."""

import torch
from torch import Tensor

from pushforward.models.metrics.base import check_finite

__all__ = ["frechet_distance", "gaussian_distance", "moments"]


def frechet_distance(samples: Tensor, reference: Tensor) -> float:
    """Return |m - n|^2 + tr(S + T - 2 (S T)^(1/2)), the squared W2 distance of two Gaussians.

    m, S and n, T are mean and covariance of samples (n, k) and reference (m, k) (Dowson and Landau
    1982, doi:10.1016/0047-259X(82)90077-X, eq. 4). The trace of the root is the sum of the roots
    of the eigenvalues of S^(1/2) T S^(1/2), which is symmetric: exact also where a covariance is
    singular. It is biased upwards by about tr(S)/n: compare at equal n only.

    Raises:
        ValueError: not two (n, k) arrays of the same k, or fewer than 2 rows.
        ArithmeticError: a feature is not finite.
    """
    if samples.ndim != 2 or samples.shape[1:] != reference.shape[1:]:
        raise ValueError(
            "features must have the same dimension, got shapes "
            f"{tuple(samples.shape)} and {tuple(reference.shape)}"
        )
    if min(len(samples), len(reference)) < 2:
        raise ValueError("at least 2 rows are needed on each side")
    check_finite(samples, "rows of features")
    check_finite(reference, "rows of features")
    return gaussian_distance(*moments(samples), *moments(reference))


def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean (k,) and covariance (k, k) of features x (n, k), in double precision."""
    x = x.cpu().double()
    mean = x.mean(dim=0)
    apart = x - mean
    return mean, apart.T @ apart / (len(x) - 1)


def gaussian_distance(m: Tensor, s: Tensor, n: Tensor, t: Tensor) -> float:
    """Return `frechet_distance` of two means (k,) and covariances (k, k)."""
    values, vectors = torch.linalg.eigh(s)
    root = (vectors * values.clamp_min(0.0).sqrt()) @ vectors.T
    overlap = torch.linalg.eigvalsh(root @ t @ root).clamp_min(0.0).sqrt().sum()
    return max(0.0, float((m - n).square().sum() + s.trace() + t.trace() - 2.0 * overlap))
