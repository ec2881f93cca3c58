"""Accuracy of probes on a representation, with raw pixels as the baseline."""

from abc import abstractmethod
from typing import Annotated, Any, TypeVar

from torch import Tensor

from pushforward.models.config import Config, NoConfig, param
from pushforward.models.contracts.abilities import Represents
from pushforward.models.contracts.data import Labelled, RowSource
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable, check_finite
from pushforward.models.metrics.intervals import wilson
from pushforward.models.registry import metric
from pushforward.models.representation.probes import (
    ProbeData,
    few_label_accuracy,
    knn_accuracy,
    linear_accuracy,
)
from pushforward.observables.student_t import half_interval

__all__ = ["FewLabelAccuracy", "FewLabelConfig", "KnnAccuracy", "LinearAccuracy", "labelled_rows"]

C = TypeVar("C", bound=Config)
_MOST = 4000  # training rows that a probe sees: more change little and take long
_BAR = "the same probe on the raw values of the samples"
NO_LABELS = "probes need classes, and the data have none: import the data with labels"


class FewLabelConfig(Config, frozen=True):
    """How few labels a probe has."""

    labels: Annotated[
        int,
        param("Labels per class", "Number of labelled samples of each class.", low=1, high=1000),
    ] = 1
    draws: Annotated[
        int,
        param(
            "Draws",
            "How often the labelled samples are drawn anew; the mean is shown.",
            low=2,
            high=200,
            advanced=True,
        ),
    ] = 20
    seed: Annotated[
        int,
        param(
            "Seed",
            "Seed of the draws, the same for all runs.",
            low=0,
            high=2**31 - 1,
            advanced=True,
        ),
    ] = 0


def labelled_rows(data: RowSource | None) -> tuple[Tensor, Tensor]:
    """Return rows (n, *shape), in data units, and their classes (n,), of at most 4,000 rows.

    Raises:
        NotApplicable: the data have no classes.
    """
    if data is not None and LABEL not in data.spec().given and isinstance(data, Labelled):
        data = data.labelled()
    if data is None or LABEL not in data.spec().given:
        raise NotApplicable(NO_LABELS)
    rows = data.rows(slice(0, _MOST))
    return rows.x, rows.given[LABEL].long()


class _Probe(Metric[C]):
    """A probe that learns from training rows and is measured on unseen ones."""

    def measure(self, evidence: Evidence) -> Figure:
        return self._figure(self._data(evidence, evidence.model))

    def bar(self, evidence: Evidence) -> Figure:
        return self._figure(self._data(evidence, None))

    def _data(self, evidence: Evidence, model: Learner[Any] | None) -> ProbeData:
        train, labels = labelled_rows(evidence.train)
        test, truth = labelled_rows(evidence.real)

        def represent(x: Tensor) -> Tensor:
            if model is None:
                return x
            assert isinstance(model, Represents)
            features = model.represent(model.spec.standardise(x).to(model.device)).cpu()
            check_finite(features)
            return features

        return ProbeData.of(represent, train, labels, test, truth)

    @abstractmethod
    def _figure(self, data: ProbeData) -> Figure: ...


_SOURCE = "Chen et al. 2020, arXiv:2002.05709, section 4.1"


@metric(
    "few-label-accuracy",
    title="Few-label accuracy",
    summary="Share of unseen samples that a linear probe classifies correctly after a few labels "
    "of each class. Mean and 95 % interval over draws of the labels.",
    source=_SOURCE,
    needs=("represent",),
    better="higher",
    bar_is=_BAR,
    config=FewLabelConfig,
)
class FewLabelAccuracy(_Probe[FewLabelConfig]):
    """Logistic regression on few labels, the L2 weight chosen on validation rows."""

    def _figure(self, data: ProbeData) -> Figure:
        config = self.config
        try:
            each, _ = few_label_accuracy(data, config.labels, config.draws, config.seed)
        except ValueError as error:
            raise NotApplicable(str(error)) from error
        mean, margin = float(each.mean()), half_interval(each.tolist())
        return Figure(mean, mean - margin, mean + margin, len(data.truth))


@metric(
    "linear-accuracy",
    title="Linear probe accuracy",
    summary="Share of unseen samples that a linear classifier on the features classifies "
    "correctly, trained on all labels.",
    source=_SOURCE,
    needs=("represent",),
    better="higher",
    bar_is=_BAR,
)
class LinearAccuracy(_Probe[NoConfig]):
    """Logistic regression on all labels, with the interval of Wilson 1927."""

    def _figure(self, data: ProbeData) -> Figure:
        share, n = linear_accuracy(data)[0], len(data.truth)
        return Figure(share, *wilson(share, n), n)


class KnnConfig(Config, frozen=True):
    """How many neighbours vote."""

    k: Annotated[int, param("Neighbours k", "Number of votes.", low=1, high=200)] = 5


@metric(
    "knn-accuracy",
    title="kNN accuracy",
    summary="Share of unseen samples whose k nearest training samples, by cosine similarity of the "
    "features, vote for the correct class.",
    source="Wu et al. 2018, arXiv:1805.01978, section 3.4, without weights",
    needs=("represent",),
    better="higher",
    bar_is=_BAR,
    config=KnnConfig,
)
class KnnAccuracy(_Probe[KnnConfig]):
    """Votes of the nearest training rows, with the interval of Wilson 1927."""

    def _figure(self, data: ProbeData) -> Figure:
        share, n = knn_accuracy(data, self.config.k), len(data.truth)
        return Figure(share, *wilson(share, n), n)
