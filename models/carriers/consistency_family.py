"""What all families share whose particles go from noise to data in one step."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar, Unpack

import torch

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.particles import Particles
from pushforward.models.config import Config
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.consistency import ConsistencyField
from pushforward.models.samplers.consistency import Multistep
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["ConsistencyFamily", "ConsistencySettings"]

C = TypeVar("C", bound=Config)


class ConsistencySettings(Protocol):
    """What is read of a family's settings."""

    @property
    def optimizer(self) -> OptimizerConfig: ...


class ConsistencyFamily(Carried, Family[C]):
    """Free particles along a consistency function; a subclass makes the field, and says what it is
    taught by. Its config satisfies `ConsistencySettings`.
    """

    field: ConsistencyField
    carrier: Particles

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.carrier = Particles(spec, self.device, Multistep())

    @classmethod
    def evaluations(cls, config: C, sampler: Any = None) -> int | None:
        return int((sampler or Multistep()).nfe())

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    def retune(self, config: C) -> None:
        settings: ConsistencySettings = config  # type: ignore[assignment]
        self.field.trained.optimizer.config = settings.optimizer

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.sampled(self.field, latents, generator=generator, sampler=sampler)

    def consistency(self, like: Batch | None = None) -> Denoise:
        """Return the averaged f(x, s)."""
        return self.field.denoiser(like)
