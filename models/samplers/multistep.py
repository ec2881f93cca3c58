"""Weights of multistep methods: what a polynomial through earlier answers comes to over a step.

A method that remembers takes the polynomial through its answers, in some variable, and integrates
it over the step against what the ODE multiplies it by. Variable and integrand tell the methods
apart (`models.samplers.deis`, `lms`, `unipc`); this is the integral. Registers nothing.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from pushforward.models.samplers.base import Evaluation

__all__ = ["added", "integrated", "moved"]

# Exact for the polynomials, and to rounding for an exponential over a step that noise falls by a
# factor of 1e6 in; a recursion for the exponential's moments would cancel in short steps.
_NODES, _WEIGHTS = (array.astype(np.float64) for array in np.polynomial.legendre.leggauss(24))
_NODES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2


def integrated(
    places: Sequence[float], factor: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, ...]:
    """Return the integrals over t in [0, 1] of factor(t) l_j(t), one for each place.

    Args:
        places: different values of t where answers are known; 0 is the start of the step and 1 its
            end.
        factor: what the interpolating polynomial is multiplied by, elementwise.

    l_j is the Lagrange polynomial that is 1 at place j and 0 at the others, so that the weighted
    sum of the answers is the integral of the polynomial through them.
    """
    weighted = _WEIGHTS * factor(_NODES)
    found = []
    for j, place in enumerate(places):
        basis = np.ones_like(_NODES)
        for i, other in enumerate(places):
            if i != j:
                basis *= (_NODES - other) / (place - other)
        found.append(float(weighted @ basis))
    return tuple(found)


def added(x: Tensor, terms: Iterable[Tensor], weights: Iterable[float]) -> Tensor:
    """Return x + sum_j weights_j terms_j, all (n, *shape)."""
    for weight, term in zip(weights, terms, strict=True):
        x = torch.add(x, term, alpha=weight)
    return x


def moved(x: Tensor, recent: Sequence[Evaluation], weights: Sequence[float]) -> Tensor:
    """Return x + sum_j weights_j eps_j, (n, *shape), with the predicted noise of evaluations,
    eps = (x - D)/s.
    """
    each = [weight / e.s for weight, e in zip(weights, recent, strict=True)]
    return added(x, [e.gap for e in recent], each)
