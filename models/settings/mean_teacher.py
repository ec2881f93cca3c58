"""Settings of a family: semi-supervision without a generator."""

from typing import Annotated, Literal

from pushforward.models.config import Config, Pick, param
from pushforward.models.nets.settings import EncoderNet
from pushforward.models.training.optim import NetworkOptimizer, OptimizerConfig

__all__ = ["MeanTeacherConfig"]


class MeanTeacherConfig(Config, frozen=True):
    """Settings of semi-supervised training by a teacher."""

    net: EncoderNet = Pick(slug="patch-discriminator")
    loss: Annotated[
        Literal["pseudo", "consistency", "entropy"],
        param(
            "Unlabelled loss",
            "Pseudo-labels: train on the classes that the teacher predicts with confidence. "
            "Consistency: match the teacher under other noise. Entropy: minimise the entropy.",
            choices={
                "pseudo": "Pseudo-labels",
                "consistency": "Consistency",
                "entropy": "Entropy",
            },
        ),
    ] = "pseudo"
    unlabelled: Annotated[
        float,
        param(
            "Unlabelled weight",
            "Weight of the loss on unlabelled data.",
            low=0.0,
            high=100.0,
            zero="supervised only",
        ),
    ] = 1.0
    confidence: Annotated[
        float,
        param(
            "Confidence",
            "Minimum probability of a pseudo-label.",
            low=0.0,
            below=1.0,
            depends=("loss", ("pseudo",)),
        ),
    ] = 0.9
    noise: Annotated[
        float,
        param(
            "Noise",
            "Standard deviation of noise added to all windows, in units of the data's.",
            low=0.0,
            high=10.0,
            zero="none",
        ),
    ] = 0.1
    optimizer: NetworkOptimizer = OptimizerConfig(kind="adam", lr=3e-3, schedule="cosine")
    ema: Annotated[
        float,
        param(
            "EMA decay",
            "Decay of the moving average of the weights: the teacher, which also classifies.",
            low=0.0,
            below=1.0,
        ),
    ] = 0.99
