"""MonoFlow: a GAN without a generator; field = critic, carrier = free particles."""

from typing import Annotated

import torch
from torch import Tensor

from models.base import DataSpec, Layer, Stage, State, Walk
from models.carriers.population import (
    Noise,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
    StartWidth,
)
from models.carriers.population_family import PopulationFamily
from models.config import Config, param
from models.fields.adversarial import LossSetting, warn_of
from models.fields.critic import Critic
from models.fields.critic_settings import (
    CentreSetting,
    CriticSteps,
    PenaltySetting,
    PlaceSetting,
)
from models.fields.critic_setup import build_critic, critic_layers, retune_critic
from models.fields.rescalings import RescalingSetting, ShiftSetting
from models.live import check_live
from models.nets.choose import critic_net
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageCritic
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

__all__ = ["MonoFlow", "MonoFlowConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_CRITIC, _NOISE = 0, 1
_PAPER = "Yi et al. 2023, arXiv:2302.01075"


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
    critic: Annotated[
        MLPConfig,
        param("Critic", "The network that tells data from particles.", modalities=("points",)),
    ] = MLPConfig()
    image_critic: ImageCritic = DcganConfig()
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5)


@register(
    "family",
    "monoflow",
    title="MonoFlow",
    summary="Free particles climb a critic that is learned beside them: a GAN without a generator.",
    source=f"the flow of the reverse KL, by a critic d = log p/q and h = u: {_PAPER}",
    config=MonoFlowConfig,
    modalities=("points", "images"),
    capabilities=("critic", "population"),
    # An image is as long as the square root of its pixels, and a critic held back by its penalty
    # is not steeper for that.
    defaults={"images": {"speed": 0.2, "reach": 20.0}},
    field="critic",
    carrier="particles",
    motion="dx/dτ = h′(d) ∇d,  d = log p/q",
)
class MonoFlow(PopulationFamily):
    """field = critic, carrier = free particles that move during the training."""

    layers: tuple[Layer, ...] = (
        Layer("critic", "Critic", "scalar", "log p/q", timed=False),
        Layer("rescaling", "Rescaling", "scalar", "h′(d)", timed=False),
        Layer("next-move", "Next move", "vector", "η h′(d) ∇d", timed=False),
    )
    stages = (
        Stage(
            "draw",
            "Draw data; the particles are where they are",
            "x ~ p,  xᵢ ~ q",
            _PAPER,
        ),
        Stage(
            "fit",
            "Fit the critic to tell data from particles",
            "max E_p log σ(d) + E_q log(1 − σ(d)),  d* = log p/q",
            "Goodfellow et al. 2014, eq. 1",
            "critic",
        ),
        Stage(
            "velocity",
            "Ask the field where each particle should go",
            "vᵢ = h′(d(xᵢ)) ∇d(xᵢ)",
            _PAPER,
            "next-move",
        ),
        Stage(
            "move",
            "Move each particle by itself",
            "xᵢ ← xᵢ + η vᵢ + √(2 τ η) ε",
            _PAPER,
        ),
    )

    def __init__(
        self,
        config: MonoFlowConfig,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
    ) -> None:
        self.config = config
        super().__init__(
            config, spec, seed=seed, stream=_NOISE, device=device, start_width=config.start_width
        )
        self.layers = critic_layers(self.layers, config.loss)
        weights = make_generator(seed, _CRITIC)
        net = critic_net(spec, config.critic, config.image_critic, generator=weights)
        self.field: Critic = build_critic(
            net.to(device), config, horizon=horizon, generator=self._noise
        )

    def walk(self, batch: Tensor) -> Walk:
        scene = {"real": batch, "particles": self.carrier.x}
        yield "draw", scene
        metrics = self.field.fit(batch, self.carrier.draw(len(batch)), None)
        yield "fit", scene
        if self.field.optimizer.count % self.config.critic_steps == 0:
            scene = {**scene, "velocity": self.field.velocity(self.carrier.x)}
            yield "velocity", scene
            metrics |= self.carrier.move(scene["velocity"])
            yield "move", {**scene, "moved": self.carrier.x}
        return metrics

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, MonoFlowConfig)
        retune_critic(self.field, config)
        self._retune(config)
        self.config = config

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def critic(self, x: Tensor, t: float = 1.0) -> Tensor:
        """Return d(x); for the logistic loss it estimates log p/q."""
        return self.field.value(x)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "critic":
            return self.critic(x)
        if name == "rescaling":
            return self.field.rescaling.slope(self.critic(x))
        if name == "next-move":
            return self.carrier.speed * self.field.velocity(x)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        self.field.pack(state, "field")
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.field.unpack(state, "field")

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.field.net.parameters())
