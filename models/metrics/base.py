'''What a metric is: from evidence it measures how good a model is, and its reference.

A value says little by itself. Its *bar* is the value of a reference: real data instead of samples,
a known distribution, chance, a baseline. A metric says in a few words which (``bar_is``), and an
evaluation measures it over several pairs of real data, for a mean with its spread.

A metric is one file below `models.metrics`, such as this one::

    from pushforward.models.metrics.base import Evidence, Figure, SampleMetric
    from pushforward.models.config import NoConfig
    from pushforward.models.registry import metric

    @metric(
        "mean-gap",
        title="Gap of the means",
        summary="How far the mean of the samples is from the mean of real data.",
        source="by definition",
        unit="data units",
    )
    class MeanGap(SampleMetric[NoConfig]):
        """The distance of two means as a metric."""

        def measure(self, evidence: Evidence) -> Figure:
            made, real = evidence.sides()
            gap = made.mean(dim=0) - real.mean(dim=0)
            return Figure(float(gap.norm()), n=len(made))

`SampleMetric` measures its bar between real and real. One that looks at the model itself is a
`Metric`, names in ``needs`` what the model must be able to do, and has a ``bar`` of its own.
'''

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.contracts.learner import Learner
from pushforward.models.metrics.checks import check, check_finite, check_overflow
from pushforward.models.registry import registry
from pushforward.models.rounded import rounded
from pushforward.models.tensors import make_generator

__all__ = [
    "Evidence",
    "Figure",
    "Floor",
    "Metric",
    "NotApplicable",
    "SampleMetric",
    "check",
    "check_finite",
    "flat",
    "floor",
    "fresh_pairs",
    "split_pairs",
    "subsample",
]

C = TypeVar("C", bound=Config)
Pairs = Callable[[int], tuple[RowSource, RowSource]]
# Apart from data (1000) and training streams, so that evaluating changes nothing else.
_STREAM = 2000


class NotApplicable(ValueError):
    """The metric needs something that the data or the model do not have; the message says what."""


@dataclass(frozen=True)
class Figure:
    """What was measured.

    Attributes:
        value: in the unit of the metric.
        low, high: an interval in which it lies with 95 % confidence; None where there is none.
        n: how many data it is of.
        parts: figures that it is made of, by name: of each class, of each mode.
        cells: how many of each true class (first) were predicted as each (second); only those
            that are not 0.
        note: how a random estimate was made: number of draws and standard error; shown with it.
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    parts: Mapping[str, float] = field(default_factory=dict)
    cells: tuple[tuple[str, str, float], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Evidence:
    """What a metric is given. All data are in their own units, on the CPU.

    Attributes:
        real: data that were not learned from, with all that their kind knows of them: modes, law,
            names of classes.
        rng: for subsampling, where a metric must; on the CPU, and in the same state for each
            metric.
        made: samples of the model; None where no metric that is measured needs them.
        other: as many real data that are independent of ``real``: what a bar is measured with.
        model: what has learned; None for a bar.
        train: what it has learned from: what a baseline is fitted to.
        judge: in whose features data of this kind are compared; None where there is none.
    """

    real: RowSource
    rng: torch.Generator
    made: Batch | None = None
    other: RowSource | None = None
    model: Learner[Any] | None = None
    train: RowSource | None = None
    judge: Judge | None = None

    @property
    def samples(self) -> Batch:
        """The samples.

        Raises:
            ValueError: there are none.
            ArithmeticError: a number is not finite, or beyond
                `models.metrics.checks.LARGEST`.
        """
        if self.made is None:
            raise ValueError("there are no samples to measure")
        check_overflow(self.made.x)
        return self.made

    @property
    def reference(self) -> Batch:
        """All real data, (m, *shape)."""
        return self.real.rows(slice(None))

    @property
    def real_against_real(self) -> "Evidence":
        """Return the evidence with real data instead of samples.

        Raises:
            ValueError: there is no second set of real data.
        """
        if self.other is None:
            raise ValueError("a bar between real and real needs two samples of real data")
        return replace(self, made=self.other.rows(slice(None)), model=None)

    def sides(self, minimum: int = 2) -> tuple[Tensor, Tensor]:
        """Return samples (n, d) and real data (m, d) as rows of numbers that can be compared.

        Raises:
            NotApplicable: they are no rows of equally many numbers.
            ValueError: they do not fit each other, or there are too few.
            ArithmeticError: a number is not finite.
        """
        made, real = flat(self.samples), flat(self.reference)
        check(made, real, minimum)
        return made, real

    def seen(self, most: int, minimum: int = 2) -> tuple[Tensor, Tensor]:
        """Return both sides as they are best compared, at most a number of rows of each: in the
        features of the judge where the kind of the data has one, or as they are.

        Raises:
            NotApplicable: there should be a judge and is none; or as `sides`.
        """
        made = _some(self.samples, most, self.rng)
        real = _some(self.reference, most, self.rng)
        if self.judge is None and not judges_of(self.real.spec().kind):
            left, right = flat(made), flat(real)
            check(left, right, minimum)
            return left, right
        judge = self.get_judge()
        return judge.features(made), judge.features(real)

    def get_judge(self) -> Judge:
        """Return the judge.

        Raises:
            NotApplicable: there is none.
        """
        if self.judge is None:
            many = registry.get("kind", self.real.spec().kind).many
            raise NotApplicable(f"there is no judge: the {many} have no labels to train one on")
        return self.judge


class Metric(ABC, Generic[C]):
    """A number that says how good a model is. ``config`` are its settings."""

    def __init__(self, config: C) -> None:
        self.config = config

    @abstractmethod
    def measure(self, evidence: Evidence) -> Figure:
        """Measure the model.

        Raises:
            NotApplicable: data or model lack what the metric needs.
            ValueError: the data do not fit each other, or there are too few.
            ArithmeticError: a number is not finite, or the figure could not be computed.
        """

    @abstractmethod
    def bar(self, evidence: Evidence) -> Figure:
        """Measure the reference of a model, for one pair of real data. Raises as `measure`."""

    def walk(self, evidence: Evidence) -> Generator[None, None, Figure]:
        """Measure the model in pieces; yields between them. For what takes more than a second."""
        yield
        return self.measure(evidence)

    def walk_bar(self, evidence: Evidence) -> Generator[None, None, Figure]:
        """Measure the bar in pieces, as `walk` does."""
        yield
        return self.bar(evidence)


class SampleMetric(Metric[C]):
    """A metric that compares samples with real data, and so has real against real as its bar."""

    compares_training: ClassVar[bool] = False
    """Whether it compares with training data, and so is no distance from held-out data."""
    one_sample: ClassVar[bool] = False
    """Whether the value is one of the samples alone, or of them and training data, as a share of
    valid samples is; held-out data are only its reference."""

    def bar(self, evidence: Evidence) -> Figure:
        return self.measure(evidence.real_against_real)

    def walk_bar(self, evidence: Evidence) -> Generator[None, None, Figure]:
        return (yield from self.walk(evidence.real_against_real))


@dataclass(frozen=True)
class Floor:
    """The bar of a metric over ``repeats`` pairs of ``n`` real data each."""

    mean: float
    std: float
    low: float
    high: float
    n: int
    repeats: int

    def __str__(self) -> str:
        return (
            f"{rounded(self.mean, 4)} ± {rounded(self.std, 2)} (n {self.n}, {self.repeats} repeats)"
        )


def judges_of(kind: str) -> list[str]:
    """Return the slugs of the judges of a kind of data."""
    return [entry.slug for entry in registry.all("judge") if kind in entry.kinds]


def flat(rows: Batch) -> Tensor:
    """Return rows as vectors, (n, d).

    Raises:
        NotApplicable: they are symbols, or some of their places are padded.
    """
    if not rows.x.is_floating_point():
        raise NotApplicable("it compares numbers, and these data are symbols")
    if rows.mask is not None:
        raise NotApplicable("it compares samples of one size, and these differ in size")
    return rows.x.flatten(1)


def subsample(x: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Return x, or ``most`` of its rows without repetition if there are more."""
    rows = _chosen(len(x), most, generator)
    return x if rows is None else x[rows.to(x.device)]


def _some(rows: Batch, most: int, generator: torch.Generator) -> Batch:
    chosen = _chosen(len(rows), most, generator)
    return rows if chosen is None else rows.take(chosen)


def _chosen(n: int, most: int, generator: torch.Generator) -> Tensor | None:
    return None if n <= most else torch.randperm(n, generator=generator)[:most]


def floor(
    metric: Metric[Any],
    pairs: Pairs,
    *,
    repeats: int = 5,
    seed: int = 0,
    judge: Judge | None = None,
) -> Floor:
    """Measure the bar of a metric over several pairs of real data.

    Args:
        metric: what is measured.
        pairs: for a seed, two independent real samples of the sizes that matter.
        repeats: how many pairs.
        seed: of the first pair; the others follow.
        judge: of the data, where the metric asks one.

    Raises:
        NotApplicable: the metric does not apply to this data.
    """
    values = []
    n = 0
    for index in range(repeats):
        left, right = pairs(seed + index)
        rng = make_generator(seed + index, _STREAM)
        values.append(metric.bar(Evidence(right, rng, other=left, judge=judge)).value)
        n = len(left)
    v = torch.tensor(values, dtype=torch.float64)
    std = float(v.std()) if repeats > 1 else 0.0
    return Floor(float(v.mean()), std, float(v.min()), float(v.max()), n, repeats)


def fresh_pairs(make: Callable[[C, int, int], RowSource], config: C, n: int) -> Pairs:
    """Return pairs of two fresh draws of n rows of a procedural data set."""

    def pair(seed: int) -> tuple[RowSource, RowSource]:
        # Far from the small seeds that people give to their training data.
        base = 1_000_003 + 2 * seed
        return make(config, n, base), make(config, n, base + 1)

    return pair


def split_pairs(data: RowSource, n: int) -> Pairs:
    """Return pairs of two disjoint random parts, of n rows or half of a smaller finite set.

    A value of one part alone (`SampleMetric.one_sample`) varies less between such parts than
    between independent samples: see `studio.significance.finite_pool_factor`.
    """
    n = min(n, len(data) // 2)

    def pair(seed: int) -> tuple[RowSource, RowSource]:
        order = torch.randperm(len(data), generator=make_generator(seed, _STREAM))
        return data.take(order[:n]), data.take(order[n : 2 * n])

    return pair
