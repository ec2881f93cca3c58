"""Mean field of a dense CRF with a Potts compatibility.

Krähenbühl and Koltun 2011, arXiv:1210.5644, algorithm 1: with mu(l, l') = [l != l'] the update is

    Q_i(l) = softmax_l( log p_i(l) + sum_m w_m (K_m Q)_i(l) )

up to a constant of each pixel, for all pixels at once. Parallel updates may oscillate between two
states; a damping of 0.5 prevents it.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.crf.kernels import Kernel

__all__ = ["MeanField", "Pairwise", "free_energy", "mean_field", "solve"]

Array = NDArray[np.float32]
_SMALLEST = 1e-12
_AT_ONCE = 2**16  # rows of which an energy is summed


@dataclass(frozen=True)
class Pairwise:
    """A kernel with its weight w."""

    kernel: Kernel
    weight: float


@dataclass(frozen=True)
class MeanField:
    """What came of it.

    Attributes:
        marginals: Q (n, classes), rows sum to 1. They are too sure to be probabilities.
        energies: free energy in nats before the first update and after each.
    """

    marginals: Array
    energies: tuple[float, ...]


def mean_field(
    probabilities: Array, terms: Sequence[Pairwise], *, iterations: int = 5, damping: float = 0.0
) -> Generator[int, None, MeanField]:
    """Refine the probabilities (n, classes) of a classifier; yields the iterations done.

    Args:
        probabilities: p(class | pixel), rows sum to 1; Q begins with them.
        terms: of the energy; without any, Q does not change.
        iterations: number of parallel updates.
        damping: share of the old Q that stays, in [0, 1).
    """
    if not 0.0 <= damping < 1.0:
        raise ValueError(f"damping must be in [0, 1), got {damping}")
    unary = _log(probabilities)
    degrees = _degrees(terms, len(unary))
    q = unary.softmax(dim=1)
    pull = _pull(q, terms)
    energies = [_energy(q, unary, pull, degrees)]
    for done in range(iterations):
        # In place: of a large scene each array has tens of megabytes.
        new = torch.softmax(pull.add_(unary), dim=1, out=pull)
        q = new if not damping else new.lerp_(q, damping)
        pull = _pull(q, terms)
        energies.append(_energy(q, unary, pull, degrees))
        yield done + 1
    return MeanField(q.numpy(), tuple(energies))


def solve(
    probabilities: Array, terms: Sequence[Pairwise], *, iterations: int = 5, damping: float = 0.0
) -> MeanField:
    """Refine without a pause; see `mean_field`."""
    work = mean_field(probabilities, terms, iterations=iterations, damping=damping)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: MeanField = end.value
            return found


def free_energy(q: Array, probabilities: Array, terms: Sequence[Pairwise]) -> float:
    """Return KL(Q || P) of marginals q in nats, but for the log partition function:
    sum_i sum_l Q (log Q - log p) + sum_m w_m / 2 sum_ij K_ij (1 - sum_l Q_i(l) Q_j(l)).
    """
    x = torch.from_numpy(np.ascontiguousarray(q, np.float32))
    return _energy(x, _log(probabilities), _pull(x, terms), _degrees(terms, len(x)))


def _log(probabilities: Array) -> Tensor:
    """Return log p as a new array, in place where it can."""
    p = torch.from_numpy(np.array(probabilities, np.float32))
    return p.clamp_min_(_SMALLEST).log_()


def _pull(q: Tensor, terms: Sequence[Pairwise]) -> Tensor:
    """Return sum_m w_m K_m q, (n, classes)."""
    found = torch.zeros_like(q)
    for term in terms:
        term.kernel.add_to(found, q, float(term.weight))
    return found


def _energy(q: Tensor, unary: Tensor, pull: Tensor, degrees: float) -> float:
    """Return the free energy; ``degrees`` is the weighted sum of all entries of the kernels."""
    own = pair = 0.0
    parts = (torch.split(x, _AT_ONCE) for x in (q, unary, pull))
    for some, log_p, message in zip(*parts, strict=True):
        own += float((some.clamp_min(_SMALLEST).log_().sub_(log_p).mul_(some)).double().sum())
        pair += float((some * message).double().sum())
    return own + 0.5 * (degrees - pair)


def _degrees(terms: Sequence[Pairwise], n: int) -> float:
    ones = torch.ones((n, 1))
    return float(_pull(ones, terms).double().sum())
