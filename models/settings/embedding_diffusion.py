"""Settings of a family: diffusion of the next item's embedding."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.nets.settings import RecommenderNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["EmbeddingDiffusionConfig"]


class EmbeddingDiffusionConfig(Config, frozen=True):
    """Settings of the diffusion of embeddings."""

    net: RecommenderNet = Pick()
    steps: Annotated[
        int, param("Steps", "Heun steps from noise to an embedding.", low=1, high=1000, log=True)
    ] = 8
    draws: Annotated[
        int,
        param(
            "Draws",
            "Number of sampled embeddings whose probabilities are averaged for a list.",
            low=1,
            high=100,
        ),
    ] = 4
    guidance: Annotated[
        float,
        param(
            "Guidance",
            "1 follows the history as trained, more strengthens it, 0 ignores it.",
            low=0.0,
            high=20.0,
            live=True,
        ),
    ] = 1.0
    history_dropout: Annotated[
        float,
        param(
            "History dropout",
            "Fraction of training places whose history is hidden. Needed for guidance; 0.1 is "
            "usual.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.1
    dropout: Annotated[
        float,
        param(
            "Dropout",
            "Fraction of the numbers of embeddings and states that are zero in a training step.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.2
    density_mean: Annotated[
        float,
        param(
            "P_mean (of ln s)",
            "Mean of ln σ over the noise levels of the loss. At low noise the answer shows "
            "through, and the history is not needed.",
            low=-6.0,
            high=6.0,
            advanced=True,
        ),
    ] = 1.0
    density_std: Annotated[
        float,
        param(
            "P_std (of ln s)",
            "Standard deviation of ln σ over the noise levels of the loss.",
            above=0.0,
            high=6.0,
            advanced=True,
        ),
    ] = 1.0
    s_min: Annotated[
        float, param("σ_min", "Smallest noise level.", above=0.0, high=10.0, advanced=True)
    ] = 0.05
    s_max: Annotated[
        float, param("σ_max", "Largest noise level.", above=0.0, high=1000.0, advanced=True)
    ] = 20.0
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, weight_decay=0.01, schedule="cosine", clip=1.0
    )
