"""Diffusion, any Gaussian one, as a denoiser; field = score, carrier = free particles."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Unpack

import torch
from torch import Tensor

from models.carriers.diffusion_family import DiffusionFamily
from models.config import Config, ConfigError, Pick, param
from models.contracts.batch import Batch, Rows
from models.contracts.learner import Layer, Look, Stage, Training, Walk
from models.contracts.schedule import Schedule
from models.contracts.spec import LABEL, DataSpec
from models.contracts.state import Packed
from models.contracts.told_settings import ConditionalSetting, LabelDropout
from models.denoisers.denoiser import Denoiser
from models.denoisers.densities import Density, RhoUniform, UniformTime, draw_levels
from models.denoisers.formulas import FORWARD, LOSSES, OUTPUTS
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
from models.nets.earlier import networks_as_picks
from models.nets.pick import build
from models.nets.role import DENOISER
from models.nets.settings import DenoiserNet
from models.paths.clock import FlowClock
from models.paths.gaussian import PATHS, PathName
from models.paths.schedule import schedule_of
from models.registry import family
from models.samplers.heun import Heun
from models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["Edm", "EdmConfig"]

# A stream of the seed (`models.tensors.make_generator`).
_WEIGHTS = 0


class EdmConfig(Config, frozen=True):
    """Settings of a Gaussian diffusion. Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
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
            formulas=OUTPUTS,
            aspect="prediction",
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
            formulas=LOSSES,
            aspect="loss",
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
            aspect="loss",
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
            aspect="loss",
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
            aspect="loss",
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
            aspect="loss",
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
            formulas=FORWARD,
            depends=("density", ("uniform-time",)),
            aspect="path",
        ),
    ] = "vp-linear"
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
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
    conditional: ConditionalSetting = False
    label_dropout: LabelDropout = 0.0


def _density(config: EdmConfig) -> Density:
    if config.density == "uniform-time":
        return UniformTime(PATHS[config.path](), config.s_min, config.s_max)
    if config.density == "rho-uniform":
        return RhoUniform(config.s_min, config.s_max)
    return log_normal(config)


@family(
    "edm",
    title="Diffusion",
    summary="A denoiser learned at all noise levels moves free particles from noise to data.",
    source="Karras et al. 2022, arXiv:2206.00364, eqs. 1-8, table 1, algorithm 1",
    config=EdmConfig,
    capabilities=("velocity", "denoiser", "likelihood"),
    field="score",
    carrier="flow",
    sampler="dpmpp-2m",
    motion="dx/ds = (x − D(x, s)) / s = −s ∇log p(x; s)",
    version=2,
    upgrade=networks_as_picks,
)
class Edm(DiffusionFamily[EdmConfig]):
    """field = score, carrier = particles."""

    field: ScoreField

    layers = (
        Layer("score", "Score", "vector", "s ∇log p", timed=True, kept=False),
        Layer("velocity", "Velocity", "vector", "dx/dt", timed=True),
        Layer(
            "log-density", "Log-density", "scalar", "log p", timed=False, kept=False, density=True
        ),
    )
    stages = (
        Stage(
            "draw",
            "Draw data, and a noise level for each",
            "x₀ ~ p,  ln s ~ N(μ, σ²)",
            "Karras et al. 2022, table 1",
            by="density",
            formulas={
                "uniform-time": "x₀ ~ p,  u ~ U(0, 1),  s = σ(u) / α(u)",
                "rho-uniform": "x₀ ~ p,  s^(1/ρ) ~ U",
            },
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

    def __init__(self, config: EdmConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        if config.label_dropout and LABEL not in spec.given:
            raise ConfigError(
                "label_dropout", "the model is told no class that it could be without"
            )
        net = build(config.net, spec, DENOISER, self.weights(_WEIGHTS))
        self.field = ScoreField(
            Denoiser(net, config.precond).to(self.device),
            optimizer=config.optimizer,
            horizon=self.horizon,
            decay=config.ema,
            density=_density(config),
            weight=config.weight,
            gamma=config.gamma,
            clock=FlowClock(config.s_min, config.s_max),
            display=config.display,
            dropout=config.label_dropout,
            execution=self.execution,
        )

    @classmethod
    def schedule(cls, config: EdmConfig, sampler: Any = None) -> Schedule:
        path = PATHS[config.path]() if config.density == "uniform-time" else None
        levels = (sampler or Heun()).levels(config.s_min, config.s_max)
        return schedule_of(path, config.s_min, config.s_max, levels, config.display)

    @classmethod
    def told_classes(cls, config: EdmConfig) -> bool:
        return config.conditional

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {"field": self.field}

    def warnings(self) -> list[str]:
        if not self.config.conditional or self.config.label_dropout:
            return []
        return [
            "It is always told the class, so it learns nothing of rows without one. Guidance "
            "without a classifier needs a label dropout; so do field and density in the plane, "
            "which are shown for no class."
        ]

    def walk(self, batch: Rows) -> Walk:
        real = Batch.of(batch)
        level = draw_levels(self.field.density, len(real), self.noise)
        yield "draw", {"real": real.x}
        particles = self.carrier.noised(real, level, self.noise)
        particles = self.field.forgetting(particles, self.noise)
        yield "noise", {"real": real.x, "particles": particles.x}
        metrics = self.field.fit(real, particles, level)
        yield "fit", {"real": real.x, "particles": particles.x}
        return metrics

    def retune(self, config: EdmConfig) -> None:
        self.field.trained.optimizer.config = config.optimizer

    def log_prob(self, x: Rows) -> Tensor:
        """Return log p(x) in nats, by the probability-flow ODE from s_min to s_max."""
        rows = Batch.of(x)
        real = None if rows.mask is None else rows.zeroed(torch.ones_like(rows.x))
        s_min, s_max = self.config.s_min, self.config.s_max
        return log_prob(self.denoiser(rows), rows.x, s_min, s_max, real=real)

    @property
    def looks(self) -> Mapping[str, Look]:
        return {
            **super().looks,
            "score": self.field.scaled_score,
            "log-density": lambda x, t: self.log_prob(x),
        }
