"""Nearest label: the class of the nearest labelled pixel by position, without any spectrum."""

from torch import Tensor

from pushforward.models.classical.base import FittedClassifier
from pushforward.models.classical.nearest import NearestLabel
from pushforward.models.config import NoConfig
from pushforward.models.families.classify.pixel_classifier import PixelClassifier
from pushforward.models.registry import family

__all__ = ["NearestLabelModel"]


@family(
    "nearest-label",
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    units={"loss": "nats"},
    passes=1,
)
class NearestLabelModel(PixelClassifier[NoConfig]):
    """The class of the nearest label: what a split gives away (Liang et al. 2017)."""

    POSITION = True

    def fit(self, x: Tensor, y: Tensor) -> FittedClassifier:
        return NearestLabel(x, y, self.classes)
