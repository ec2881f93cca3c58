"""Hierarchical VAE: latents of latents, in a Markov chain."""

from typing import Annotated

from models.config import Config, Pick, param
from models.contracts.learner import Stage
from models.contracts.told_settings import ConditionalSetting
from models.families.likelihood.latent_family import LatentFamily
from models.families.likelihood.settings import PRIOR, DecoderNoise, PriorCouplings
from models.nets.earlier import gaussian_prior
from models.nets.settings import DecoderNet, PosteriorNet
from models.registry import family
from models.training.optim import NetworkOptimizer, OptimizerConfig
from models.training.settings import Averaging, Beta, LatentNumbers

__all__ = ["HierarchicalVae", "HierarchicalVaeConfig"]

_PAPER = "Luo 2022, arXiv:2208.11970"


class HierarchicalVaeConfig(Config, frozen=True):
    """Settings of a hierarchical VAE."""

    encoder: PosteriorNet = Pick()
    decoder: DecoderNet = Pick()
    levels: Annotated[
        int,
        param(
            "Levels", "Of latents, each told by the one above alone. One is a VAE.", low=1, high=4
        ),
    ] = 3
    inner: Annotated[
        int,
        param(
            "Width between levels",
            "Units in the two hidden layers of each network from one level to the next.",
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
    title="Hierarchical VAE",
    summary="Latents of latents: each level is drawn from the one above, as a diffusion draws each "
    "time from the one before.",
    source="a prior by couplings: Chen et al. 2017, arXiv:1611.02731, section 3.2; "
    f"{_PAPER}, eqs. 20-29; Sønderby et al. 2016, arXiv:1602.02282, eqs. 1-4",
    config=HierarchicalVaeConfig,
    needs=("continuous", "whole"),
    capabilities=("latent", "bound"),
    version=2,
    upgrade=gaussian_prior,
    group="likelihood",
    motion="z_L ~ p(z_L),  z_l ~ p(z_l | z_(l+1)),  x = D(z₁) + s ε",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class HierarchicalVae(LatentFamily[HierarchicalVaeConfig]):
    """Several levels of latents; a sample takes one pass through each."""

    stages = (
        Stage("draw", "Draw data", "x ~ p", f"{_PAPER}, section on hierarchical VAEs"),
        Stage(
            "encode",
            "Climb the chain from encoder to encoder",
            "z₁ ~ q(z₁ | x),  z_(l+1) ~ q(z_(l+1) | z_l)",
            f"{_PAPER}, eq. 24",
        ),
        Stage(
            "decode",
            "Let the decoder make them again from the lowest level",
            "x̂ = D(z₁)",
            f"{_PAPER}, eq. 23",
            "reconstruction",
        ),
        Stage(
            "fit",
            "Raise the bound, level by level",
            "max E log p(x | z₁) + β (Σ_l E log p(z_l | z_(l+1)) / q(z_l | z_(l−1)) "
            "− KL(q(z_L | z_(L−1)) ‖ p(z_L)))",
            f"{_PAPER}, eq. 29",
            "bound",
            also=PRIOR,
        ),
    )

    @classmethod
    def levels(cls, config: HierarchicalVaeConfig) -> int:
        return config.levels

    @classmethod
    def width(cls, config: HierarchicalVaeConfig) -> int:
        return config.inner
