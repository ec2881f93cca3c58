"""Hierarchical VAE: latents of latents, in a Markov chain."""

from pushforward.models.families.likelihood.latent_family import LatentFamily
from pushforward.models.nets.earlier import gaussian_prior
from pushforward.models.registry import family
from pushforward.models.settings.hvae import HierarchicalVaeConfig

__all__ = ["HierarchicalVae", "HierarchicalVaeConfig"]


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
