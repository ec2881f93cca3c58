"""Power-function averages: their weights of the past, and how any of them is computed from others.

An average over t training steps of exponent g gives the weights of step tau the density
p_g(tau; t) = (g + 1) tau^g / t^(g + 1), 0 <= tau <= t (Karras et al. 2024, arXiv:2312.02696,
section 3.1): it reaches back in proportion to t, and forgets where the training began. Its *length*
is the standard deviation of p_g over t, sqrt(g + 1) / ((g + 2) sqrt(g + 3)).

Averages that were kept at some steps are a basis: the combination whose density comes nearest to
that of another length, in least squares, is that length to good accuracy (section 3.2, appendix C).
Here it is the nearest among those whose weights sum to 1, so that numbers that never changed stay
what they are however few averages were kept; the paper keeps so many that it makes no difference.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["LONGEST", "Combination", "combination", "exponent", "inner", "length_of"]

LONGEST = 1 / math.sqrt(12)
"""The length of the plain mean over all steps; longer ones would count the beginning most."""


@dataclass(frozen=True)
class Combination:
    """What to take of each average that was kept.

    Attributes:
        weights: one for each, (k,), float64; they sum to 1.
        error: how far the density that they make is from the one wanted, over the norm of that.
    """

    weights: Tensor
    error: float


def length_of(power: float) -> float:
    """Return the length of an exponent of at least 0."""
    return math.sqrt((power + 1) / (power + 3)) / (power + 2)


def exponent(length: float) -> float:
    """Return the exponent of a length, by bisection: lengths fall as exponents rise.

    Raises:
        ValueError: the length is not in (0, 12^(-1/2)].
    """
    if not 0.0 < length <= LONGEST * (1 + 1e-12):
        raise ValueError(f"must be above 0 and at most {LONGEST:.3f}, not {length:g}")
    low, high = 0.0, 1.0 / length  # length_of(g) < 1/g
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if length_of(middle) > length else (low, middle)
    return low


def inner(power: Tensor, step: Tensor, power2: Tensor, step2: Tensor) -> Tensor:
    """Return the inner product of two densities, the integral of p_g(tau; t) p_h(tau; u), which is
    (g+1)(h+1)/(g+h+1) min(t,u)^(g+h+1) / (t^(g+1) u^(h+1)) (appendix C).

    Args:
        power: the exponent g of one, float64; all shapes broadcast.
        step: its step t, positive.
        power2: the exponent h of the other.
        step2: its step u.
    """
    a, b = step.log(), step2.log()
    both = power + power2 + 1
    scale = (power + 1) * (power2 + 1) / both
    return scale * (both * torch.minimum(a, b) - (power + 1) * a - (power2 + 1) * b).exp()


def combination(powers: Tensor, steps: Tensor, power: float, step: float) -> Combination:
    """Return how the average of an exponent at a step is made of kept ones.

    Args:
        powers: exponents of the kept averages, (k,).
        steps: at which they were kept, (k,).
        power: the exponent of the one wanted.
        step: the step that it is wanted at.
    """
    powers, steps = powers.double(), steps.double()
    wanted = torch.tensor(power).double(), torch.tensor(step).double()
    gram = inner(powers[:, None], steps[:, None], powers, steps)
    aim = inner(powers, steps, *wanted)
    size = inner(*wanted, *wanted)
    # In units of their norms; the last row and column are the multiplier of the sum.
    norm = gram.diagonal().sqrt()
    system = torch.ones(len(powers) + 1, len(powers) + 1, dtype=torch.float64)
    system[:-1, :-1] = gram / (norm[:, None] * norm)
    system[-1, :-1] = system[:-1, -1] = 1 / norm / (1 / norm).max()
    system[-1, -1] = 0.0
    right = torch.cat([aim / norm, (1 / (1 / norm).max()).reshape(1)])
    solved = torch.linalg.lstsq(system, right[:, None], driver="gelsd").solution[:-1, 0]
    weights = solved / norm
    weights = weights / weights.sum()
    off = size - 2 * (aim @ weights) + weights @ gram @ weights
    return Combination(weights, float((off.clamp(min=0.0) / size).sqrt()))
