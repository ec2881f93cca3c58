"""Exact t-SNE of some hundred to a few thousand points in two dimensions.

Source: van der Maaten and Hinton 2008, Journal of Machine Learning Research 9, 2579-2605: eqs. 1
(with the bandwidth of each point by its perplexity), 4 and 5, early exaggeration and momentum as in
its section 3.4. The cost grows with the square of the number of points; a library would add a
dependency for what is one matrix.
"""

import math
from collections.abc import Generator

import torch
from torch import Tensor

__all__ = ["affinities", "embed"]

_EXAGGERATION, _EARLY = 12.0, 100  # factor, and for how many steps
_HALVINGS = 40


def affinities(x: Tensor, perplexity: float) -> Tensor:
    """Return the symmetric probabilities p_ij of points x (n, k), (n, n), that add up to 1."""
    n = len(x)
    squares = torch.cdist(x.double(), x.double()).square()
    squares.fill_diagonal_(torch.inf)
    low, high = torch.zeros(n, dtype=torch.float64), torch.full((n,), torch.inf).double()
    beta = 1.0 / squares.masked_fill(squares.isinf(), 0.0).mean(dim=1).clamp_min(1e-12)
    goal = math.log(min(perplexity, (n - 1) / 3.0))
    for _ in range(_HALVINGS):
        p = (-beta[:, None] * (squares - squares.amin(dim=1, keepdim=True))).softmax(dim=1)
        entropy = -torch.xlogy(p, p).sum(dim=1)
        low = torch.where(entropy > goal, beta, low)
        high = torch.where(entropy > goal, high, beta)
        beta = torch.where(high.isinf(), 2.0 * beta, (low + high.nan_to_num(posinf=0.0)) / 2.0)
    return ((p + p.T) / (2.0 * n)).float()


def embed(
    x: Tensor, start: Tensor, *, perplexity: float = 30.0, steps: int = 400
) -> Generator[int, None, Tensor]:
    """Return places (n, 2) of points x (n, k), beginning at ``start`` (n, 2); yields each step."""
    p = affinities(x, perplexity).clamp_min(1e-12)
    n = len(x)
    y = 1e-2 * start / start.std().clamp_min(1e-12)
    moved, gains = torch.zeros_like(y), torch.ones_like(y)
    rate = max(50.0, n / _EXAGGERATION)
    for step in range(steps):
        q = 1.0 / (1.0 + torch.cdist(y, y).square())
        q.fill_diagonal_(0.0)
        exaggerated = p * (_EXAGGERATION if step < _EARLY else 1.0)
        weight = (exaggerated - q / q.sum()) * q
        slope = 4.0 * (weight.sum(dim=1, keepdim=True) * y - weight @ y)
        same = slope.sign() == moved.sign()
        gains = torch.where(same, 0.8 * gains, gains + 0.2).clamp_min(0.01)
        moved = (0.5 if step < _EARLY else 0.8) * moved - rate * gains * slope
        y = y + moved
        y = y - y.mean(dim=0)
        yield step
    return y
