"""GAN: field = critic, carrier = generator."""

import math
from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk, finish
from models.carriers.generator import FollowSpeed, FollowSteps, Generator
from models.config import Config, param
from models.fields.adversarial import LOSSES, LossSetting, check_penalty, motion_of, warn_of
from models.fields.critic import Critic
from models.fields.critic_settings import (
    CentreSetting,
    CriticSteps,
    PenaltySetting,
    PlaceSetting,
)
from models.fields.rescalings import RescalingSetting, ShiftSetting
from models.live import check_live
from models.nets.choose import critic_net, generator_net
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageCritic, ImageGenerator
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig
from models.training.state import pack_generator, unpack_generator

__all__ = ["Gan", "GanConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_GENERATOR, _CRITIC, _NOISE = 0, 1, 2


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
    latent: Annotated[
        int,
        param("Latent size", "Numbers that a particle is made from.", low=1, high=4096, log=True),
    ] = 16
    generator: Annotated[
        MLPConfig,
        param("Generator", "The network that pushes noise forward.", modalities=("points",)),
    ] = MLPConfig()
    critic: Annotated[
        MLPConfig,
        param("Critic", "The network that tells data from particles.", modalities=("points",)),
    ] = MLPConfig(activation="leaky-relu")
    image_generator: ImageGenerator = DcganConfig()
    image_critic: ImageCritic = DcganConfig()
    generator_optimizer: Annotated[
        OptimizerConfig, param("Generator's optimiser", "How the generator follows.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "Averaging",
            "Decay of the averaged generator that makes the samples; 0 switches averaging off.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.99


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
    field="critic",
    carrier="generator",
    motion="dθ/dτ = E[J(z)ᵀ h′(d) ∇d],  x = g(z; θ)",
)
class Gan(Family):
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
        self.spec = spec
        self.device = device
        self._noise = make_generator(seed, _NOISE, device)
        if not LOSSES[config.loss].is_log_ratio:
            critic, *others = self.layers
            self.layers = (Layer("critic", critic.title, "scalar", "d", timed=False), *others)
        weights = make_generator(seed, _CRITIC)
        self.field = Critic(
            critic_net(spec, config.critic, config.image_critic, generator=weights).to(device),
            loss=LOSSES[config.loss],
            rescaling=motion_of(config.loss, config.rescaling, config.shift),
            optimizer=config.critic_optimizer,
            horizon=horizon,
            penalty=check_penalty(config.loss, config.penalty),
            centre=config.centre,
            place=config.place,
            generator=self._noise,
        )
        net = generator_net(
            spec,
            config.latent,
            config.generator,
            config.image_generator,
            generator=make_generator(seed, _GENERATOR),
        )
        self.carrier = Generator(
            net.to(device),
            latent=config.latent,
            dim=math.prod(spec.shape),
            device=device,
            optimizer=config.generator_optimizer,
            horizon=horizon,
            # The critic's steps are those of the training; it has made one more by the time the
            # generator follows.
            clock=lambda: self.field.optimizer.count - 1,
            decay=config.ema,
            steps=config.generator_steps,
            speed=config.speed,
        )

    def walk(self, batch: Tensor) -> Walk:
        return self._stages(batch, shown=True)

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        # Nobody looks: no need to push the latents once more to see where the particles went.
        return finish(self._stages(batch, shown=False))

    def _stages(self, batch: Tensor, *, shown: bool) -> Walk:
        latents = self.carrier.latents(len(batch), self._noise)
        scene = {"real": batch, "particles": self.carrier.particles(latents)}
        yield "draw", scene
        metrics = self.field.fit(batch, scene["particles"], None)
        yield "fit", scene
        if self.field.optimizer.count % self.config.critic_steps == 0:
            # The same latents: the critic has just learned where these particles are.
            scene = {**scene, "velocity": self.field.velocity(scene["particles"])}
            yield "velocity", scene
            if shown:
                scene |= self.carrier.kernel_view(latents, scene["velocity"])
            metrics |= self.carrier.move(latents, scene["velocity"])
            yield "follow", {**scene, "moved": self.carrier.particles(latents)} if shown else scene
        return metrics

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, GanConfig)
        self.field.penalty = check_penalty(config.loss, config.penalty)
        self.field.centre = config.centre
        self.field.place = config.place
        self.field.rescaling = motion_of(config.loss, config.rescaling, config.shift)
        self.field.optimizer.config = config.critic_optimizer
        self.carrier.optimizer.config = config.generator_optimizer
        self.carrier.steps = config.generator_steps
        self.carrier.speed = config.speed
        self.config = config

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

    def push(self, z: Tensor) -> Tensor:
        """Return g(z) by the averaged weights."""
        return self.carrier.push(z)

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
        state = State({})
        self.field.pack(state, "field")
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.field.unpack(state, "field")
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)

    def parameter_count(self) -> int:
        nets = (self.carrier.net, self.field.net)
        return sum(p.numel() for net in nets for p in net.parameters())
