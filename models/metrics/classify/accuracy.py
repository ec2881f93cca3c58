"""How often a classifier names the right class of data that it has never seen."""

import torch
from torch import Tensor

from models.config import NoConfig
from models.contracts.abilities import Classifies
from models.contracts.batch import Batch
from models.contracts.spec import LABEL
from models.metrics.base import Evidence, Figure, Metric, NotApplicable
from models.metrics.intervals import wilson
from models.registry import metric

__all__ = ["Accuracy"]


@metric(
    "accuracy",
    title="Accuracy",
    summary="The share of unseen real data whose class the model names.",
    source="Wilson 1927, doi:10.1080/01621459.1927.10502953 (interval)",
    needs=("classify",),
    better="higher",
    bar_is="chance: always the most frequent class of the data that were learned from",
)
class Accuracy(Metric[NoConfig]):
    """The share of right answers, with its interval, and that of each class."""

    def measure(self, evidence: Evidence) -> Figure:
        model = evidence.model
        assert model is not None
        assert isinstance(model, Classifies)
        real, label = _labelled(evidence.reference)
        standard = model.spec.standardised(real).to(model.device)
        said = model.classify(standard).argmax(dim=1).cpu()
        return _share(said == label, label)

    def bar(self, evidence: Evidence) -> Figure:
        _, label = _labelled(evidence.reference)
        if evidence.train is None:
            raise NotApplicable("there are no data to take the most frequent class of")
        _, learned = _labelled(evidence.train.rows(slice(None)))
        return _share(label == learned.bincount().argmax(), label)


def _labelled(rows: Batch) -> tuple[Batch, Tensor]:
    if LABEL not in rows.given:
        raise NotApplicable("the data have no labels")
    return rows, rows.given[LABEL].long()


def _share(right: Tensor, label: Tensor) -> Figure:
    value = float(right.double().mean())
    low, high = wilson(value, len(right))
    parts = {str(int(k)): float(right[label == k].double().mean()) for k in torch.unique(label)}
    return Figure(value, low, high, len(right), parts)
