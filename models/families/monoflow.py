"""MonoFlow: a GAN without a generator; field = critic, carrier = free particles."""

from collections.abc import Iterator
from typing import Annotated, Any

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk
from models.carriers.population import (
    Noise,
    Population,
    PopulationSize,
    Reach,
    Speed,
    StartLaw,
    StartWidth,
    initial_positions,
)
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
from models.nets.choose import critic_net
from models.nets.dcgan import DcganConfig
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageCritic
from models.registry import register
from models.tensors import make_generator
from models.training.optim import OptimizerConfig
from models.training.state import pack_generator, unpack_generator

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
    source=f"{_PAPER}; with the critic d = log p/q and h = u: the flow of the reverse KL",
    config=MonoFlowConfig,
    modalities=("points", "images"),
    capabilities=("critic", "population"),
    field="critic",
    carrier="particles",
    motion="dx/dτ = h′(d) ∇d,  d = log p/q",
)
class MonoFlow(Family):
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
        self.spec = spec
        self.device = device
        self._noise = make_generator(seed, _NOISE, device)
        if not LOSSES[config.loss].is_log_ratio:
            critic, *others = self.layers
            self.layers = (Layer("critic", critic.title, "scalar", "d", timed=False), *others)
        weights = make_generator(seed, _CRITIC)
        net = critic_net(spec, config.critic, config.image_critic, generator=weights)
        self.field = Critic(
            net.to(device),
            loss=LOSSES[config.loss],
            rescaling=motion_of(config.loss, config.rescaling, config.shift),
            optimizer=config.critic_optimizer,
            horizon=horizon,
            penalty=check_penalty(config.loss, config.penalty),
            centre=config.centre,
            place=config.place,
            generator=self._noise,
        )
        start = initial_positions(
            config.start, config.population, spec.shape, seed, config.start_width
        )
        self.carrier = Population(
            start.to(device),
            speed=config.speed,
            noise=config.noise,
            reach=config.reach,
            generator=self._noise,
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
        self.field.penalty = check_penalty(config.loss, config.penalty)
        self.field.centre = config.centre
        self.field.place = config.place
        self.field.rescaling = motion_of(config.loss, config.rescaling, config.shift)
        self.field.optimizer.config = config.critic_optimizer
        self.carrier.speed = config.speed
        self.carrier.noise = config.noise
        self.carrier.reach = config.reach
        self.config = config

    def warnings(self) -> list[str]:
        return warn_of(self.field.rescaling)

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        """Return where the first n particles started, fewer if there are fewer."""
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)

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
        state = State({})
        self.field.pack(state, "field")
        self.carrier.pack(state, "carrier")
        pack_generator(state, "noise", self._noise)
        return state

    def load_state(self, state: State) -> None:
        self.field.unpack(state, "field")
        self.carrier.unpack(state, "carrier")
        unpack_generator(state, "noise", self._noise)

    @property
    def population(self) -> int:
        """How many particles there are."""
        return len(self.carrier)

    def parameter_count(self) -> int:
        return sum(p.numel() for p in self.field.net.parameters())
