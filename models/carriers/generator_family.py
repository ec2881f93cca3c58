"""Base of all families whose carrier is a generator, for any field."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, Unpack

from torch import Tensor, nn

from pushforward.models.carriers.carried_family import Carried
from pushforward.models.carriers.generator import Generator
from pushforward.models.carriers.generator_settings import GeneratorSettings
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Training, Walk, finish
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.base import Field
from pushforward.models.nets import role
from pushforward.models.nets.pick import build

__all__ = ["GeneratorFamily"]

_GENERATOR = 0  # stream of the seed; subclasses use 1 and those from 3 on
C = TypeVar("C", bound=GeneratorSettings)


class GeneratorFamily(Carried, Family[C]):
    """A generator that follows a field; a subclass makes the field."""

    NOISE: ClassVar[int] = 2
    field: Field
    carrier: Generator

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        net = self.pushing(
            build(config.generator, spec, role.generator(config.latent), self.weights(_GENERATOR))
        )
        self.carrier = Generator(
            net.to(self.device),
            spec=spec,
            latent=self.latent_size(),
            device=self.device,
            optimizer=config.generator_optimizer,
            horizon=self.generator_horizon(),
            clock=self.done,
            decay=config.ema,
            steps=config.generator_steps,
            speed=config.speed,
            execution=self.execution,
        )

    @classmethod
    def evaluations(cls, config: C, sampler: Any = None) -> int | None:
        return 1

    def pushing(self, net: nn.Module) -> nn.Module:
        """Return what pushes latents, of the network that was picked."""
        return net

    def latent_size(self) -> int:
        """Return how many numbers it reads of a latent."""
        return self.config.latent

    @abstractmethod
    def done(self) -> int:
        """Return how many steps of the generator's schedule are done as it follows."""

    def generator_horizon(self) -> int:
        """Return how many steps that schedule has."""
        return self.horizon

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"carrier": self.carrier}

    @abstractmethod
    def training_step(self, real: Batch, *, shown: bool) -> Walk:
        """Do one training step in stages; see `Learner.walk`.

        Args:
            real: the batch.
            shown: whether the stages are displayed, which costs a second pass of the generator.
        """

    def walk(self, batch: Rows) -> Walk:
        return self.training_step(Batch.of(batch), shown=True)

    def step(self, batch: Rows) -> dict[str, Tensor]:
        return finish(self.training_step(Batch.of(batch), shown=False))

    def retune(self, config: C) -> None:
        self.carrier.trained.optimizer.config = config.generator_optimizer
        self.carrier.steps = config.generator_steps
        self.carrier.speed = config.speed

    def push(self, z: Rows) -> Tensor:
        """Return g(z) by the averaged weights."""
        return self.carrier.push(z)
