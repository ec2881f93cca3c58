"""The share of samples that are copies of training data."""

from collections.abc import Generator
from typing import Annotated

from pushforward.models.config import param
from pushforward.models.metrics.base import Evidence, Figure
from pushforward.models.metrics.intervals import wilson
from pushforward.models.metrics.memory.distance import KINDS
from pushforward.models.metrics.memory.metric import REAL_BAR, MemoryConfig, MemoryMetric
from pushforward.models.metrics.memory.nearest import features, nearest_two
from pushforward.models.registry import metric

__all__ = ["Copies", "CopiesConfig"]


class CopiesConfig(MemoryConfig, frozen=True):
    """Settings of the share of copies."""

    ratio: Annotated[
        float,
        param(
            "Ratio",
            "A sample is a copy if its nearest training sample is closer than this fraction of the "
            "distance to the second nearest.",
            above=0.0,
            below=1.0,
        ),
    ] = 1 / 3


@metric(
    "copies",
    title="Copies of training data",
    summary="Fraction of samples closer to a training sample than the given ratio of the "
    "distance to their second nearest. Does not detect copies of duplicated training "
    "data.",
    source="Yoon et al. 2023, Diffusion probabilistic models generalize when they fail to "
    "memorize, section 3; Gu et al. 2023, arXiv:2310.02664, section 2",
    config=CopiesConfig,
    kinds=KINDS,
    bar_is=REAL_BAR,
    minimum=20,
)
class Copies(MemoryMetric[CopiesConfig]):
    """The share of samples with d1 < ratio * d2, of the distances to their two nearest training
    samples, as a metric.
    """

    one_sample = True

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        train, some = self.train_of(evidence), self.some(evidence.samples, evidence)
        near, _ = yield from nearest_two(features(some, train), train)
        share = float((near[:, 0] < self.config.ratio * near[:, 1]).double().mean())
        return Figure(share, *wilson(share, len(some)), len(some), note=self.note(evidence))
