"""The class of the nearest labelled place: no look at what is there."""

import torch
from torch import Tensor

from pushforward.models.classical.base import with_all_classes

__all__ = ["NearestLabel"]

_AT_ONCE = 4096


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
