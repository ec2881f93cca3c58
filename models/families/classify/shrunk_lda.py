"""Linear discriminant analysis with a shrunk covariance, on single spectra."""

from typing import Annotated

from torch import Tensor

from pushforward.models.classical.base import FittedClassifier
from pushforward.models.classical.discriminant import ShrunkDiscriminant
from pushforward.models.config import Config, param
from pushforward.models.families.classify.pixel_classifier import PixelClassifier
from pushforward.models.registry import family

__all__ = ["LdaConfig", "ShrunkLda"]


class LdaConfig(Config, frozen=True):
    """Settings of the discriminant analysis."""

    shrinkage: Annotated[
        float,
        param(
            "Shrinkage",
            "Share of a multiple of the identity in the covariance. Raise it with fewer labels "
            "than channels.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.03


@family(
    "shrunk-lda",
    config=LdaConfig,
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    units={"loss": "nats"},
    passes=1,
)
class ShrunkLda(PixelClassifier[LdaConfig]):
    """Gaussian classes of one shrunk covariance, on the pixel in the middle of a window."""

    def fit(self, x: Tensor, y: Tensor) -> FittedClassifier:
        return ShrunkDiscriminant(x, y, self.classes, self.config.shrinkage)
