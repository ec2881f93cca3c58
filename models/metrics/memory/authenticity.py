"""Whether samples are farther from training data than these are from each other."""

from collections.abc import Generator

import torch

from models.contracts.learner import finish
from models.metrics.base import Evidence, Figure, SampleMetric
from models.metrics.intervals import wilson
from models.metrics.memory.distance import KINDS
from models.metrics.memory.nearest import features, nearest_two, some_of, trained_on
from models.metrics.memory.nearness import NearnessConfig
from models.registry import metric

__all__ = ["Authenticity"]


@metric(
    "authenticity",
    title="Authenticity",
    summary="Share of the samples x that are farther from their nearest training sample t than t "
    "is from its own nearest other: 1/n Σ 1[d(x, t) > d(t, t′)]. Near 0 for copies of training "
    "data; held-out real data, about a half, are the noise floor.",
    source="Alaa et al. 2022, arXiv:2102.08921, section 2.3 (authenticity)",
    config=NearnessConfig,
    kinds=KINDS,
    bar_is="real against real, held-out data in the place of samples",
    better="near",
    minimum=20,
    far_off=(
        "closer to training data than these are to each other, as copies are",
        "farther from training data than held-out data are",
    ),
)
class Authenticity(SampleMetric[NearnessConfig]):
    """Share of authentic samples, in [0, 1], as a metric."""

    compares_training = True

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        train = trained_on(evidence)
        made = some_of(evidence.samples, self.config.most, evidence.rng)
        near, which = yield from nearest_two(features(made, train), train)
        closest, place = torch.unique(which[:, 0], return_inverse=True)
        # The nearest of a training sample is itself, at a distance of 0.
        own, _ = yield from nearest_two(features(train.rows(closest), train), train)
        share = float((near[:, 0] > own[place, 1]).double().mean())
        return Figure(share, *wilson(share, len(made)), len(made))
