"""Settings of a diffusion with a learned denoiser: prediction, loss weight, noise levels, and what
else is learned.
"""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting, LabelDropout
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.denoisers.denoiser import DistanceName
from pushforward.models.denoisers.densities import Density, LogUniform, RhoUniform, UniformTime
from pushforward.models.denoisers.level_settings import (
    DensityMean,
    DensityStd,
    DisplaySetting,
    LargestNoise,
    SmallestNoise,
    log_normal,
)
from pushforward.models.denoisers.objectives import ObjectiveName
from pushforward.models.denoisers.precond import PrecondName
from pushforward.models.denoisers.times import TimesName
from pushforward.models.denoisers.weights import WeightName
from pushforward.models.nets.offered import gives
from pushforward.models.nets.settings import DenoiserNet
from pushforward.models.paths.gaussian import PATHS, GaussianPath
from pushforward.models.paths.learned import LearnedPath
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import SamplingAverage

__all__ = ["ScoreSettings", "fixed_density", "path_of", "score_warnings"]

# Weights under which the largest noise counts least, as 1/s^2 or less.
_CALM = ("simple", "min-snr", "p2", "likelihood")
_ON_TIME = ("density", ("uniform-time",))


class ScoreSettings(Config, frozen=True):
    """Levels are relative to standardised data."""

    net: DenoiserNet = Pick()
    precond: Annotated[
        PrecondName,
        param(
            "Prediction",
            "Parametrisation: what the network predicts; the denoiser is computed from it. "
            "EDM's keeps input, output and target at unit variance at every noise level.",
            choices={
                "edm": "EDM",
                "eps": "Noise (eps)",
                "x0": "Data (x0)",
                "v": "v",
                "velocity": "Velocity (flow matching)",
                "score": "Score",
            },
            aspect="prediction",
        ),
    ] = "edm"
    objective: Annotated[
        ObjectiveName,
        param(
            "Objective",
            "Training objective: denoising, or sliced score matching along random directions. "
            "The variance of the latter grows with the noise.",
            choices={
                "denoising": "Denoising score matching",
                "sliced": "Sliced score matching",
                "sliced-vr": "Sliced, variance reduced",
            },
            aspect="loss",
            advanced=True,
        ),
    ] = "denoising"
    weight: Annotated[
        WeightName,
        param(
            "Loss weight",
            "Weight of each noise level in the loss.",
            choices={
                "edm": "EDM",
                "simple": "Simple (DDPM)",
                "x0": "Even on the data",
                "velocity": "Even on the velocity",
                "likelihood": "Likelihood",
                "min-snr": "Min-SNR",
                "truncated-snr": "Truncated SNR",
                "p2": "P2",
                "pc-jedi": "Simple, and a little of the likelihood (PC-JeDi)",
            },
            aspect="loss",
        ),
    ] = "edm"
    distance: Annotated[
        DistanceName,
        param(
            "Distance",
            "Squared error, or Huber, which is linear above 1 and less sensitive to outliers.",
            choices={"square": "Square", "huber": "Huber"},
            advanced=True,
            depends=("objective", ("denoising",)),
            aspect="loss",
        ),
    ] = "square"
    gamma: Annotated[
        float,
        param(
            "SNR cap",
            "Maximum weight γ of Min-SNR.",
            above=0.0,
            high=1000.0,
            depends=("weight", ("min-snr",)),
            aspect="loss",
        ),
    ] = 5.0
    power: Annotated[
        float,
        param(
            "P2 power",
            "Exponent k of P2: reduces the weight of low noise levels; 0 is the SNR weight.",
            low=0.0,
            high=4.0,
            depends=("weight", ("p2",)),
            aspect="loss",
        ),
    ] = 1.0
    density: Annotated[
        Literal["log-normal", "uniform-time", "rho-uniform", "log-uniform"],
        param(
            "Training levels",
            "Distribution of the noise levels in training.",
            choices={
                "log-normal": "Log-normal (EDM)",
                "uniform-time": "Uniform time on a path",
                "rho-uniform": "As an EDM sampling grid",
                "log-uniform": "Uniform log-SNR",
            },
            aspect="loss",
        ),
    ] = "log-normal"
    density_mean: DensityMean = -1.2
    density_std: DensityStd = 1.2
    path: Annotated[
        Literal["ve", "vp-linear", "vp-cosine", "vp-angle", "sub-vp", "rectified-flow", "learned"],
        param(
            "Path",
            "Noise schedule in whose time the levels are uniform. *Learned* starts linear in "
            "log-SNR and minimises the variance of the bound; use it with the likelihood "
            "weight.",
            choices={
                "ve": "Variance exploding",
                "vp-linear": "Variance preserving, linear",
                "vp-cosine": "Variance preserving, cosine",
                "vp-angle": "Variance preserving, angle (PC-JeDi)",
                "sub-vp": "Sub-variance preserving",
                "rectified-flow": "Rectified flow",
                "learned": "Learned (VDM)",
            },
            depends=_ON_TIME,
            aspect="path",
        ),
    ] = "vp-linear"
    ends: Annotated[
        Literal["fixed", "learned"],
        param(
            "Learn the endpoints",
            "Also learns the minimum and maximum noise of a learned schedule; sampling then "
            "runs between them.",
            choices={"fixed": "Fixed", "learned": "Learned"},
            advanced=True,
            depends=("path", ("learned",)),
            aspect="path",
        ),
    ] = "fixed"
    times: Annotated[
        TimesName,
        param(
            "Time sampling",
            "How the noise levels of a batch are drawn. All ways have the same mean loss, with "
            "different variance.",
            choices={
                "low-discrepancy": "Low discrepancy",
                "antithetic": "Antithetic pairs",
                "independent": "Independent",
                "importance": "Importance (loss-aware)",
            },
            advanced=True,
        ),
    ] = "low-discrepancy"
    variance: Annotated[
        Literal["known", "learned"],
        param(
            "Reverse variance",
            "Variance of a reverse step between its two bounds: fixed, or learned by a second "
            "network. Used by samplers that add noise.",
            choices={"known": "Known bounds", "learned": "Learned (iDDPM)"},
            advanced=True,
            aspect="prediction",
        ),
    ] = "known"
    variance_steps: Annotated[
        int,
        param(
            "Variance steps",
            "Number of steps for which the reverse variance is learned; a sampler may take fewer.",
            low=2,
            high=10_000,
            log=True,
            advanced=True,
            depends=("variance", ("learned",)),
            aspect="prediction",
        ),
    ] = 1000
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(lr=2e-3, schedule="cosine")
    ema: SamplingAverage = 0.999
    display: DisplaySetting = "variance-preserving"
    conditional: ConditionalSetting = False
    label_dropout: LabelDropout = 0.0

    @property
    def learns_path(self) -> bool:
        """Whether the levels are even in the time of a path that is learned."""
        return self.density == "uniform-time" and self.path == "learned"


def path_of(config: ScoreSettings) -> GaussianPath | None:
    """Return the path in whose time the levels are even, where it is a known one or not yet bent;
    None where they follow no path.
    """
    if config.density != "uniform-time":
        return None
    if config.path == "learned":
        return LearnedPath(config.s_min, config.s_max)
    return PATHS[config.path]()


def fixed_density(config: ScoreSettings) -> Density:
    """Return the density of the training levels, where no path is learned.

    Raises:
        ConfigError: as good as none of it lies between the smallest and the largest noise.
    """
    path = path_of(config)
    if path is not None:
        return UniformTime(path, config.s_min, config.s_max)
    match config.density:
        case "rho-uniform":
            return RhoUniform(config.s_min, config.s_max)
        case "log-uniform":
            return LogUniform(config.s_min, config.s_max)
        case _:
            return log_normal(config)


def score_warnings(config: ScoreSettings, spec: DataSpec) -> list[str]:
    """Return what is allowed and seldom meant, a sentence each."""
    found = []
    if config.objective != "denoising" and config.weight not in _CALM:
        found.append(
            "Sliced score matching varies with the square of the noise: the loss weight Simple "
            "keeps the largest levels from drowning all others."
        )
    # Where data say their class by themselves, nobody has chosen that it is told.
    if config.conditional and "told" not in gives(spec.kind) and not config.label_dropout:
        found.append(
            "The model is always conditioned on the class, so it has no unconditional "
            "prediction. Classifier-free guidance and the unconditional field and density in "
            "the plane need label dropout."
        )
    return found
