"""Discriminator Flow: a GAN without a generator; field = critic with a clock, carrier = flow."""

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk
from models.carriers.flowing import FlowingParticles
from models.config import Config, ConfigError, param
from models.fields.adversarial import LossSetting, check_penalty, warn_of
from models.fields.critic_settings import CentreSetting, PenaltySetting, PlaceSetting
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
from models.training.state import pack_generator, unpack_generator

__all__ = ["DiscriminatorFlow", "DiscriminatorFlowConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_WEIGHTS, _NOISE = 0, 1
_PAPER = "Franceschi et al. 2023, arXiv:2305.16150"


class DiscriminatorFlowConfig(Config, frozen=True):
    """Settings of a Discriminator Flow. Lengths are relative to standardised data."""

    critic: Annotated[
        MLPConfig,
        param(
            "Critic",
            "The network that tells data from particles at each flow time.",
            modalities=("points",),
        ),
    ] = MLPConfig(activation="leaky-relu")
    image_critic: ImageCritic = DcganConfig()
    loss: LossSetting = "logistic"
    rescaling: RescalingSetting = "non-saturated"
    shift: ShiftSetting = 0.0
    steps: Annotated[
        int,
        param(
            "Flow steps",
            "Small steps from the prior to the data. A training step makes them too, so that "
            "training takes as many times longer.",
            low=1,
            high=1024,
            unit="steps",
            log=True,
        ),
    ] = 28
    speed: Annotated[
        float,
        param(
            "Speed",
            "How far a field of length 1 carries a particle along the whole flow.",
            above=0.0,
            high=1e4,
            unit="data std",
            log=True,
            live=True,
        ),
    ] = 2.0
    stop: Annotated[
        int,
        param(
            "Stop after",
            "Samples may come to rest after fewer steps: a quarter of them is often enough.",
            low=0,
            high=1024,
            unit="steps",
            zero="All",
            live=True,
        ),
    ] = 0
    noise: Annotated[
        float,
        param(
            "Noise",
            "Entropic noise: variance that is added along the whole flow. The particles also "
            "wander, which spreads them wider than the data.",
            low=0.0,
            high=100.0,
            unit="variance",
            zero="None",
            live=True,
        ),
    ] = 0.0
    penalty: PenaltySetting = 0.03
    centre: CentreSetting = 0.0
    place: PlaceSetting = "between"
    critic_optimizer: Annotated[
        OptimizerConfig, param("Critic's optimiser", "How the critic learns.")
    ] = OptimizerConfig(lr=1e-3, beta1=0.5, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "Averaging",
            "Decay of the averaged critic that moves the samples; 0 switches averaging off.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.99


def _check(config: DiscriminatorFlowConfig) -> None:
    if config.stop > config.steps:
        raise ConfigError("stop", f"must be at most {config.steps}, the number of flow steps")
    check_penalty(config.loss, config.penalty)


@register(
    "family",
    "discriminator-flow",
    title="Discriminator Flow",
    summary="Particles climb a critic that knows the flow time: a GAN without a generator.",
    source=f"{_PAPER}, section 4.2 and algorithm 2",
    config=DiscriminatorFlowConfig,
    modalities=("points", "images"),
    capabilities=("velocity", "critic"),
    # As in MonoFlow: images are far apart, and the penalty keeps the critic from being steep.
    defaults={"images": {"speed": 100.0}},
    field="critic",
    carrier="flow",
    motion="dx/dt = η h′(d) ∇d,  d = d(x, t)",
)
class DiscriminatorFlow(Family):
    """field = critic with a clock, carrier = flow."""

    layers: tuple[Layer, ...] = (
        Layer("critic", "Critic", "scalar", "log p/q", timed=True),
        Layer("rescaling", "Rescaling", "scalar", "h′(d)", timed=True),
        Layer("next-move", "Next move", "vector", "η h′(d) ∇d", timed=True),
    )
    stages = (
        Stage(
            "draw",
            "Draw particles from the prior, and a flow time for each",
            "z₀ ~ N(0, I),  k ~ U{0, …, N − 1}",
            f"{_PAPER}, algorithm 2",
        ),
        Stage(
            "flow",
            "Let the critic move each particle to its time",
            "zₖ₊₁ = zₖ + (η/N) h′(d) ∇d(zₖ, k/N)",
            f"{_PAPER}, algorithm 2",
            "next-move",
        ),
        Stage(
            "fit",
            "Fit the critic at those times to tell data from particles",
            "max E_p log σ(d(x, t)) + E_q log(1 − σ(d(z, t))),  t = k/N",
            f"{_PAPER}, algorithm 2",
            "critic",
        ),
    )

    def __init__(
        self,
        config: DiscriminatorFlowConfig,
        spec: DataSpec,
        *,
        horizon: int,
        seed: int,
        device: torch.device,
    ) -> None:
        _check(config)
        self.config = config
        self.spec = spec
        self.device = device
        self._noise = make_generator(seed, _NOISE, device)
        self.layers = critic_layers(self.layers, config.loss)
        weights = make_generator(seed, _WEIGHTS)
        net = critic_net(spec, config.critic, config.image_critic, generator=weights, clock=True)
        self.field = build_critic(
            net.to(device),
            config,
            horizon=horizon,
            generator=self._noise,
            clock=True,
            decay=config.ema,
        )
        self.carrier = FlowingParticles(
            spec.shape,
            device,
            steps=config.steps,
            speed=config.speed,
            noise=config.noise,
            stop=config.stop,
        )

    def walk(self, batch: Tensor) -> Walk:
        k = self.carrier.draw_steps(len(batch), self._noise)
        start = self.carrier.latents(len(batch), self._noise)
        yield "draw", {"real": batch, "particles": start}
        # By the weights being trained: the critic learns where its own motion leads.
        x = self.carrier.carry(self.field.motion, start, k, self._noise, key=self.config)
        yield "flow", {"real": batch, "particles": start, "moved": x}
        metrics = self.field.fit(batch, x, k / self.config.steps)
        yield "fit", {"real": batch, "particles": x}
        return metrics

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, DiscriminatorFlowConfig)
        _check(config)
        retune_critic(self.field, config)
        self.carrier.speed = config.speed
        self.carrier.noise = config.noise
        self.carrier.stop = config.stop
        self.config = config

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

    def velocity(self, x: Tensor, t: float) -> Tensor:
        """Return dx/dt = eta h'(d) grad d, by the averaged critic of the step that t falls into."""
        return self.carrier.velocity(self.field, x, t)

    def critic(self, x: Tensor, t: float = 1.0) -> Tensor:
        """Return d(x, t) of the step that t falls into; for the logistic loss it estimates log p/q,
        q the law of the particles at that time.
        """
        return self.field.value(x, self.carrier.step_at(t) / self.config.steps)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "critic":
            return self.critic(x, t)
        if name == "rescaling":
            return self.field.rescaling.slope(self.critic(x, t))
        if name == "next-move":
            return self.velocity(x, t)
        return super().layer(name, x, t)

    def state(self) -> State:
        state = State({})
        self.field.pack(state, "field")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.field.unpack(state, "field")
        unpack_generator(state, "noise", self._noise)

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.field.net.parameters())
