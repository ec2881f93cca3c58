"""Pairing a batch of data with noise, by the name of a coupling.

A flow is taught on lines from a noise z to a datum x. Which z goes with which x is a choice: any
joint law of the two whose marginals are those of noise and data gives a flow from one to the other
(Liu et al. 2022, arXiv:2209.03003, theorem 3.3; Tong et al. 2024, arXiv:2302.00482, theorem 3.1).
Independent draws make lines that cross, and a flow that bends; near ones make it straighter.
"""

from typing import Literal

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.couplings.entropic import bridge_pairs
from pushforward.models.couplings.minibatch_ot import cheapest
from pushforward.models.tensors import noise_like

__all__ = ["CouplingName", "coupled_noise", "squared_distances"]

CouplingName = Literal["independent", "minibatch-ot", "schroedinger"]


def coupled_noise(
    name: CouplingName, real: Batch, generator: torch.Generator, spread: float
) -> Batch:
    """Return a noise for each row, x (n, *shape), unit Gaussian over a batch and 0 where a place is
    padded, under the conditions of its row.

    Args:
        name: of the coupling.
        real: the data.
        generator: of the training.
        spread: of the bridge; see `bridge_pairs`.
    """
    noise = noise_like(real.x, generator)
    if name == "independent":
        return real.holding(real.zeroed(noise))
    cost = squared_distances(real, noise)
    chosen = cheapest(cost) if name == "minibatch-ot" else bridge_pairs(cost, generator, spread)
    return real.holding(real.zeroed(noise[chosen]))


def squared_distances(real: Batch, noise: Tensor) -> Tensor:
    """Return |x_i - z_j|^2 over the real places of row i, (n, m).

    Args:
        real: x (n, *shape).
        noise: (m, *shape).
    """
    x, z = real.x.flatten(1), noise.flatten(1)
    here = real.zeroed(torch.ones_like(real.x)).flatten(1)
    squares = here @ z.square().T - 2.0 * x @ z.T + x.square().sum(dim=1, keepdim=True)
    return squares.clamp_min(0.0)
