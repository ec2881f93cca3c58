"""One figure, from the least evidence that it needs."""

from typing import Any

from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.metrics.base import Evidence, Figure, Metric
from pushforward.models.tensors import make_generator

__all__ = ["figure", "value"]


def figure(
    metric: Metric[Any], x: Tensor, real: RowSource, *, seed: int = 0, judge: Judge | None = None
) -> Figure:
    """Compare samples x (n, *shape) with real data."""
    return metric.measure(Evidence(real, make_generator(seed), made=Batch(x), judge=judge))


def value(
    metric: Metric[Any], x: Tensor, real: RowSource, *, seed: int = 0, judge: Judge | None = None
) -> float:
    """Return the value of `figure`."""
    return figure(metric, x, real, seed=seed, judge=judge).value
