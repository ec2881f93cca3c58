"""Multinomial logistic regression on single spectra."""

from typing import Annotated

from torch import Tensor

from pushforward.models.classical.base import FittedClassifier
from pushforward.models.classical.logistic import LogisticRegression
from pushforward.models.config import Config, param
from pushforward.models.families.classify.pixel_classifier import PixelClassifier
from pushforward.models.families.classify.shared import GENERATED, GeneratedPerClass
from pushforward.models.registry import family

__all__ = ["LogisticConfig", "LogisticRegressionModel"]


class LogisticConfig(Config, frozen=True):
    """Settings of logistic regression."""

    c: Annotated[
        float,
        param(
            "C",
            "Weight of the data against the penalty on large weights. Lower it against "
            "overfitting.",
            above=0.0,
            high=1e6,
            log=True,
        ),
    ] = 1.0
    generated: GeneratedPerClass = 40


@family(
    "logistic-regression",
    config=LogisticConfig,
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    inputs=GENERATED,
    units={"loss": "nats"},
    passes=1,
)
class LogisticRegressionModel(PixelClassifier[LogisticConfig]):
    """min C sum -log p(y | x) + |w|^2 / 2 on the pixel in the middle of a window."""

    def fit(self, x: Tensor, y: Tensor) -> FittedClassifier:
        return LogisticRegression(x, y, self.classes, self.config.c)
