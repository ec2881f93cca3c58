"""Null models that learn nothing: they repeat, mix or look up the training data.

A claim that something learns or generates runs them next to the model, and they must miss its line.
Rows are tensors (n, d) in data units; each function returns n new rows for a seed. Importing this
module registers nothing.
"""

import math

import torch
from torch import Tensor

from pushforward.models.tensors import make_generator
from pushforward.verify.sample_tests import find_neighbours

__all__ = [
    "copy_rows",
    "mix_with_neighbours",
    "sample_annulus",
    "sample_centres",
    "sample_marginals",
    "turn_ring",
]

_STREAM = 3320


def copy_rows(train: Tensor, n: int, seed: int) -> Tensor:
    """Return n training rows without repetition; with repetition where there are fewer than n."""
    return train[_choose(train, n, seed)]


def mix_with_neighbours(train: Tensor, n: int, seed: int, share: float = 0.5) -> Tensor:
    """Return n training rows, each moved by a share of the way to its nearest training row."""
    rows = _choose(train, n, seed)
    near = train[find_neighbours(train[rows], train, 2)[1][:, 1]]
    return train[rows] + share * (near - train[rows])


def sample_marginals(train: Tensor, n: int, seed: int) -> Tensor:
    """Return n rows whose coordinates are those of training rows, each drawn independently."""
    rng = make_generator(seed, _STREAM)
    rows = torch.randint(len(train), (n, train.shape[1]), generator=rng)
    found: Tensor = train.gather(0, rows)
    return found


def sample_annulus(train: Tensor, n: int, seed: int) -> Tensor:
    """Return n points (n, 2) at the radii of training points and uniform angles: no modes."""
    rng = make_generator(seed, _STREAM)
    centre = train.mean(dim=0)
    rows = torch.randint(len(train), (n,), generator=rng)
    radius = (train[rows] - centre).norm(dim=1, keepdim=True)
    angle = 2.0 * math.pi * torch.rand((n, 1), generator=rng)
    found: Tensor = centre + radius * torch.cat([angle.cos(), angle.sin()], dim=1).to(train)
    return found


def turn_ring(train: Tensor, n: int, seed: int, modes: int) -> Tensor:
    """Return n training points (n, 2), turned by half the angle between two modes."""
    angle = math.pi / modes
    turn = train.new_tensor(
        [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
    )
    centre = train.mean(dim=0)
    turned: Tensor = centre + (copy_rows(train, n, seed) - centre) @ turn
    return turned


def sample_centres(centres: Tensor, n: int, seed: int) -> Tensor:
    """Return n points that all lie at a centre (k, d), chosen uniformly."""
    return centres[torch.randint(len(centres), (n,), generator=make_generator(seed, _STREAM))]


def _choose(train: Tensor, n: int, seed: int) -> Tensor:
    rng = make_generator(seed, _STREAM)
    if n > len(train):
        return torch.randint(len(train), (n,), generator=rng)
    return torch.randperm(len(train), generator=rng)[:n]
