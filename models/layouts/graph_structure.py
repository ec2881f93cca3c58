"""What a graph looks like, in numbers that can be differentiated: degrees, cycles, walks, spectra.

All are of a *soft adjacency* (B, N, N): how surely two nodes are joined, between 0 and 1,
symmetric, 0 on its diagonal and where a node is padded. Of one of zeros and ones they count what
they say; between, they are the same polynomials. None depends on how nodes are numbered but by
going with them.

Cycles through a node and in a graph are features of DiGress (Vignac et al. 2023, arXiv:2209.14734,
section 4.2; counted as by Harary and Manvel 1971, doi:10.1007/BF01818516), return probabilities of
random walks are those of Dwivedi et al. 2022, arXiv:2110.07875, section 4.
"""

import torch
from torch import Tensor

__all__ = ["cycles", "diffusion_map", "random_walks", "slow_modes"]

_LONELY = 1e-3  # added to degrees, which may be 0


def random_walks(soft: Tensor, powers: int) -> list[Tensor]:
    """Return matrices (B, N, N) similar to those of random walks of 2, 4, 8, ... steps, with the
    same diagonals: the probabilities to be back.
    """
    fair = (soft.sum(dim=2) + _LONELY).rsqrt()
    walk = fair[:, :, None] * soft * fair[:, None]
    found = []
    for _ in range(powers):
        walk = walk @ walk
        found.append(walk)
    return found


def cycles(soft: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many cycles of 3, 4 and 5 nodes go through each node, (B, N, 3), and how many of
    3, 4, 5 and 6 there are in each graph, (B, 4).
    """
    degree = soft.sum(dim=2)
    two = soft @ soft
    three = two @ soft
    four = two @ two
    back = {k: p.diagonal(dim1=1, dim2=2) for k, p in ((3, three), (4, four), (5, four @ soft))}
    through = [
        back[3] / 2.0,
        (back[4] - degree * (degree - 1.0) - _sum_neighbours(soft, degree)) / 2.0,
        (
            back[5]
            + 5.0 * back[3]
            - 2.0 * back[3] * degree
            - 2.0 * ((soft * two) @ degree[..., None])[..., 0]
            - _sum_neighbours(soft, back[3])
        )
        / 2.0,
    ]
    total = [x.sum(dim=1) / k for k, x in zip((3, 4, 5), through, strict=True)]
    return torch.stack(through, dim=2), torch.stack([*total, _six(soft, two, three, four)], dim=1)


def _sum_neighbours(soft: Tensor, value: Tensor) -> Tensor:
    """Return the sum of a value (B, N) over the neighbours of each node."""
    return (soft @ value[..., None])[..., 0]


def _six(soft: Tensor, two: Tensor, three: Tensor, four: Tensor) -> Tensor:
    """Return how many cycles of six nodes there are, (B,): closed walks of six steps without those
    that meet themselves (Harary and Manvel 1971).
    """
    degree = soft.sum(dim=2)
    back3 = three.diagonal(dim1=1, dim2=2)
    back4 = four.diagonal(dim1=1, dim2=2)
    terms = (
        (three * three).sum(dim=(1, 2))
        - 3.0 * back3.square().sum(dim=1)
        + 9.0 * (soft * two.square()).sum(dim=(1, 2))
        - 6.0 * (back4 * degree).sum(dim=1)
        + 6.0 * back4.sum(dim=1)
        - 4.0 * back3.sum(dim=1)
        + 4.0 * degree.pow(3).sum(dim=1)
        + 3.0 * three.sum(dim=(1, 2))
        - 12.0 * degree.square().sum(dim=1)
        + 4.0 * degree.sum(dim=1)
    )
    return terms / 12.0


def slow_modes(soft: Tensor, real: Tensor, count: int) -> Tensor:
    """Return how many modes of a graph are left after lazy walks of 2, 4, 8, ... steps, (B, count).

    A walk that stays where it is with probability 1/2 shrinks a mode by 1 - lambda / 2 each step,
    lambda its eigenvalue of the normalised Laplacian. So the sum of (1 - lambda / 2)^k over the
    spectrum falls to the number of parts that hardly hang together. Unlike the lowest eigenvalues
    themselves it is smooth, also where two are the same.

    Args:
        soft: (B, N, N).
        real: which nodes there are, (B, N), as 0 and 1.
        count: of walks.
    """
    lazy = _lazy(soft, real)
    left = []
    for _ in range(count):
        lazy = lazy @ lazy
        left.append(lazy.diagonal(dim1=1, dim2=2).sum(dim=1))
    return torch.stack(left, dim=1)


def diffusion_map(soft: Tensor, real: Tensor, doublings: int) -> Tensor:
    """Return a position of each node, (B, N, N), one coordinate a node: rows of a matrix similar to
    that of a lazy walk of 2, 4, 8, ... steps.

    The squared distance of two of them is the sum over the spectrum of (1 - lambda / 2)^2k (u_i -
    u_j)^2, u the eigenvectors of the normalised Laplacian and k the steps: a diffusion distance
    (Coifman and Lafon 2006, doi:10.1016/j.acha.2006.04.006, eq. 7, up to the degrees). Padded
    nodes are at 0.

    Args:
        soft: (B, N, N).
        real: which nodes there are, (B, N), as 0 and 1.
        doublings: of one step.
    """
    lazy = _lazy(soft, real)
    for _ in range(doublings):
        lazy = lazy @ lazy
    return lazy


def _lazy(soft: Tensor, real: Tensor) -> Tensor:
    """Return a symmetric matrix similar to a step of a walk that stays with probability 1/2."""
    fair = (soft.sum(dim=2) + _LONELY).rsqrt()
    return 0.5 * (torch.diag_embed(real.to(soft)) + fair[:, :, None] * soft * fair[:, None])
