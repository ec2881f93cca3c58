"""A classifier that is fitted once."""

from typing import Protocol

import torch
from torch import Tensor

__all__ = ["FittedClassifier", "with_all_classes"]

_ABSENT = -1e4


class FittedClassifier(Protocol):
    """What a fit returns."""

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(class | x) of x (n, d), (n, classes)."""
        ...


def with_all_classes(scores: Tensor, present: Tensor, classes: int) -> Tensor:
    """Return log-probabilities (n, classes) of scores (n, k) of the classes that were there (k,);
    the others have practically none.
    """
    found = scores.new_full((len(scores), classes), _ABSENT)
    found[:, present] = scores
    return torch.log_softmax(found, dim=1)
