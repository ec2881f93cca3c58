"""The inception score with the reference classifier instead of Inception: sure of each, and of
every kind.
"""

import math

from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.data import Judge
from pushforward.models.metrics.images.judged import Judged, told
from pushforward.models.registry import metric

__all__ = ["JudgeScore", "score_of"]


def score_of(logits: Tensor) -> float:
    """Return exp(E KL(p(y|x) || p(y))) of scores (n, classes), p(y) their mean probability.

    Between 1, where all images look alike to the judge or it is sure of none, and the number of
    classes, where it is sure of each and all are as frequent (Salimans et al. 2016,
    arXiv:1606.03498, section 4). All images at once: ten parts of them, as is usual, are each
    lower.
    """
    log_p = logits.double().log_softmax(dim=1)
    p = log_p.exp()
    mean = p.mean(dim=0)
    # A class that no image can be has no share in the sum: 0 log 0 is 0.
    entropy = -(mean * mean.clamp_min(1e-300).log()).sum()
    return math.exp(max(0.0, float((p * log_p.clamp_min(-700.0)).sum(dim=1).mean() + entropy)))


@metric(
    "judge-score",
    title="Inception-like score (reference classifier)",
    summary="Confidence of a small classifier and diversity of its predicted classes: from 1 to "
    "the number of classes. Uses no real images and ignores diversity within a class. "
    "Not the Inception score.",
    source="Salimans et al. 2016, arXiv:1606.03498, section 4, with another network",
    kinds=("images",),
    better="higher",
)
class JudgeScore(Judged[NoConfig]):
    """The score of samples as a metric; its bar is that of unseen images."""

    one_sample, low = True, 1.0

    def look(self, judge: Judge, x: Tensor) -> Tensor:
        return told(judge, x)

    def between(self, made: Tensor, real: Tensor) -> float:
        return score_of(made)
