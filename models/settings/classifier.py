"""Settings of a family: a classifier."""

from typing import Annotated

from pushforward.models.config import Config, Pick, param
from pushforward.models.nets.settings import EncoderNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig
from pushforward.models.training.settings import ClassifyingAverage

__all__ = ["ClassifierConfig"]


class ClassifierConfig(Config, frozen=True):
    """Settings of a classifier."""

    net: EncoderNet = Pick()
    smoothing: Annotated[
        float,
        param(
            "Label smoothing",
            "Fraction of each label that is spread evenly over all classes.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.0
    noise: Annotated[
        float,
        param(
            "Noise",
            "Standard deviation of noise added to the training data, in units of the data's. "
            "Prevents overfitting with few labels.",
            low=0.0,
            high=10.0,
            zero="none",
        ),
    ] = 0.0
    optimizer: NetworkOptimizer = OptimizerConfig(
        kind="adamw", lr=2e-3, weight_decay=0.01, schedule="cosine"
    )
    ema: ClassifyingAverage = 0.99
