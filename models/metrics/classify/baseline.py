"""Baselines of a classifier: logistic regression, fitted once for the same data."""

import weakref
from typing import Protocol, runtime_checkable

from torch import Tensor

from pushforward.models.classical.logistic import LogisticRegression
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL

__all__ = ["HasPlain", "fitted", "labels_of", "plain_of"]

_known: "weakref.WeakKeyDictionary[RowSource, LogisticRegression]" = weakref.WeakKeyDictionary()


@runtime_checkable
class HasPlain(Protocol):
    """Data whose simple models read features other than whole rows."""

    def plain(self) -> Tensor:
        """Return what it is shown, (n, d)."""
        ...

    def classes(self) -> Tensor:
        """Return their classes, (n,) int64."""
        ...


def plain_of(data: RowSource) -> Tensor:
    """Return what a simple model is shown of data: (n, d) numbers, a row each."""
    if isinstance(data, HasPlain):
        return data.plain()
    return data.rows(slice(None)).x.flatten(1)


def labels_of(data: RowSource) -> Tensor:
    """Return the classes of data, (n,) int64."""
    if isinstance(data, HasPlain):
        return data.classes()
    return data.rows(slice(None)).given[LABEL].long()


def fitted(train: RowSource) -> LogisticRegression:
    """Return the regression on data, fitted once for the same data."""
    if train not in _known:
        classes = train.spec().given[LABEL].classes
        _known[train] = LogisticRegression(plain_of(train), labels_of(train), classes)
    return _known[train]
