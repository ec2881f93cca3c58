"""Base of all families whose carrier is a population of particles, for any field."""

from collections.abc import Mapping
from typing import Protocol, TypeVar, Unpack

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.population import Population
from pushforward.models.carriers.starts import StartName, initial_positions
from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.base import Field
from pushforward.models.tensors import make_generator

__all__ = ["PopulationFamily", "PopulationSettings"]


_CONDITIONS = 3950  # stream of the seed for what is given of each particle
C = TypeVar("C", bound=Config)


class PopulationSettings(Protocol):
    """What is read of a family's settings (see `models.carriers.population_settings`)."""

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


class PopulationFamily(Carried, Family[C]):
    """Free particles that a field moves during the training; a subclass makes the field, and its
    config satisfies `PopulationSettings`.
    """

    field: Field
    carrier: Population

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        settings: PopulationSettings = config  # type: ignore[assignment]
        n = settings.population
        x = initial_positions(settings.start, n, spec.shape, self.seed, self.start_width())
        start = Batch(x, *spec.conditions(n, make_generator(self.seed, _CONDITIONS)))
        self.carrier = Population(
            start.holding(start.zeroed(x)).to(self.device),
            speed=settings.speed,
            noise=settings.noise,
            reach=settings.reach,
            generator=self.noise,
        )

    def start_width(self) -> float:
        """Return how wide the particles start, in standard deviations of the data."""
        return 1.0

    @property
    def population(self) -> int:
        """How many particles there are."""
        return len(self.carrier)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"carrier": self.carrier}

    def retune(self, config: C) -> None:
        settings: PopulationSettings = config  # type: ignore[assignment]
        self.carrier.speed = settings.speed
        self.carrier.noise = settings.noise
        self.carrier.reach = settings.reach
