"""What anybody could do: say the largest class, or a straight line between classes."""

import weakref
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL
from pushforward.models.training.eager import eager

__all__ = ["HasPlain", "LogisticRegression", "fitted", "labels_of", "plain_of"]

_STEPS = 100
_LBFGS = eager(torch.optim.LBFGS)
_known: "weakref.WeakKeyDictionary[RowSource, LogisticRegression]" = weakref.WeakKeyDictionary()


@runtime_checkable
class HasPlain(Protocol):
    """Data of which a simple model sees something else than whole rows."""

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


class LogisticRegression:
    """Multinomial logistic regression on standardised numbers, with a Gaussian prior on its weights
    (Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4): the minimum of
    ``sum -log p(y | x) + |w|^2 / 2``, found by L-BFGS from zero, so that nothing is random.

    Args:
        x: (n, d) to learn from.
        y: (n,) int64, their classes.
        classes: how many there are.
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int) -> None:
        x = x.double()
        self._mean, self._std = x.mean(dim=0), x.std(dim=0).clamp_min(1e-9)
        x = (x - self._mean) / self._std
        self._weight = torch.zeros((x.shape[1], classes), dtype=torch.float64, requires_grad=True)
        self._bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
        weights = [self._weight, self._bias]
        search = _LBFGS(weights, max_iter=_STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            search.zero_grad()
            said = x @ self._weight + self._bias
            value = functional.cross_entropy(said, y, reduction="sum")
            value = value + 0.5 * self._weight.square().sum()
            value.backward()  # type: ignore[no-untyped-call]
            return value

        with torch.enable_grad():
            search.step(loss)  # type: ignore[no-untyped-call]

    def says(self, x: Tensor) -> Tensor:
        """Return the most probable class of rows (m, d), (m,)."""
        with torch.no_grad():
            scores = (x.double() - self._mean) / self._std @ self._weight + self._bias
        return scores.argmax(dim=1)


def fitted(train: RowSource) -> LogisticRegression:
    """Return the regression on data, fitted once for the same data."""
    if train not in _known:
        classes = train.spec().given[LABEL].classes
        _known[train] = LogisticRegression(plain_of(train), labels_of(train), classes)
    return _known[train]
