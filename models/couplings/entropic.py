"""Entropic transport: the pairing of a Schrödinger bridge, by Sinkhorn's algorithm."""

import math

import torch
from torch import Tensor

__all__ = ["bridge_pairs", "entropic_plan"]

_ROUNDS, _INNER = 40, 10
_SCALING = 4.0
_TOLERANCE = 1e-3  # of the marginals; the pairs of a batch are a draw from the plan


def entropic_plan(cost: Tensor, regularisation: float) -> Tensor:
    """Return the plan between two even laws on n points each that is the cheapest once its entropy
    is paid for: min <P, C> + r KL(P | 1), (n, n) float64, rows and columns summing to 1/n.

    Sinkhorn's algorithm, whose scalings are absorbed into potentials in the log domain every few
    rounds, so that no small r underflows, and which comes to a small r by way of larger ones
    (Schmitzer 2019, arXiv:1610.06519, algorithms 2 and 3; Peyré and Cuturi 2019, arXiv:1803.00567,
    section 4.4). It is computed where the cost is; each round reads one number, whether it is done.

    Args:
        cost: (n, n), on a device that has float64.
        regularisation: r > 0.
    """
    cost = cost.double()
    columns, r = cost.new_zeros(len(cost)), max(regularisation, float(cost.max()))
    while True:
        columns, plan = _balanced(cost, columns, r)
        if r == regularisation:
            return plan
        r = max(regularisation, r / _SCALING)


def _balanced(cost: Tensor, columns: Tensor, r: float) -> tuple[Tensor, Tensor]:
    """Return the potentials (n,) of the columns and the plan (n, n), from those of a larger r."""
    n = len(cost)
    even, log_n = 1.0 / n, math.log(n)
    for _ in range(_ROUNDS):
        rows = -r * (torch.logsumexp((columns - cost) / r, dim=1) + log_n)
        columns = -r * (torch.logsumexp((rows[:, None] - cost) / r, dim=0) + log_n)
        kernel = torch.exp((rows[:, None] + columns - cost) / r)
        u, v = cost.new_ones(n), cost.new_ones(n)
        for _ in range(_INNER):
            u = even / (kernel @ v)
            v = even / (kernel.T @ u)
        columns = columns + r * v.log()
        if float((u * (kernel @ v) * n - 1.0).abs().max()) <= _TOLERANCE:
            break
    return columns, u[:, None] * kernel * v


def bridge_pairs(cost: Tensor, generator: torch.Generator, spread: float) -> Tensor:
    """Return which noise goes with each datum, (n,) int64: one drawn for each from the entropic
    plan of a Schrödinger bridge whose path has standard deviation ``spread`` sqrt(t (1 - t)).

    The static bridge is the plan of squared distances with r = 2 spread^2 (Tong et al. 2024,
    arXiv:2302.00482, proposition 3.5 and section 3.2.4).

    Args:
        cost: squared distance of each datum (a row) to each noise, (n, n), on any device.
        generator: on the CPU or on the device of a training.
        spread: > 0.
    """
    # An Apple GPU has no float64: there the plan is made on the CPU.
    there = torch.device("cpu") if cost.device.type == "mps" else cost.device
    plan = entropic_plan(cost.to(there), 2.0 * spread**2)
    below = plan.cumsum(dim=1)
    share = torch.rand(len(plan), generator=generator, device=generator.device).to(there).double()
    drawn = torch.searchsorted(below, share[:, None] * below[:, -1:])
    return drawn[:, 0].clamp_max(len(plan) - 1).to(cost.device)
