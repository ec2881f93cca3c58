"""Accuracy, average accuracy and Cohen's kappa, with those of a simple model as the baseline."""

from abc import abstractmethod
from collections.abc import Generator, Sequence
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Classifies
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable, check_finite
from pushforward.models.metrics.classify.baseline import HasPlain, fitted, labels_of, plain_of
from pushforward.models.metrics.classify.confusions import (
    average_accuracy,
    cohen_kappa,
    confusion,
    overall_accuracy,
    producer_accuracies,
    user_accuracies,
)
from pushforward.models.metrics.intervals import wilson
from pushforward.models.registry import metric

__all__ = ["Accuracy", "AgainstConfig", "AverageAccuracy", "Kappa", "UserAccuracy"]

_PIECE = 1024
_SOURCE = "Congalton 1991, Remote Sensing of Environment 37, 35-46"
_BAR = "the most frequent class, or logistic regression on single samples"


class AgainstConfig(Config, frozen=True):
    """The reference of a metric."""

    against: Annotated[
        Literal["data-type", "logistic", "majority"],
        param(
            "Baseline",
            "Baseline, fitted to the training data of the run. Logistic regression classifies each "
            "sample on its own numbers, and takes seconds for large data; of scenes it sees the "
            "spectrum of one pixel.",
            choices={
                "data-type": "Logistic regression for scenes, else the most frequent class",
                "logistic": "Logistic regression",
                "majority": "The most frequent class",
            },
        ),
    ] = "data-type"


class _Agreement(Metric[AgainstConfig]):
    """A figure of the confusion of classes on data that were not learned from."""

    def measure(self, evidence: Evidence) -> Figure:
        return finish(self.walk(evidence))

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        model, real = evidence.model, evidence.real
        assert model is not None
        assert isinstance(model, Classifies)
        names = _names(evidence)
        said, truth = [], []
        for start in range(0, len(real), _PIECE):
            rows = real.rows(slice(start, start + _PIECE))
            scores = model.classify(model.spec.standardised(rows).to(model.device)).cpu()
            check_finite(scores)
            said.append(scores.argmax(dim=1))
            truth.append(rows.given[LABEL].long())
            yield
        return self._figure(confusion(torch.cat(truth), torch.cat(said), len(names)), names)

    def bar(self, evidence: Evidence) -> Figure:
        if evidence.train is None:
            raise NotApplicable("it is compared with a model of the training data, and has none")
        names, truth = _names(evidence), labels_of(evidence.real)
        usual = "logistic" if isinstance(evidence.train, HasPlain) else "majority"
        against = self.config.against
        if (usual if against == "data-type" else against) == "logistic":
            said = fitted(evidence.train).predict(plain_of(evidence.real))
        else:
            largest = labels_of(evidence.train).bincount(minlength=len(names)).argmax()
            said = largest.expand(len(truth))
        return self._figure(confusion(truth, said, len(names)), names)

    @abstractmethod
    def _figure(self, counts: Tensor, names: Sequence[str]) -> Figure:
        """Return the figure of a confusion (classes, classes)."""


def _names(evidence: Evidence) -> tuple[str, ...]:
    given = evidence.real.spec().given
    if LABEL not in given:
        raise NotApplicable("the data have no classes")
    label = given[LABEL]
    return label.names or tuple(map(str, range(label.classes)))


def _present(shares: Tensor, names: Sequence[str]) -> dict[str, float]:
    """Return the share of each class by its name; of classes that have one."""
    pairs = zip(names, shares.tolist(), strict=True)
    return {name: share for name, share in pairs if share == share}


def _cells(counts: Tensor, names: Sequence[str]) -> tuple[tuple[str, str, float], ...]:
    """Return the cells of a confusion that are not 0, the true class first."""
    return tuple(
        (names[true], names[told], float(counts[true, told]))
        for true, told in counts.nonzero().tolist()
    )


@metric(
    "accuracy",
    title="Accuracy",
    summary="The share of unseen real data whose class the model predicts. Its parts are the "
    "classes. Of scenes it is also called overall accuracy.",
    source=f"{_SOURCE}; Wilson 1927, doi:10.1080/01621459.1927.10502953 (interval)",
    needs=("classify",),
    better="higher",
    bar_is=_BAR,
    config=AgainstConfig,
    formerly=("overall-accuracy",),
)
class Accuracy(_Agreement):
    """The diagonal's share of all, with the interval of Wilson 1927."""

    def _figure(self, counts: Tensor, names: Sequence[str]) -> Figure:
        n, share = int(counts.sum()), overall_accuracy(counts)
        low, high = wilson(share, n)
        parts = _present(producer_accuracies(counts), names)
        return Figure(share, low, high, n, parts, _cells(counts, names))


@metric(
    "average-accuracy",
    title="Average accuracy",
    summary="Mean over the classes of the fraction that is classified correctly: rare classes "
    "count as much as common ones. Classes without test data are left out.",
    source=_SOURCE,
    needs=("classify",),
    better="higher",
    bar_is=_BAR,
    config=AgainstConfig,
)
class AverageAccuracy(_Agreement):
    """The mean recall."""

    def _figure(self, counts: Tensor, names: Sequence[str]) -> Figure:
        parts = _present(producer_accuracies(counts), names)
        return Figure(average_accuracy(counts), n=int(counts.sum()), parts=parts)


@metric(
    "user-accuracy",
    title="User's accuracy",
    summary="Mean over the predicted classes of the fraction that is correct (precision). Its "
    "parts are the classes. The parts of average accuracy are producer's accuracies (recall).",
    source=_SOURCE,
    needs=("classify",),
    better="higher",
    bar_is=_BAR,
    config=AgainstConfig,
)
class UserAccuracy(_Agreement):
    """The mean precision."""

    def _figure(self, counts: Tensor, names: Sequence[str]) -> Figure:
        shares = user_accuracies(counts)
        parts = _present(shares, names)
        return Figure(float(shares.nanmean()), n=int(counts.sum()), parts=parts)


@metric(
    "kappa",
    title="Cohen's kappa",
    summary="Agreement of predicted and true classes beyond chance: 0 is chance, 1 is perfect.",
    source="Cohen 1960, Educational and Psychological Measurement 20, 37-46",
    needs=("classify",),
    better="higher",
    bar_is=_BAR,
    config=AgainstConfig,
)
class Kappa(_Agreement):
    """(p_o - p_e) / (1 - p_e), p_e the agreement of independent tellers with the same shares."""

    def _figure(self, counts: Tensor, names: Sequence[str]) -> Figure:
        return Figure(cohen_kappa(counts), n=int(counts.sum()))
