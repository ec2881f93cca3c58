"""Settings of a family: SVAE."""

from typing import Annotated

from pushforward.models.config import Config, param
from pushforward.models.nets.sequences.latent_states import (
    LatentStatesConfig,
)
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["Annealing", "Divergence", "SvaeConfig"]


Divergence = Annotated[
    float,
    param(
        "KL weight",
        "Weight of the KL divergence of the latents from the prior, per nat.",
        low=0.0,
        high=100.0,
        live=True,
    ),
]


Annealing = Annotated[
    float,
    param(
        "KL annealing",
        "Share of the training over which the KL weight rises from zero; 0 for none.",
        low=0.0,
        high=1.0,
    ),
]


Dropout = Annotated[
    float,
    param(
        "Dropout",
        "Fraction of the numbers of embeddings and states that are zero in a training step.",
        low=0.0,
        below=1.0,
        live=True,
    ),
]


class SvaeConfig(Config, frozen=True):
    """Settings of a sequential VAE."""

    net: LatentStatesConfig = LatentStatesConfig()
    ahead: Annotated[
        int,
        param("Items ahead", "Number of next items that each state predicts.", low=1, high=20),
    ] = 4
    divergence: Divergence = 0.05
    annealing: Annealing = 0.3
    dropout: Dropout = 0.3
    draws: Annotated[
        int,
        param(
            "Evaluation draws",
            "Recommendation averages over this number of samples of the latents; 0 uses the state "
            "without noise.",
            low=0,
            high=100,
        ),
    ] = 0
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, weight_decay=0.01, schedule="cosine", clip=1.0
    )
