"""EDM: diffusion as a denoiser; field = score, carrier = free particles."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from models.base import DataSpec, Family, Frame, Layer, Stage, State, Walk
from models.carriers.particles import Particles
from models.config import Config, param
from models.denoisers.denoiser import Denoiser
from models.denoisers.densities import Density, RhoUniform, UniformTime, draw_levels
from models.denoisers.level_settings import (
    DisplaySetting,
    LargestNoise,
    SmallestNoise,
    log_normal,
)
from models.denoisers.precond import PrecondName
from models.denoisers.weights import WeightName
from models.fields.score import ScoreField
from models.likelihood import log_prob
from models.live import check_live
from models.nets.choose import denoiser_net
from models.nets.mlp import MLPConfig
from models.nets.settings import ImageNet
from models.nets.unet import UNetConfig
from models.paths.clock import FlowClock
from models.paths.gaussian import PATHS, PathName
from models.registry import register
from models.samplers.heun import Heun
from models.tensors import make_generator
from models.training.optim import OptimizerConfig
from models.training.state import pack_generator, unpack_generator

__all__ = ["Edm", "EdmConfig"]

# Streams of the seed (`models.tensors.make_generator`).
_WEIGHTS, _NOISE = 0, 1


class EdmConfig(Config, frozen=True):
    """Settings of an EDM diffusion. Levels are relative to standardised data."""

    net: Annotated[
        MLPConfig,
        param("Network", "The network that is trained, for points.", modalities=("points",)),
    ] = MLPConfig()
    image_net: ImageNet = UNetConfig()
    precond: Annotated[
        PrecondName,
        param(
            "Prediction",
            "What the network predicts; the rest is computed from it. EDM's keeps input, output "
            "and target at unit variance on every noise level.",
            choices={
                "edm": "EDM",
                "eps": "Noise (eps)",
                "x0": "Data (x0)",
                "v": "v",
                "velocity": "Velocity (flow matching)",
                "score": "Score",
            },
        ),
    ] = "edm"
    weight: Annotated[
        WeightName,
        param(
            "Loss weight",
            "How much each noise level counts.",
            choices={
                "edm": "EDM",
                "simple": "Simple (DDPM)",
                "x0": "Even on the data",
                "velocity": "Even on the velocity",
                "likelihood": "Likelihood",
                "min-snr": "Min-SNR",
                "truncated-snr": "Truncated SNR",
            },
        ),
    ] = "edm"
    gamma: Annotated[
        float,
        param(
            "SNR cap",
            "Largest weight of Min-SNR.",
            above=0.0,
            high=1000.0,
            depends=("weight", ("min-snr",)),
        ),
    ] = 5.0
    density: Annotated[
        Literal["log-normal", "uniform-time", "rho-uniform"],
        param(
            "Training levels",
            "Which noise levels the network is trained on.",
            choices={
                "log-normal": "Log-normal (EDM)",
                "uniform-time": "Uniform time on a path",
                "rho-uniform": "As an EDM sampling grid",
            },
        ),
    ] = "log-normal"
    density_mean: Annotated[
        float,
        param(
            "Mean of ln s",
            "Centre of the training levels.",
            low=-6.0,
            high=6.0,
            depends=("density", ("log-normal",)),
        ),
    ] = -1.2
    density_std: Annotated[
        float,
        param(
            "Spread of ln s",
            "Standard deviation of the training levels.",
            above=0.0,
            high=6.0,
            depends=("density", ("log-normal",)),
        ),
    ] = 1.2
    path: Annotated[
        PathName,
        param(
            "Path",
            "The noising path whose time is uniform.",
            choices={
                "ve": "Variance exploding",
                "vp-linear": "Variance preserving, linear",
                "vp-cosine": "Variance preserving, cosine",
                "sub-vp": "Sub-variance preserving",
                "rectified-flow": "Rectified flow",
            },
            depends=("density", ("uniform-time",)),
        ),
    ] = "vp-linear"
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: OptimizerConfig = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "Averaging",
            "Decay of the averaged weights that sampling uses; 0 switches averaging off.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.999
    display: DisplaySetting = "variance-preserving"


def _density(config: EdmConfig) -> Density:
    if config.density == "uniform-time":
        return UniformTime(PATHS[config.path](), config.s_min, config.s_max)
    if config.density == "rho-uniform":
        return RhoUniform(config.s_min, config.s_max)
    return log_normal(config)


@register(
    "family",
    "edm",
    title="EDM diffusion",
    summary="A denoiser learned at all noise levels moves free particles from noise to data.",
    source="Karras et al. 2022, arXiv:2206.00364, eqs. 1-8, table 1, algorithm 1",
    config=EdmConfig,
    modalities=("points", "images"),
    capabilities=("velocity", "denoiser", "likelihood"),
    field="score",
    carrier="flow",
    motion="dx/ds = (x − D(x, s)) / s = −s ∇log p(x; s)",
)
class Edm(Family):
    """field = score, carrier = particles."""

    layers = (
        Layer("score", "Score", "vector", "s ∇log p", timed=True, kept=False),
        Layer("velocity", "Velocity", "vector", "dx/dt", timed=True),
        Layer("log-density", "Log-density", "scalar", "log p", timed=False, kept=False),
    )
    stages = (
        Stage(
            "draw",
            "Draw data, and a noise level for each",
            "x₀ ~ p,  ln s ~ N(−1.2, 1.2²)",
            "Karras et al. 2022, table 1",
        ),
        Stage(
            "noise",
            "Place the particles where diffusion has them",
            "x = x₀ + s ε,  ε ~ N(0, I)",
            "Karras et al. 2022, eq. 2",
        ),
        Stage(
            "fit",
            "Fit the denoiser, whose score is the field",
            "min E w(s) |D(x, s) − x₀|²,  ∇log p(x; s) = (D − x) / s²",
            "Karras et al. 2022, eqs. 2, 3 and 8",
            "velocity",
        ),
    )

    def __init__(
        self, config: EdmConfig, spec: DataSpec, *, horizon: int, seed: int, device: torch.device
    ) -> None:
        self.config = config
        self.spec = spec
        self.device = device
        self._noise = make_generator(seed, _NOISE, device)
        weights = make_generator(seed, _WEIGHTS)
        net = denoiser_net(spec, config.net, config.image_net, generator=weights)
        self.field = ScoreField(
            Denoiser(net, config.precond).to(device),
            optimizer=config.optimizer,
            horizon=horizon,
            decay=config.ema,
            density=_density(config),
            weight=config.weight,
            gamma=config.gamma,
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
        )
        self.carrier = Particles(spec.shape, device, Heun())

    def walk(self, batch: Tensor) -> Walk:
        level = draw_levels(self.field.density, len(batch), self._noise)
        yield "draw", {"real": batch}
        particles = self.carrier.noised(batch, level, self._noise)
        yield "noise", {"real": batch, "particles": particles}
        metrics = self.field.fit(batch, particles, level)
        yield "fit", {"real": batch, "particles": particles}
        return metrics

    def reconfigure(self, config: Config) -> None:
        check_live(self.config, config)
        assert isinstance(config, EdmConfig)
        self.field.optimizer.config = config.optimizer
        self.config = config

    def prior(self, n: int, generator: torch.Generator) -> Tensor:
        return self.carrier.latents(n, generator)

    def flow(
        self, latents: Tensor, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator, sampler=sampler)

    def denoise(self, x: Tensor, s: Tensor) -> Tensor:
        """Return the averaged D(x, s)."""
        return self.field.denoise(x, s)

    def velocity(self, x: Tensor, t: float) -> Tensor:
        """Return dx/dt in display coordinates at flow time t."""
        return self.field.velocity(x, t)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) in nats, by the probability-flow ODE from s_min to s_max."""
        return log_prob(self.field.denoise, x, self.config.s_min, self.config.s_max)

    def layer(self, name: str, x: Tensor, t: float) -> Tensor:
        if name == "score":
            return self.field.scaled_score(x, t)
        if name == "velocity":
            return self.velocity(x, t)
        if name == "log-density":
            return self.log_prob(x)
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
        return sum(p.numel() for p in self.field.denoiser.parameters())
