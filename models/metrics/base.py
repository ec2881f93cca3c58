"""What a metric is, and its floor: the same metric between two independent real samples.

Metrics compare samples (n, *shape) with reference data (m, *shape) in the units of the data. A
figure says little without its floor, so the floor is computed by the very same object at the same
sizes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from models.config import Config
from models.contracts.data import RowSource
from models.kinds.points import PointSet
from models.tensors import make_generator

__all__ = [
    "Floor",
    "Metric",
    "NotApplicable",
    "check",
    "check_finite",
    "floor",
    "fresh_pairs",
    "split_pairs",
]

C = TypeVar("C", bound=Config)
Pairs = Callable[[int], tuple[RowSource, RowSource]]
PointPairs = Callable[[int], tuple[PointSet, PointSet]]
# Apart from data (1000) and training streams, so that evaluating changes nothing else.
_STREAM = 2000


class NotApplicable(ValueError):
    """The metric needs something that the data set does not have; the message says what."""


class Metric(Protocol):
    """A number that compares samples with reference data."""

    def __call__(
        self, samples: Tensor, reference: Tensor, *, points: Any, generator: torch.Generator
    ) -> float:
        """Compare samples (n, *shape) with reference (m, *shape).

        Args:
            samples: from the model, in the units of the data.
            reference: real data that the samples are measured against.
            points: the data set, a `PointSet` for its modes or an `ImageSet` for its judge, as
                the kinds of the metric say.
            generator: for subsampling, where a metric must; it is on the CPU.

        Raises:
            NotApplicable: the data set lacks what the metric needs.
            ValueError: the shapes do not fit, or there are too few points.
            ArithmeticError: a number is not finite, or the figure could not be computed.
        """
        ...


@dataclass(frozen=True)
class Floor:
    """A metric between independent real samples: over ``repeats`` pairs of ``n`` points each."""

    mean: float
    std: float
    low: float
    high: float
    n: int
    repeats: int

    def __str__(self) -> str:
        return f"{self.mean:.4g} ± {self.std:.2g} (n {self.n}, {self.repeats} repeats)"


def check(samples: Tensor, reference: Tensor, minimum: int = 2) -> None:
    """Refuse what cannot be compared.

    Raises:
        ValueError: not two (n, d) arrays of the same d, or fewer than ``minimum`` points.
        ArithmeticError: a number is NaN or infinite.
    """
    if samples.ndim != 2 or reference.ndim != 2 or samples.shape[1] != reference.shape[1]:
        raise ValueError(
            "samples and reference must be points of the same dimension, got shapes "
            f"{tuple(samples.shape)} and {tuple(reference.shape)}"
        )
    fewest = min(len(samples), len(reference))
    if fewest < minimum:
        raise ValueError(f"at least {minimum} points are needed on each side, got {fewest}")
    check_finite(samples)
    check_finite(reference)


def check_finite(x: Tensor, what: str = "points") -> None:
    """Refuse rows (n, ...) with a number that is NaN or infinite.

    Raises:
        ArithmeticError: there is one; the message counts such rows.
    """
    broken = int((~torch.isfinite(x)).flatten(1).any(dim=1).sum())
    if broken:
        raise ArithmeticError(f"{broken:,} of {len(x):,} {what} are not finite numbers")


def floor(metric: Metric, pairs: Pairs, *, repeats: int = 5, seed: int = 0) -> Floor:
    """Measure a metric between real and real.

    Args:
        metric: what is measured.
        pairs: for a seed, two independent real samples of the sizes that matter.
        repeats: how many pairs.
        seed: of the first pair; the others follow.

    Raises:
        NotApplicable: the metric does not apply to this data.
    """
    values = []
    n = 0
    for index in range(repeats):
        left, right = pairs(seed + index)
        generator = make_generator(seed + index, _STREAM)
        values.append(
            metric(
                left.rows(slice(None)).x,
                right.rows(slice(None)).x,
                points=right,
                generator=generator,
            )
        )
        n = len(left)
    v = torch.tensor(values, dtype=torch.float64)
    std = float(v.std()) if repeats > 1 else 0.0
    return Floor(float(v.mean()), std, float(v.min()), float(v.max()), n, repeats)


def fresh_pairs(make: Callable[[C, int, int], PointSet], config: C, n: int) -> PointPairs:
    """Return pairs of two fresh draws of n points of a procedural data set."""

    def pair(seed: int) -> tuple[PointSet, PointSet]:
        # Far from the small seeds that people give to their training data.
        base = 1_000_003 + 2 * seed
        return make(config, n, base), make(config, n, base + 1)

    return pair


def split_pairs(points: RowSource, n: int) -> Pairs:
    """Return pairs of two disjoint random parts, of n rows or half of a smaller finite set."""
    n = min(n, len(points) // 2)

    def pair(seed: int) -> tuple[RowSource, RowSource]:
        order = torch.randperm(len(points), generator=make_generator(seed, _STREAM))
        return points.take(order[:n]), points.take(order[n : 2 * n])

    return pair
