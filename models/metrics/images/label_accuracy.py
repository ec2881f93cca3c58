"""Whether samples have the requested class, by the reference classifier."""

import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.images.judged import judged, told
from pushforward.models.metrics.intervals import wilson
from pushforward.models.registry import metric

__all__ = ["LabelAccuracy"]


@metric(
    "label-accuracy",
    title="Label accuracy (reference classifier)",
    summary="Fraction of samples classified as the requested class; for conditional models. "
    "Also high for a model that generates one image per class.",
    source="Wilson 1927, doi:10.1080/01621459.1927.10502953 (interval); as the accuracy of Ravuri "
    "and Vinyals 2019, arXiv:1905.10887, with the classifier trained on real images",
    kinds=("images",),
    better="higher",
    conditional=True,
    bar_is="real against real, the classifier on images with known classes",
)
class LabelAccuracy(SampleMetric[NoConfig]):
    """The share of samples whose class the judge names; its parts are those of each class."""

    one_sample = True

    def measure(self, evidence: Evidence) -> Figure:
        judge, made, _ = judged(evidence)
        given = evidence.samples.given
        if LABEL not in given:
            raise NotApplicable("the model is unconditional, so no class was requested")
        asked = given[LABEL].long().cpu()
        right = told(judge, made).argmax(dim=1) == asked
        value = float(right.double().mean())
        return Figure(value, *wilson(value, len(right)), len(right), self._parts(right, asked))

    def _parts(self, right: Tensor, asked: Tensor) -> dict[str, float]:
        return {str(int(k)): float(right[asked == k].double().mean()) for k in torch.unique(asked)}
