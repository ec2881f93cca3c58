"""Second metrics of claims: whether samples differ from real data, and from the training data.

A distance such as sliced W2 is nearly the same for an annulus and for a ring of modes, and the same
for real data and for copies of the training data. These two are not. Importing this module
registers nothing.
"""

import torch
from torch import Tensor

__all__ = ["find_neighbours", "measure_authenticity", "measure_separability"]

_NEIGHBOURS = 15


def find_neighbours(x: Tensor, among: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the distances of x (n, d) to the k nearest rows ``among`` (m, d), nearest first, and
    their indices, both (n, k).
    """
    from scipy.spatial import KDTree  # late: a start need not wait for it

    distance, index = KDTree(among.double().numpy()).query(x.double().numpy(), k=k)
    shape = (len(x), k)
    return torch.as_tensor(distance).reshape(shape), torch.as_tensor(index).reshape(shape)


def measure_separability(samples: Tensor, real: Tensor) -> float:
    """Return how often 15 nearest neighbours tell samples (n, d) from as many real rows (n, d).

    A classifier two-sample test: 0.5 where both have one distribution, 1 where they never mix. Each
    row is classified by the majority of its neighbours among all others.

    Source: Lopez-Paz and Oquab 2017, arXiv:1610.06545, section 3.
    """
    pooled = torch.cat([samples, real.to(samples)])
    is_real = torch.arange(len(pooled)) >= len(samples)
    _, index = find_neighbours(pooled, pooled, _NEIGHBOURS + 1)
    # A row is no neighbour of itself; among equal rows the tree may not name it at all.
    others = index != torch.arange(len(pooled))[:, None]
    votes = torch.where(others, is_real[index].double(), 0.0).sum(dim=1) / others.sum(dim=1)
    said = votes > 0.5
    return float((said == is_real).double().mean())


def measure_authenticity(samples: Tensor, train: Tensor) -> float:
    """Return the share of samples (n, d) that are farther from the nearest training row than that
    row is from the nearest other training row: 0 of copies.

    Source: Alaa et al. 2022, arXiv:2102.08921, section 3.3.
    """
    distance, index = find_neighbours(samples, train, 1)
    nearest = train[index[:, 0]]
    spacing = find_neighbours(nearest, train, 2)[0][:, 1]
    return float((distance[:, 0] > spacing).double().mean())
