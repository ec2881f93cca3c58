"""The variational bound of a diffusion with Gaussian noise and a Gaussian prior."""

import torch
from torch import Tensor

from pushforward.models.bound import continuous_bound
from pushforward.models.contracts.abilities import HasDenoiser
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.denoisers.densities import LogUniform
from pushforward.models.tensors import make_generator

__all__ = ["GaussianBound"]

_LEVELS = 32  # noise levels per row
_NOISE = 19  # a fixed seed, so that a model has one bound


class GaussianBound:
    """Mixin of a family with a denoiser of data + s eps and the prior N(0, 1 + s_max^2)."""

    @torch.no_grad()
    def log_prob_bound(self: HasDenoiser, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,): the variational one of infinitely many
        steps, estimated at 32 levels a row, by noise that is the same in each call.
        """
        rows = Batch.of(x)
        law = LogUniform(*self.noise_range)
        noise = make_generator(_NOISE)
        return -continuous_bound(self.denoiser(rows), rows, law, _LEVELS, noise).total
