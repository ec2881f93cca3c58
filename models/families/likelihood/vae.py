"""VAE: an encoder and a decoder that maximise a bound of the likelihood."""

import torch
from torch import Tensor

from models.config import Config, Pick
from models.contracts.batch import Batch
from models.contracts.learner import Stage
from models.contracts.told_settings import ConditionalSetting
from models.families.likelihood.latent_chain import LatentChain
from models.families.likelihood.latent_family import LatentFamily
from models.families.likelihood.settings import PRIOR, DecoderNoise, PriorCouplings
from models.nets.calling import call
from models.nets.earlier import gaussian_prior
from models.nets.settings import DecoderNet, PosteriorNet
from models.registry import family
from models.tensors import noise_like
from models.training.optim import NetworkOptimizer, OptimizerConfig
from models.training.settings import Averaging, Beta, LatentNumbers

__all__ = ["Vae", "VaeConfig"]

_PAPER = "Kingma and Welling 2014, arXiv:1312.6114"


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
    title="Variational autoencoder",
    short="VAE",
    summary="An encoder says where a datum lies among the latents, a decoder makes it again; of "
    "the likelihood there is a bound.",
    source="beta: Higgins et al. 2017, ICLR, eq. 4; a learned scale of the data: Rybkin et al. "
    "2021, arXiv:2006.13202; a prior by couplings: Chen et al. 2017, arXiv:1611.02731, section "
    "3.2, told the class: Sohn et al. 2015, NeurIPS, section 4; "
    f"{_PAPER}, eqs. 3 and 10",
    config=VaeConfig,
    needs=("continuous", "whole"),
    capabilities=("latent", "bound", "autoencoder"),
    version=2,
    upgrade=gaussian_prior,
    group="likelihood",
    motion="log p(x) ≥ E_q log p(x | z) − KL(q(z | x) ‖ p(z)),  x = D(z) + s ε",
    units={"loss": "nats", "reconstruction": "nats", "divergence": "nats"},
)
class Vae(LatentFamily[VaeConfig]):
    """One level of latents; a sample takes one pass."""

    stages = (
        Stage("draw", "Draw data", "x ~ p", f"{_PAPER}, algorithm 1"),
        Stage(
            "encode",
            "Ask the encoder where they lie, and draw from there",
            "z = μ(x) + σ(x) ε,  ε ~ N(0, I)",
            f"{_PAPER}, section 2.4",
        ),
        Stage(
            "decode",
            "Let the decoder make them again",
            "x̂ = D(z)",
            f"{_PAPER}, section 3",
            "reconstruction",
        ),
        Stage(
            "fit",
            "Raise the bound",
            "max E log N(x; D(z), s²) − β KL(q(z | x) ‖ p(z))",
            f"{_PAPER}, eqs. 3 and 10",
            "bound",
            also=PRIOR,
        ),
    )

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
