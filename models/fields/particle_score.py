"""The score of the particles themselves: known by a formula, or learned as they move."""

from typing import Protocol

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, by_parts
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.denoisers.denoiser import Denoiser
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["OwnScore", "ParticleScore"]


class OwnScore(Protocol):
    """Who knows the score of the particles: a network that learns it, or a formula."""

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D_q(x, s) for rows like these: x (n, *shape), s (n,) or 0-d."""
        ...

    def fit(self, particles: Batch, noised: Batch, level: Tensor) -> dict[str, Tensor]:
        """Learn from particles, x (B, *shape), and what they are with noise of levels (B,)."""
        ...


class ParticleScore(TrainedPart[Denoiser]):
    """A denoiser that follows the particles; an `OwnScore`.

    Its weights are not averaged: the particles move on, and it must not lag behind.

    Args:
        denoiser: what is trained, already on its device.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        execution: how the network is run.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        *,
        optimizer: OptimizerConfig,
        horizon: int,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(denoiser, optimizer, horizon, execution=execution, name="denoiser")

    @torch.no_grad()
    def denoise(self, rows: Batch, s: Tensor) -> Tensor:
        """Return D_q(x, s): x (n, *shape), s (n,) or 0-d."""
        return by_parts(self.trained.net, rows, s.expand(len(rows)))

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return D_q(x, s) for rows like these: x (n, *shape), s (n,) or 0-d."""
        return lambda x, s: self.denoise(Batch(x) if like is None else like.holding(x), s)

    def fit(self, particles: Batch, noised: Batch, level: Tensor) -> dict[str, Tensor]:
        """Do one step on E |D_q(x + s eps, s) - x|^2; returns this "loss".

        It is not weighted, as in the paper: the levels stop well above zero.
        """
        places = noised.places()

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            part, at, real = noised.take(rows), level[rows], particles.x[rows]
            net, even = self.trained.net, torch.ones_like(at)
            return net.squared_error(part, at, real, even, places=places), {}

        return self.trained.descend(loss, len(particles))
