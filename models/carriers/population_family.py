"""What all families share whose carrier is a population, whatever the field."""

from collections.abc import Iterator
from typing import Any, Protocol

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, State
from models.carriers.population import Population, StartName, initial_positions
from models.fields.base import Field
from models.tensors import make_generator
from models.training.state import pack_generator, unpack_generator

__all__ = ["PopulationFamily", "PopulationSettings"]


class PopulationSettings(Protocol):
    """What is read of a family's settings (see `models.carriers.population`)."""

    @property
    def population(self) -> int: ...
    @property
    def start(self) -> StartName: ...
    @property
    def speed(self) -> float: ...
    @property
    def noise(self) -> float: ...
    @property
    def reach(self) -> float: ...


class PopulationFamily(Family):
    """Free particles that a field moves during the training; a subclass makes the field.

    Args:
        stream: of the seed, for the noise.
        start_width: how wide the particles start.
    """

    field: Field

    def __init__(
        self,
        config: PopulationSettings,
        spec: DataSpec,
        *,
        seed: int,
        stream: int,
        device: torch.device,
        start_width: float = 1.0,
    ) -> None:
        self.spec = spec
        self.device = device
        self._noise = make_generator(seed, stream, device)
        start = initial_positions(config.start, config.population, spec.shape, seed, start_width)
        self.carrier = Population(
            start.to(device),
            speed=config.speed,
            noise=config.noise,
            reach=config.reach,
            generator=self._noise,
        )

    @property
    def population(self) -> int:
        """How many particles there are."""
        return len(self.carrier)

    def _retune(self, config: PopulationSettings) -> None:
        """Take over the population's live settings."""
        self.carrier.speed = config.speed
        self.carrier.noise = config.noise
        self.carrier.reach = config.reach

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """Return where the first n particles started, fewer if there are fewer."""
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

    def state(self) -> State:
        state = State({})
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)
