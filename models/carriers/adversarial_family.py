"""What families share whose generator follows a critic."""

from collections.abc import Mapping
from typing import TypeVar, Unpack

from torch import Tensor

from pushforward.models.carriers.generator_family import GeneratorFamily
from pushforward.models.carriers.generator_settings import GeneratorOptimizer, GeneratorSettings
from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Rows
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.fields.adversarial import LossSetting, warn_of
from pushforward.models.fields.critic import Critic
from pushforward.models.fields.critic_settings import (
    CentreSetting,
    CriticOptimizer,
    CriticSteps,
    PenaltySetting,
    PlaceSetting,
)
from pushforward.models.fields.critic_setup import build_critic, critic_layers, retune_critic
from pushforward.models.fields.rescalings import RescalingSetting, ShiftSetting
from pushforward.models.nets.settings import CriticNet
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["AdversarialFamily", "AdversarialSettings"]

# A stream of the seed (`models.tensors.make_generator`).
_CRITIC = 1
_ADAM = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")


class AdversarialSettings(GeneratorSettings, frozen=True):
    """Settings of a critic and of the generator that follows it."""

    loss: LossSetting = "logistic"
    rescaling: RescalingSetting = "non-saturated"
    shift: ShiftSetting = 0.0
    penalty: PenaltySetting = 0.1
    centre: CentreSetting = 0.0
    place: PlaceSetting = "between"
    critic_steps: CriticSteps = 1
    critic: CriticNet = Pick()
    critic_optimizer: CriticOptimizer = _ADAM
    generator_optimizer: GeneratorOptimizer = _ADAM


C = TypeVar("C", bound=AdversarialSettings)


class AdversarialFamily(GeneratorFamily[C]):
    """A generator that follows the rescaled gradient of a critic."""

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.layers = critic_layers(self.layers, config.loss)
        self.field: Critic = build_critic(self, config, stream=_CRITIC)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "field": self.field}

    def done(self) -> int:
        # The critic's steps are those of the training; it has made one more by the time the
        # generator follows.
        return self.field.trained.count - 1

    def _critic_is_ready(self) -> bool:
        """Whether the critic has made its steps, so that the generator moves."""
        return self.field.trained.count % self.config.critic_steps == 0

    def retune(self, config: C) -> None:
        retune_critic(self.field, config)
        super().retune(config)

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def critic(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return d(x); for the logistic loss it estimates log p/q."""
        return self.field.value(x)
