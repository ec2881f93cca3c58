"""Nearest label: the class of the nearest labelled pixel by position, without any spectrum."""

import torch
from torch import Tensor

from pushforward.models.classical.base import FittedClassifier, with_all_classes
from pushforward.models.config import NoConfig
from pushforward.models.families.classify.pixel_classifier import PixelClassifier
from pushforward.models.registry import family

__all__ = ["NearestLabel", "NearestLabelModel"]

_AT_ONCE = 4096


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


class NearestLabel:
    """p(class | place) proportional to exp(-distance to the nearest label of that class / scale).

    Args:
        x: (n, 2) places with a label.
        y: (n,) int64, their classes.
        classes: how many there are.
        scale: in the units of the places.
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int, scale: float = 1.0) -> None:
        self._x, self._y, self._classes, self._scale = x.double(), y, classes, scale
        self._present = torch.unique(y)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(class | place) of places (n, 2), (n, classes)."""
        parts = []
        for part in torch.split(x.double(), _AT_ONCE):
            gaps = torch.cdist(part, self._x)
            nearest = [gaps[:, self._y == c].amin(dim=1) for c in self._present]
            parts.append(-torch.stack(nearest, dim=1) / self._scale)
        return with_all_classes(torch.cat(parts), self._present, self._classes)
