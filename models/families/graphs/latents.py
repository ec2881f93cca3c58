"""Gaussian latents and bits that are said from them, for autoencoders of graphs."""

import math

import torch
from torch import Tensor

__all__ = ["bounded", "divergence", "drawn", "law_of", "leaning", "log_bits", "warmed"]

_WIDEST = 5.0  # |log std| of a latent stays below it
_NARROW = 1.0  # how much less than 0 it is at first: latents say something from the start
_SUREST = 0.999  # a bit leans no further


def law_of(said: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and log std of a Gaussian, from what a network says of it, (..., 2 k)."""
    mean, spread = said.chunk(2, dim=-1)
    return mean, bounded(spread - _NARROW)


def bounded(spread: Tensor) -> Tensor:
    """Return log stds that stay small, from any numbers."""
    return _WIDEST * torch.tanh(spread / _WIDEST)


def divergence(mean: Tensor, log_std: Tensor) -> Tensor:
    """Return KL(N(mean, std^2) | N(0, 1)) of each number, in nats (Kingma and Welling 2014,
    arXiv:1312.6114, appendix B).
    """
    return 0.5 * (mean.square() + (2.0 * log_std).exp() - 1.0) - log_std


def leaning(odds: Tensor) -> Tensor:
    """Return which way bits lean, 2 p - 1, by the log odds of 1; they are never quite sure."""
    return _SUREST * torch.tanh(0.5 * odds)


def log_bits(lean: Tensor, bits: Tensor) -> Tensor:
    """Return log p of bits of -1 and 1, in nats, that lean 2 p - 1."""
    return torch.log1p(lean * bits.sign()) - math.log(2.0)


def drawn(lean: Tensor, uniform: Tensor) -> Tensor:
    """Return bits of -1 and 1, (n, k), that are 1 where uniform numbers are below p."""
    return torch.where(uniform < 0.5 * (1.0 + lean), 1.0, -1.0)


def warmed(done: int, horizon: int, share: float) -> float:
    """Return the factor of beta at a step, which rises from 0 to 1 during a fraction of the
    training (Sonderby et al. 2016, arXiv:1602.02282, section 2.2).
    """
    return 1.0 if share == 0.0 else min(1.0, done / max(1.0, share * horizon))
