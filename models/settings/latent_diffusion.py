"""Settings of a family: latent diffusion."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.denoisers.level_settings import LargestNoise, SmallestNoise
from pushforward.models.nets.mlp import MLPConfig
from pushforward.models.nets.settings import DecoderNet, PosteriorNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging, Beta, LatentNumbers

__all__ = ["LatentDiffusionConfig"]


class LatentDiffusionConfig(Config, frozen=True):
    """Settings of a latent diffusion. Levels are relative to latents of unit deviation."""

    encoder: PosteriorNet = Pick()
    decoder: DecoderNet = Pick()
    latent: LatentNumbers = 4
    beta: Beta = 1.0
    net: Annotated[
        MLPConfig, param("Network", "The network that denoises latents, which are a few numbers.")
    ] = MLPConfig(width=256)
    conditional: ConditionalSetting = False
    teacher_share: Annotated[
        float,
        param(
            "Teacher's share",
            "Fraction of the training spent on the autoencoder, if you choose none.",
            above=0.0,
            high=0.95,
        ),
    ] = 0.5
    steps: Annotated[
        int,
        param(
            "Solver steps",
            "Heun steps of a sample, with two evaluations of the small network each; the "
            "decoder runs once.",
            low=1,
            high=1000,
            log=True,
        ),
    ] = 18
    s_min: SmallestNoise = 0.002
    s_max: LargestNoise = 20.0
    autoencoder_optimizer: Annotated[
        OptimizerConfig,
        param("Optimiser of the lesson", "How an autoencoder that is not chosen learns."),
    ] = OptimizerConfig(lr=1e-3, schedule="cosine")
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Averaging = 0.99
