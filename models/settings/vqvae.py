"""Settings of a family: VQ-VAE."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.nets.settings import DecoderNet, PosteriorNet
from pushforward.models.settings.likelihood_terms import DecoderNoise
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging

__all__ = ["VqVaeConfig"]


class VqVaeConfig(Config, frozen=True):
    """Settings of a VQ-VAE."""

    encoder: PosteriorNet = Pick()
    decoder: DecoderNet = Pick()
    codes: Annotated[
        int, param("Codes", "Number of codes per sample.", low=1, high=1024, log=True)
    ] = 2
    book: Annotated[
        int,
        param("Codebook", "Number of vectors in the codebook.", low=2, high=8192, log=True),
    ] = 64
    latent: Annotated[
        int,
        param("Code dimension", "Dimension of the codebook vectors.", low=1, high=512, log=True),
    ] = 4
    commitment: Annotated[
        float,
        param(
            "Commitment",
            "Weight of the commitment loss, which keeps the encoder near the codebook.",
            low=0.0,
            high=100.0,
            live=True,
        ),
    ] = 0.25
    inner: Annotated[
        int,
        param(
            "Prior width",
            "Units of the network that predicts the codes.",
            low=1,
            high=8192,
            log=True,
        ),
    ] = 128
    noisy: DecoderNoise = True
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Averaging = 0.99
    conditional: ConditionalSetting = False
