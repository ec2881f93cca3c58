"""A generative family: a learner that moves latents to data.

Flow time t is 0 at the prior and 1 at the data.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.schedule import Schedule

__all__ = ["Family", "Frame"]

C = TypeVar("C", bound=Config)


@dataclass(frozen=True)
class Frame:
    """Where all particles are at one flow time: t in [0, 1], x (n, *shape), standardised. Times
    never fall; several frames of one time are steps of a walk there.

    Padded places and what is given stay those of the latents. ``nfe`` counts the network
    evaluations spent so far per particle.
    """

    t: float
    x: Tensor
    nfe: int


class Family(Learner[C]):
    """A generative model in training."""

    @classmethod
    def evaluations(cls, config: C, sampler: Any = None) -> int | None:
        """Return how many evaluations of networks a sample takes under some settings, before
        anything is built; None where that follows from the training.
        """
        return None

    @classmethod
    def schedule(cls, config: C, sampler: Any = None) -> Schedule | None:
        """Return the path and the grid on it under some settings, before anything is built; None
        where there is no path of noise.
        """
        return None

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw n latents, on ``device``, from a generator of the CPU: unit Gaussian with the shape
        of the data, unless the family has others.

        Args:
            n: how many.
            generator: random numbers for the latents and for conditions without a chosen value.
            given: chosen conditions, standardised; see `DataSpec.conditions`.
        """
        x = torch.randn((n, *self.spec.shape), generator=generator)
        return Batch(x, *self.spec.conditions(n, generator, given)).to(self.device)

    @abstractmethod
    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Push latents forward, yielding frames from t=0 to t=1; the last one holds the samples.

        Uses the averaged weights where there are some, and never touches the training random
        numbers. ``sampler`` is a `models.samplers.base.Sampler` for families with a denoiser,
        ignored elsewhere. A family without a flow yields one frame at t=1.
        """
