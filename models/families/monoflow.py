"""MonoFlow: a GAN without a generator; field = critic, carrier = free particles."""

from collections.abc import Mapping
from typing import Annotated, Unpack

from torch import Tensor

from pushforward.models.carriers.population_family import PopulationFamily
from pushforward.models.carriers.population_settings import (
    Noise,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
    StartWidth,
)
from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.contracts.learner import LayerFunction, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
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
from pushforward.models.nets.earlier import networks_as_picks
from pushforward.models.nets.settings import CriticNet
from pushforward.models.registry import family
from pushforward.models.training.optim import OptimizerConfig

__all__ = ["MonoFlow", "MonoFlowConfig"]

# A stream of the seed (`models.tensors.make_generator`).
_CRITIC = 0


class MonoFlowConfig(Config, frozen=True):
    """Settings of a MonoFlow. Lengths are relative to standardised data."""

    population: PopulationSize = 1024
    start: StartLaw = "gaussian"
    start_width: StartWidth = 1.0
    loss: LossSetting = "logistic"
    rescaling: RescalingSetting = "logit"
    shift: ShiftSetting = 0.0
    speed: Speed = 0.01
    noise: Noise = 0.0
    reach: Reach = 1.0
    critic_steps: CriticSteps = 1
    penalty: PenaltySetting = 0.1
    centre: CentreSetting = 0.0
    place: PlaceSetting = "between"
    critic: CriticNet = Pick()
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5)
    conditional: ConditionalSetting = False


@family(
    "monoflow",
    config=MonoFlowConfig,
    capabilities=("critic", "population"),
    field="critic",
    carrier="particles",
    version=2,
    upgrade=networks_as_picks,
)
class MonoFlow(PopulationFamily[MonoFlowConfig]):
    """field = critic, carrier = free particles that move during the training."""

    def __init__(
        self, config: MonoFlowConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.layers = critic_layers(self.layers, config.loss)
        self.field: Critic = build_critic(self, config, stream=_CRITIC, climbs="particle")

    def start_width(self) -> float:
        return self.config.start_width

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "field": self.field}

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        scene = {"real": real.x, "particles": self.carrier.x}
        yield "draw", scene
        metrics = self.field.fit(real, self.carrier.draw(len(real)), None)
        yield "fit", scene
        if self.field.trained.count % self.config.critic_steps == 0:
            scene = {**scene, "velocity": self.field.velocity(self.carrier.rows)}
            yield "velocity", scene
            metrics |= self.carrier.move(scene["velocity"])
            yield "move", {**scene, "moved": self.carrier.x}
        return metrics

    def retune(self, config: MonoFlowConfig) -> None:
        retune_critic(self.field, config)
        super().retune(config)

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def critic(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return d(x); for the logistic loss it estimates log p/q."""
        return self.field.value(x)

    @property
    def layer_functions(self) -> Mapping[str, LayerFunction]:
        return {
            "critic": self.critic,
            "rescaling": lambda x, t: self.field.rescaling.slope(self.critic(x, t)),
            "next-move": lambda x, t: self.carrier.speed * self.field.velocity(x),
        }
