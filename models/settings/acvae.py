"""Settings of a family: ACVAE."""

from typing import Annotated, Literal

from pushforward.models.config import param
from pushforward.models.settings.svae import (
    Annealing,
    Divergence,
    SvaeConfig,
)

__all__ = ["AcvaeConfig"]


class AcvaeConfig(SvaeConfig, frozen=True):
    """Settings of ACVAE."""

    ahead: Annotated[
        int,
        param("Items ahead", "Number of next items that each state predicts.", low=1, high=20),
    ] = 1
    posterior: Annotated[
        Literal["adversarial", "gaussian", "none"],
        param(
            "Posterior",
            "Adversarial: noise inside the encoder, and a critic that estimates the KL divergence. "
            "Gaussian: mean and variance, as in a VAE. None: an autoencoder without noise.",
            choices={"adversarial": "Adversarial", "gaussian": "Gaussian", "none": "None"},
        ),
    ] = "adversarial"
    critic: Annotated[
        Literal["per-dimension", "scalar"],
        param(
            "Critic output",
            "One log-ratio, or one for each latent as in the released code: each of these "
            "estimates the whole log-ratio, and their mean is used.",
            choices={"per-dimension": "Per dimension", "scalar": "Scalar"},
            depends=("posterior", ("adversarial",)),
        ),
    ] = "per-dimension"
    contrast: Annotated[
        float,
        param(
            "Contrast weight",
            "Weight of the contrastive loss, which makes states specific to their user; 0 switches "
            "it off.",
            low=0.0,
            high=100.0,
        ),
    ] = 0.1
    convolution: Annotated[
        bool,
        param(
            "Convolution",
            "Causal convolutions over the recurrent states, which add local relations.",
        ),
    ] = True
    critic_steps: Annotated[
        int,
        param("Critic steps", "Steps of the critic per step of the model.", low=1, high=20),
    ] = 1
    critic_lr: Annotated[
        float,
        param(
            "Critic learning rate", "Learning rate of the critic.", above=0.0, high=1.0, log=True
        ),
    ] = 1e-3
    released: Annotated[
        bool,
        param(
            "As in the released code",
            "Restores choices of the released code, most of them faults: noise while recommending, "
            "negatives at padded places, losses summed over time, gradients of the KL term in the "
            "embeddings, a floor under log sigmoid, dropout on the critic's output, two optimisers "
            "of the encoder.",
            advanced=True,
        ),
    ] = False
    divergence: Divergence = 0.05
    annealing: Annealing = 0.0
