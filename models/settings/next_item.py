"""Settings of a family: networks that predict each next item of a history."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.nets.settings import RecommenderNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["NextItemConfig"]


class NextItemConfig(Config, frozen=True):
    """Settings of a network that predicts the next item."""

    net: RecommenderNet = Pick()
    hidden_share: Annotated[
        float,
        param(
            "Item dropout",
            "Fraction of history items hidden from the network in a training step. Reduces "
            "overfitting.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.1
    dropout: Annotated[
        float,
        param(
            "Dropout",
            "Fraction of the numbers of embeddings and states that are zero in a training step. "
            "0.3 suits small data sets.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.0
    smoothing: Annotated[
        float,
        param(
            "Label smoothing",
            "Fraction of the probability that is spread evenly over all items.",
            low=0.0,
            below=1.0,
            live=True,
        ),
    ] = 0.0
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=3e-3, weight_decay=0.01, schedule="cosine", clip=1.0
    )
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights, which recommendation uses; 0 for no "
            "average.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.99
