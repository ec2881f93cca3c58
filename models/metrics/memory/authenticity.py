"""The share of samples that are farther from the training data than these are from each other."""

from collections.abc import Generator

import torch

from pushforward.models.metrics.base import Evidence, Figure
from pushforward.models.metrics.intervals import wilson
from pushforward.models.metrics.memory.distance import KINDS
from pushforward.models.metrics.memory.metric import REAL_BAR, MemoryConfig, MemoryMetric
from pushforward.models.metrics.memory.nearest import features, nearest_two
from pushforward.models.registry import metric

__all__ = ["Authenticity"]


@metric(
    "authenticity",
    title="Authenticity",
    summary="Share of the samples x that are farther from their nearest training sample t than t "
    "is from its own nearest other: 1/n Σ 1[d(x, t) > d(t, t′)]. Near 0 for copies of training "
    "data; the noise floor is that of held-out real data, and depends on the data. Samples that "
    "are too smooth score low, too: see Copies of training data.",
    source="Alaa et al. 2022, arXiv:2102.08921, section 2.3 (authenticity)",
    config=MemoryConfig,
    kinds=KINDS,
    bar_is=REAL_BAR,
    better="near",
    minimum=20,
    far_off=(
        "closer to training data than these are to each other, as copies and smoothed samples are",
        "farther from training data than held-out data are",
    ),
)
class Authenticity(MemoryMetric[MemoryConfig]):
    """Share of authentic samples, in [0, 1], as a metric."""

    one_sample = True

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        train, some = self.train_of(evidence), self.some(evidence.samples, evidence)
        near, which = yield from nearest_two(features(some, train), train)
        closest, place = torch.unique(which[:, 0], return_inverse=True)
        # The nearest of a training sample is itself, at a distance of 0.
        own, _ = yield from nearest_two(features(train.rows(closest), train), train)
        share = float((near[:, 0] > own[place, 1]).double().mean())
        return Figure(share, *wilson(share, len(some)), len(some), note=self.note(evidence))
