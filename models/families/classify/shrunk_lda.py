"""Linear discriminant analysis with a shrunk covariance, on single spectra.

Source: Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, eqs. 4.10 and
18.5 (classes share one Gaussian covariance); the shrinkage is towards a multiple of the identity
(Ledoit and Wolf 2004, doi:10.1016/S0047-259X(03)00096-4, eq. 2), by a fixed share.
"""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.classical.base import FittedClassifier, with_all_classes
from pushforward.models.config import Config, param
from pushforward.models.families.classify.pixel_classifier import PixelClassifier
from pushforward.models.families.classify.shared import GENERATED, GeneratedPerClass
from pushforward.models.registry import family

__all__ = ["LdaConfig", "ShrunkDiscriminant", "ShrunkLda"]


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
    generated: GeneratedPerClass = 40


@family(
    "shrunk-lda",
    config=LdaConfig,
    needs=("patches", "labels"),
    capabilities=("classify",),
    group="classify",
    inputs=GENERATED,
    units={"loss": "nats"},
    passes=1,
)
class ShrunkLda(PixelClassifier[LdaConfig]):
    """Gaussian classes of one shrunk covariance, on the pixel in the middle of a window."""

    def fit(self, x: Tensor, y: Tensor) -> FittedClassifier:
        return ShrunkDiscriminant(x, y, self.classes, self.config.shrinkage)


class ShrunkDiscriminant:
    """Gaussian classes of one covariance (1 - s) S + s tr(S)/d I, S the covariance within classes.

    Args:
        x: (n, d) to learn from.
        y: (n,) int64, their classes.
        classes: how many there are.
        shrinkage: s in [0, 1].
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int, shrinkage: float) -> None:
        x = x.double()
        self._classes, self._present = classes, torch.unique(y)
        means = torch.stack([x[y == c].mean(dim=0) for c in self._present])
        counts = torch.stack([(y == c).sum() for c in self._present]).double()
        within = x - means[torch.searchsorted(self._present, y)]
        covariance = within.T @ within / len(x)
        d = x.shape[1]
        level = covariance.diagonal().mean()
        if not float(level):  # one sample a class
            level = torch.ones((), dtype=torch.float64)
        shrunk = (1.0 - shrinkage) * covariance + shrinkage * level * torch.eye(d).double()
        # Without shrinkage it may be singular; what lies beyond rounding is taken for zero.
        self._weight = (torch.linalg.pinv(shrunk, hermitian=True) @ means.T).T
        self._bias = (counts / len(x)).log() - 0.5 * (means * self._weight).sum(dim=1)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(class | x) of x (n, d), (n, classes)."""
        scores = x.double() @ self._weight.T + self._bias
        return with_all_classes(scores, self._present, self._classes)
