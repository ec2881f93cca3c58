"""GAN: field = critic, carrier = generator."""

from typing import Annotated

import torch
from torch import Tensor

from models.base import DataSpec, Layer, Stage, State
from models.carriers.generator_family import GeneratorFamily
from models.carriers.generator_settings import (
    FollowSpeed,
    FollowSteps,
    GeneratorAveraging,
    GeneratorNet,
    GeneratorOptimizer,
    LatentSize,
)
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
from models.nets.settings import ImageCritic, ImageGenerator
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig

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
    generator: GeneratorNet = MLPConfig()
    critic: Annotated[
        MLPConfig,
        param("Critic", "The network that tells data from particles.", modalities=("points",)),
    ] = MLPConfig(activation="leaky-relu")
    image_generator: ImageGenerator = DcganConfig()
    image_critic: ImageCritic = DcganConfig()
    generator_optimizer: GeneratorOptimizer = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    ema: GeneratorAveraging = 0.99


@register(
    "family",
    "gan",
    title="GAN",
    summary="A critic tells data from particles; a generator moves the particles up its slope.",
    source="Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1; Gulrajani et al. 2017, "
    "arXiv:1704.00028, eq. 3; as critic and generator: Franceschi et al. 2023, arXiv:2305.16150",
    config=GanConfig,
    modalities=("points", "images"),
    capabilities=("critic", "latent"),
    defaults={"images": {"latent": 64}},
    field="critic",
    carrier="generator",
    motion="dθ/dτ = E[J(z)ᵀ h′(d) ∇d],  x = g(z; θ)",
)
class Gan(GeneratorFamily):
    """field = critic, carrier = generator."""

    layers: tuple[Layer, ...] = (
        Layer("critic", "Critic", "scalar", "log p/q", timed=False),
        Layer("rescaling", "Rescaling", "scalar", "h′(d)", timed=False),
        Layer("next-move", "Next move", "vector", "h′(d) ∇d", timed=False),
    )
    stages = (
        Stage(
            "draw",
            "Push latents forward to particles",
            "z ~ N(0, I),  x = g(z; θ)",
            "Goodfellow et al. 2014, algorithm 1",
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
            "v = h′(d) ∇d",
            "Yi et al. 2023; Franceschi et al. 2023, section 3",
            "next-move",
        ),
        Stage(
            "follow",
            "Let the generator follow",
            "θ ← θ + λ E[J(z)ᵀ v]",
            "Franceschi et al. 2023, section 3.2",
        ),
    )

    def __init__(
        self, config: GanConfig, spec: DataSpec, *, horizon: int, seed: int, device: torch.device
    ) -> None:
        self.config = config
        super().__init__(
            config,
            spec,
            horizon=horizon,
            seed=seed,
            device=device,
            # The critic's steps are those of the training; it has made one more by the time the
            # generator follows.
            clock=lambda: self.field.optimizer.count - 1,
            images=config.image_generator,
        )
        self.layers = critic_layers(self.layers, config.loss)
        weights = make_generator(seed, _CRITIC)
        net = critic_net(spec, config.critic, config.image_critic, generator=weights)
        self.field: Critic = build_critic(
            net.to(device), config, horizon=horizon, generator=self._noise
        )

    def _follows(self) -> bool:
        return self.field.optimizer.count % self.config.critic_steps == 0

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, GanConfig)
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
            return self.field.velocity(x, t)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = super().state()
        self.field.pack(state, "field")
        return state

    def load_state(self, state: State) -> None:
        super().load_state(state)
        self.field.unpack(state, "field")

    def parameter_count(self) -> int:
        return super().parameter_count() + sum(p.numel() for p in self.field.net.parameters())
