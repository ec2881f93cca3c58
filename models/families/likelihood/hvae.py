"""Hierarchical VAE: latents of latents, in a Markov chain."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.families.likelihood.latent_family import LatentFamily
from pushforward.models.families.likelihood.settings import DecoderNoise, PriorCouplings
from pushforward.models.nets.earlier import gaussian_prior
from pushforward.models.nets.settings import DecoderNet, PosteriorNet
from pushforward.models.registry import family
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging, Beta, LatentNumbers

__all__ = ["HierarchicalVae", "HierarchicalVaeConfig"]


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


@family(
    "hierarchical-vae",
    config=HierarchicalVaeConfig,
    needs=("continuous", "whole"),
    capabilities=("latent", "bound"),
    version=2,
    upgrade=gaussian_prior,
    group="likelihood",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class HierarchicalVae(LatentFamily[HierarchicalVaeConfig]):
    """Several levels of latents; a sample takes one pass through each."""

    @classmethod
    def levels(cls, config: HierarchicalVaeConfig) -> int:
        return config.levels

    @classmethod
    def width(cls, config: HierarchicalVaeConfig) -> int:
        return config.inner
