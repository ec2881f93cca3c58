"""GAN: field = critic, carrier = generator."""

from collections.abc import Mapping
from typing import Annotated, Unpack

from torch import Tensor

from pushforward.models.carriers.generator_family import GeneratorFamily
from pushforward.models.carriers.generator_settings import (
    FollowSpeed,
    FollowSteps,
    GeneratorAveraging,
    GeneratorOptimizer,
    LatentSize,
)
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Rows
from pushforward.models.contracts.learner import Look, Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.contracts.told_settings import ConditionalSetting
from pushforward.models.fields.adversarial import LossSetting, warn_of
from pushforward.models.fields.critic import Critic
from pushforward.models.fields.critic_settings import (
    CentreSetting,
    CriticSteps,
    PenaltySetting,
    PlaceSetting,
)
from pushforward.models.fields.critic_setup import build_critic, critic_layers, retune_critic
from pushforward.models.fields.rescalings import RescalingSetting, ShiftSetting
from pushforward.models.nets.earlier import gan_by_log_ratio
from pushforward.models.nets.settings import CriticNet, GeneratorNet
from pushforward.models.registry import family
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["Gan", "GanConfig"]

# A stream of the seed (`models.tensors.make_generator`).
_CRITIC = 1


class GanConfig(Config, frozen=True):
    """Settings of a generative adversarial network."""

    loss: LossSetting = "logistic"
    rescaling: RescalingSetting = "non-saturated"
    shift: ShiftSetting = 0.0
    penalty: PenaltySetting = 0.1
    centre: CentreSetting = 0.0
    place: PlaceSetting = "between"
    critic_steps: CriticSteps = 1
    generator_steps: FollowSteps = 1
    speed: FollowSpeed = 1.0
    latent: LatentSize = 16
    generator: GeneratorNet = Pick()
    critic: CriticNet = Pick(config={"activation": "leaky-relu"})
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    ema: GeneratorAveraging = 0.99
    conditional: ConditionalSetting = False


@family(
    "gan",
    config=GanConfig,
    capabilities=("critic", "latent"),
    field="critic",
    carrier="generator",
    version=3,
    upgrade=gan_by_log_ratio,
)
class Gan(GeneratorFamily[GanConfig]):
    """field = critic, carrier = generator."""

    def __init__(self, config: GanConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
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

    def _follows(self) -> bool:
        return self.field.trained.count % self.config.critic_steps == 0

    def retune(self, config: GanConfig) -> None:
        retune_critic(self.field, config)
        super().retune(config)

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def critic(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return d(x); for the logistic loss it estimates log p/q."""
        return self.field.value(x)

    @property
    def looks(self) -> Mapping[str, Look]:
        return {
            "critic": self.critic,
            "rescaling": lambda x, t: self.field.rescaling.slope(self.critic(x, t)),
            "next-move": self.field.velocity,
        }
