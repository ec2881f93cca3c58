"""Mean field of a dense CRF with a Potts compatibility.

Krähenbühl and Koltun 2011, arXiv:1210.5644, algorithm 1: with mu(l, l') = [l != l'] the update is

    Q_i(l) = softmax_l( log p_i(l) + sum_m w_m (K_m Q)_i(l) )

up to a constant of each pixel, for all pixels at once. Parallel updates may oscillate between two
states; a damping of 0.5 prevents it.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.models.crf.kernels import Kernel

__all__ = ["MeanField", "Pairwise", "free_energy", "mean_field", "solve"]

Array = NDArray[np.float32]
_SMALLEST = 1e-12


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
    unary = np.log(np.maximum(probabilities, _SMALLEST)).astype(np.float32)
    degrees = [_degrees(term.kernel, len(unary)) for term in terms]
    q = _softmax(unary)
    messages = _messages(q, terms)
    energies = [_energy(q, unary, messages, terms, degrees)]
    for done in range(iterations):
        wanted = unary.copy()
        for message, term in zip(messages, terms, strict=True):
            wanted += np.float32(term.weight) * message
        new = _softmax(wanted)
        q = new if not damping else np.float32(1 - damping) * new + np.float32(damping) * q
        messages = _messages(q, terms)
        energies.append(_energy(q, unary, messages, terms, degrees))
        yield done + 1
    return MeanField(q, tuple(energies))


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
    unary = np.log(np.maximum(probabilities, _SMALLEST)).astype(np.float32)
    degrees = [_degrees(term.kernel, len(unary)) for term in terms]
    return _energy(q, unary, _messages(q, terms), terms, degrees)


def _messages(q: Array, terms: Sequence[Pairwise]) -> list[Array]:
    return [term.kernel.apply(q) for term in terms]


def _energy(
    q: Array,
    unary: Array,
    messages: Sequence[Array],
    terms: Sequence[Pairwise],
    degrees: Sequence[float],
) -> float:
    own = float((q * (np.log(np.maximum(q, _SMALLEST)) - unary)).sum(dtype=np.float64))
    for message, term, degree in zip(messages, terms, degrees, strict=True):
        own += 0.5 * term.weight * (degree - float((q * message).sum(dtype=np.float64)))
    return own


def _degrees(kernel: Kernel, n: int) -> float:
    """Return the sum of all entries of the normalised kernel."""
    return float(kernel.apply(np.ones((n, 1), np.float32)).sum(dtype=np.float64))


def _softmax(scores: Array) -> Array:
    found: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
    found /= found.sum(axis=1, keepdims=True)
    return found
