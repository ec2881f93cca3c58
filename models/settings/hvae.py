"""Settings of a family: hierarchical VAE."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.nets.settings import DecoderNet, PosteriorNet
from pushforward.models.settings.likelihood_terms import DecoderNoise, PriorCouplings
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging, Beta, LatentNumbers

__all__ = ["HierarchicalVaeConfig"]


class HierarchicalVaeConfig(Config, frozen=True):
    """Settings of a hierarchical VAE."""

    encoder: PosteriorNet = Pick()
    decoder: DecoderNet = Pick()
    levels: Annotated[
        int,
        param(
            "Levels",
            "Number of latent levels, each conditioned on the one above. 1 is a VAE.",
            low=1,
            high=4,
        ),
    ] = 3
    inner: Annotated[
        int,
        param(
            "Width of inner networks",
            "Units of the two hidden layers of each network between levels.",
            low=1,
            high=4096,
            log=True,
        ),
    ] = 64
    latent: LatentNumbers = 4
    couplings: PriorCouplings = 0
    beta: Beta = 1.0
    noisy: DecoderNoise = True
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Averaging = 0.99
    conditional: ConditionalSetting = False
