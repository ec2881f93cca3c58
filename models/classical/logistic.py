"""Multinomial logistic regression."""

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.training.eager import eager

__all__ = ["LogisticRegression"]

_STEPS = 100
_LBFGS = eager(torch.optim.LBFGS)


class LogisticRegression:
    """Multinomial logistic regression on standardised numbers, with a Gaussian prior on its weights
    (Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4): the minimum of
    ``c sum -log p(y | x) + |w|^2 / 2``, found by L-BFGS from zero, so that nothing is random.

    Args:
        x: (n, d) to learn from.
        y: (n,) int64, their classes.
        classes: how many there are.
        c: weight of the data against the prior.
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int, c: float = 1.0) -> None:
        x = x.double()
        self._mean, self._std = x.mean(dim=0), x.std(dim=0).clamp_min(1e-9)
        x = (x - self._mean) / self._std
        self._weight = torch.zeros((x.shape[1], classes), dtype=torch.float64, requires_grad=True)
        self._bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
        weights = [self._weight, self._bias]
        search = _LBFGS(weights, max_iter=_STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            search.zero_grad()
            scores = x @ self._weight + self._bias
            value = c * functional.cross_entropy(scores, y, reduction="sum")
            value = value + 0.5 * self._weight.square().sum()
            value.backward()  # type: ignore[no-untyped-call]
            return value

        with torch.enable_grad():
            search.step(loss)  # type: ignore[no-untyped-call]

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(class | x) of x (m, d), (m, classes)."""
        with torch.no_grad():
            scores = (x.double() - self._mean) / self._std @ self._weight + self._bias
            return scores.log_softmax(dim=1)

    def predict(self, x: Tensor) -> Tensor:
        """Return the most probable class of rows (m, d), (m,)."""
        return self.log_prob(x).argmax(dim=1)
