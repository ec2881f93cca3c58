"""How images look to a judge: the distance of two Gaussians in its features, and its labels.

The judge is a classifier that was trained on the training images (`models.judges.images`), not
Inception: the distance is no FID, and compares only models of the same data.
"""

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.data import Judge
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence, Figure, SampleMetric
from pushforward.models.metrics.images.judged import Judged, judged, told
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.registry import metric

__all__ = ["FrechetDistance", "LabelBalance", "label_shares"]


@metric(
    "frechet-judge",
    title="Fréchet distance (reference classifier)",
    summary="Fréchet distance of features of a small classifier trained on the training images, "
    "between samples and unseen data. Not FID: no Inception network.",
    source="Dowson and Landau 1982, doi:10.1016/0047-259X(82)90077-X, eq. 4; for images: Heusel et "
    "al. 2017, arXiv:1706.08500, eq. 6, with another network",
    kinds=("images",),
)
class FrechetDistance(Judged[NoConfig]):
    """The Frechet distance in the judge's features as a metric."""

    def look(self, judge: Judge, x: Tensor) -> Tensor:
        return judge.features(x)

    def between(self, made: Tensor, real: Tensor) -> float:
        return frechet_distance(made, real)


@metric(
    "label-balance",
    title="Label balance",
    summary="Total variation distance between the class frequencies of samples and of unseen "
    "data, as seen by a small classifier: 0 is balanced, 1 is disjoint.",
    source="Levin, Peres and Wilmer 2009, Markov Chains and Mixing Times, proposition 4.2",
    kinds=("images",),
)
class LabelBalance(SampleMetric[NoConfig]):
    """The total variation of the judge's labels as a metric; its parts are how much of the samples
    each class has more, or less, than of real images.
    """

    def measure(self, evidence: Evidence) -> Figure:
        judge, made, real = judged(evidence)
        assert isinstance(evidence.real, ImageSet)
        gaps = label_shares(judge, made) - label_shares(judge, real)
        names = evidence.real.names or tuple(map(str, range(len(gaps))))
        parts = dict(zip(names, gaps.tolist(), strict=True))
        return Figure(0.5 * float(gaps.abs().sum()), n=len(made), parts=parts)


def label_shares(judge: Judge, x: Tensor) -> Tensor:
    """Return the share of each class among the images (n, C, H, W), (classes,).

    Raises:
        ArithmeticError: the judge cannot tell what an image is: a score is not finite.
    """
    scores = told(judge, x)
    return torch.bincount(scores.argmax(dim=1), minlength=scores.shape[1]).double() / len(x)
