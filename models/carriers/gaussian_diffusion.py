"""A diffusion whose noise is Gaussian all the way to a Gaussian prior, so that it has a bound."""

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor

from pushforward.models.bound import continuous_bound
from pushforward.models.carriers.diffusion_family import DiffusionFamily
from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.state import Packed
from pushforward.models.denoisers.densities import LogUniform
from pushforward.models.tensors import make_generator

__all__ = ["GaussianDiffusion"]

C = TypeVar("C", bound=Config)
_LEVELS = 32  # at which a row is looked at
_NOISE = 19  # a seed, the same for good: one model has one bound


class GaussianDiffusion(DiffusionFamily[C]):
    """Free particles follow the denoiser of data + s eps, from N(0, 1 + s_max^2) to the data."""

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field} if isinstance(self.field, Packed) else {}

    @torch.no_grad()
    def log_prob_bound(self, x: Rows) -> Tensor:
        """Return a lower bound of log p(x) in nats, (n,): the variational one of infinitely many
        steps, estimated at 32 levels a row, by noise that is the same in each call.
        """
        rows = Batch.of(x)
        law = LogUniform(*self.noise_range)
        noise = make_generator(_NOISE)
        return -continuous_bound(self.denoiser(rows), rows, law, _LEVELS, noise).total
