"""Whether samples are copies of training data."""

from collections.abc import Generator
from typing import Annotated

from models.config import Config, param
from models.contracts.learner import finish
from models.metrics.base import Evidence, Figure, SampleMetric
from models.metrics.intervals import wilson
from models.metrics.memory.distance import KINDS
from models.metrics.memory.nearest import features, nearest_two, some_of, trained_on
from models.registry import metric

__all__ = ["Copies", "CopiesConfig"]


class CopiesConfig(Config, frozen=True):
    """What counts as a copy, and how many samples are looked at."""

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
    most: Annotated[
        int,
        param(
            "At most",
            "Samples that are looked at; more are subsampled at random. The cost grows with them "
            "and with the training data.",
            low=10,
            high=50_000,
            log=True,
            unit="samples",
        ),
    ] = 1000


@metric(
    "copies",
    title="Copies of training data",
    summary="Share of samples that are a training sample again: closer to it than a third of the "
    "distance to any other. Copies of training data that are there twice are not seen.",
    source="Yoon et al. 2023, Diffusion probabilistic models generalize when they fail to "
    "memorize, section 3; Gu et al. 2023, arXiv:2310.02664, section 2",
    config=CopiesConfig,
    kinds=KINDS,
    bar_is="real against real, held-out data in the place of samples",
    minimum=20,
)
class Copies(SampleMetric[CopiesConfig]):
    """The share of samples with d1 < ratio * d2, of the distances to their two nearest training
    samples, as a metric.
    """

    compares_training = True

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        train = trained_on(evidence)
        some = some_of(evidence.samples, self.config.most, evidence.rng)
        near, _ = yield from nearest_two(features(some, train), train)
        share = float((near[:, 0] < self.config.ratio * near[:, 1]).double().mean())
        return Figure(share, *wilson(share, len(some)), len(some))
