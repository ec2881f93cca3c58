"""Where rows come from: in memory, from a file larger than it, from a generator."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.spec import DataSpec

__all__ = [
    "Feed",
    "HasContext",
    "Judge",
    "Labelled",
    "MakesBatches",
    "Outline",
    "RowSource",
    "Splits",
    "UsesContext",
]


@runtime_checkable
class RowSource(Protocol):
    """Real data in the units of the data, one row a datum.

    What else is known of them (modes, names of classes, titles) is the matter of their kind.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers of a row, of its symbols from 1 on, or of the types of nodes and
        edges of a graph; () where they have none. Only of numbers there are as many as in a row.
        """
        ...

    def __len__(self) -> int: ...

    def spec(self) -> DataSpec:
        """Return the description of the data that a model is built from."""
        ...

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some rows, on the CPU; index (n,) whole numbers."""
        ...

    def take(self, index: Tensor | slice) -> "RowSource":
        """Return a source of some of the rows, with all else that is known."""
        ...


class Feed(Protocol):
    """What hands out batches, in the units of the data and on the CPU."""

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0), a function of the seed and the step alone: nothing
        has to be saved for resuming.
        """
        ...


@runtime_checkable
class MakesBatches(Protocol):
    """A source that says itself what goes into a batch, where its rows shuffled would not do: a
    plug-in's that draws rows with a label more often, say.
    """

    def feed(self, size: int, seed: int) -> Feed:
        """Return a feed of batches of ``size`` rows."""
        ...


@runtime_checkable
class Labelled(Protocol):
    """A source whose rows may have classes. A data type that gives "labels" has such a source.

    Rows have the class of each as the condition "label" only once `labelled` is called: most models
    are trained without.
    """

    def labelled(self) -> "RowSource | None":
        """Return the source with the class of each row as a condition, None without classes."""
        ...

    def relabelled(self, rows: Batch, labels: Tensor) -> "RowSource":
        """Return a source of other rows with their classes (n,) int64, as samples of a model."""
        ...


@runtime_checkable
class HasContext(Protocol):
    """A source that knows further rows without their classes, for semi-supervised models."""

    def context(self) -> "RowSource":
        """Return them; none has a class."""
        ...


@runtime_checkable
class UsesContext(Protocol):
    """A learner that also learns from unlabelled rows."""

    def use_context(self, rows: "RowSource") -> None:
        """Take over the unlabelled rows, in the units of the data, before the first step."""
        ...


class Judge(Protocol):
    """A classifier of the data, frozen: what it sees in them is what metrics compare."""

    def features(self, x: Rows) -> Tensor:
        """Return what its last hidden layer says: x (n, *shape) in data units -> (n, k)."""
        ...

    def logits(self, x: Rows) -> Tensor:
        """Return the scores of the classes: x (n, *shape) in data units -> (n, classes)."""
        ...


@dataclass(frozen=True)
class Outline:
    """What is known of a data set before any of its rows is read: enough to check a form by.

    Attributes:
        example: a few rows of the right shapes, made up where the data would have to be read.
        rows: how many there are to learn from.
    """

    example: RowSource
    rows: int

    @property
    def spec(self) -> DataSpec:
        """The spec; its statistics are those of the example rows."""
        return self.example.spec()


@dataclass(frozen=True)
class Splits:
    """A finite data set in parts: what may be learned from, what is only measured with, and where
    there are enough rows some that settings may be chosen by, so that nothing is by the test.

    A data set registered with ``finite=True`` is made as ``make(config)`` and returns this.
    """

    train: RowSource
    test: RowSource
    validation: RowSource | None = None
