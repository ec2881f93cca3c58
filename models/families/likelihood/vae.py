"""VAE: an encoder and a decoder that maximise a bound of the likelihood."""

import torch
from torch import Tensor

from pushforward.models.config import Config, Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.condition_settings import ConditionalSetting
from pushforward.models.families.likelihood.latent_chain import LatentChain
from pushforward.models.families.likelihood.latent_family import LatentFamily
from pushforward.models.nets.calling import call
from pushforward.models.nets.earlier import gaussian_prior
from pushforward.models.nets.settings import DecoderNet, PosteriorNet
from pushforward.models.registry import family
from pushforward.models.settings.likelihood_terms import DecoderNoise, PriorCouplings
from pushforward.models.tensors import noise_like
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import Averaging, Beta, LatentNumbers

__all__ = ["Vae", "VaeConfig"]


class VaeConfig(Config, frozen=True):
    """Settings of a VAE."""

    encoder: PosteriorNet = Pick()
    decoder: DecoderNet = Pick()
    latent: LatentNumbers = 4
    couplings: PriorCouplings = 0
    beta: Beta = 1.0
    noisy: DecoderNoise = True
    optimizer: NetworkOptimizer = OptimizerConfig(lr=1e-3, schedule="cosine")
    ema: Averaging = 0.99
    conditional: ConditionalSetting = False


@family(
    "vae",
    config=VaeConfig,
    needs=("continuous", "whole"),
    capabilities=("latent", "bound", "autoencoder"),
    version=2,
    upgrade=gaussian_prior,
    group="likelihood",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class Vae(LatentFamily[VaeConfig]):
    """One level of latents; a sample takes one pass."""

    @property
    def autoencoder(self) -> LatentChain:
        """Encoder and decoder, by the averaged weights."""
        return self.trained.averaged

    def encoded(self, rows: Batch, generator: torch.Generator) -> Tensor:
        """Return draws of q(z | x) for rows x (n, *shape), (n, latent), by the averaged weights."""
        like = rows.x.new_empty(len(rows), self.autoencoder.latent)
        (drawn,), _ = self.autoencoder.encode(rows, noise_like(like, generator))
        return drawn

    def decoded(self, latents: Batch) -> Tensor:
        """Return what the averaged decoder makes of latents x (n, latent), (n, *shape)."""
        return call(self.autoencoder.decoder, latents)
