"""The base of the metrics of memorisation: their settings, reference and common checks."""

from abc import abstractmethod
from collections.abc import Generator
from typing import Annotated, TypeVar

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import finish
from pushforward.models.metrics.base import Evidence, Figure, NotApplicable, SampleMetric
from pushforward.models.metrics.memory.nearest import (
    features,
    few_enough,
    nearest_two,
    searched,
    some_of,
)

__all__ = ["REAL_BAR", "MemoryConfig", "MemoryMetric"]

REAL_BAR = "real against real, held-out data as samples"
_LOOKED_AT = 50
"""Held-out samples that are searched for in the training data before a floor is measured."""


class MemoryConfig(Config, frozen=True):
    """Settings of a metric of memorisation."""

    most: Annotated[
        int,
        param(
            "Maximum number of samples",
            "Samples compared with the training data; more are subsampled at random. Of large data "
            "fewer are compared, at least 50, to bound the cost. Raise it to detect rarer copies.",
            low=10,
            high=50_000,
            log=True,
            unit="samples",
        ),
    ] = 1000


C = TypeVar("C", bound=MemoryConfig)


class MemoryMetric(SampleMetric[C]):
    """A metric that compares samples with the training data."""

    compares_training = True

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def bar(self, evidence: Evidence) -> Figure:
        return finish(self.walk_bar(evidence))

    @abstractmethod
    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        """Measure the metric; yields between pieces of the training data."""

    def walk_bar(self, evidence: Evidence) -> Generator[None, None, Figure]:
        """Measure the metric of held-out data.

        Raises:
            NotApplicable: most of them are training data, too, so that copies are not detected.
        """
        train, unseen = self.train_of(evidence), evidence.real_against_real
        some = some_of(unseen.samples, _LOOKED_AT, evidence.rng)
        near, _ = yield from nearest_two(features(some, train), train)
        if float((near[:, 0] == 0).double().mean()) > 0.5:
            raise NotApplicable(
                "most of the held-out data are training data, too, so that copies look like new "
                "samples"
            )
        return (yield from self.walk(unseen))

    @staticmethod
    def train_of(evidence: Evidence) -> RowSource:
        """Return the training data.

        Raises:
            NotApplicable: they are unknown, or fewer than two.
        """
        if evidence.train is None or len(evidence.train) < 2:
            raise NotApplicable("it compares with training data, and needs at least two of them")
        return evidence.train

    def some(self, rows: Batch, evidence: Evidence) -> Batch:
        """Return the samples that are compared with the training data."""
        most = few_enough(self.config.most, self.train_of(evidence))
        return some_of(rows, most, evidence.rng)

    def note(self, evidence: Evidence) -> str:
        """Return how many of the training data are compared, "" for all."""
        train = self.train_of(evidence)
        n = searched(train)
        return "" if n == len(train) else f"compared with {n:,} of {len(train):,} training samples"
