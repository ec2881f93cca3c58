"""What an operator is: something that a trained model can do, with its progress.

An operator is handed a learner and what a person chose, and speaks the units of the data. It
computes in pieces, between which its caller may do something else; it touches no files and no
random numbers but its own, so that the same settings give the same outcome.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, TypeAlias

from torch import Tensor

from pushforward.models.config import Pick, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Judge, RowSource
from pushforward.models.contracts.learner import Learner

__all__ = [
    "ALL",
    "TEST",
    "Operation",
    "Operator",
    "Outcome",
    "Progress",
    "SeedSetting",
    "Slot",
    "Work",
]

ALL = "all"
"""Input that stands for all rows of the data set of the run, training rows included."""

TEST = "test"
"""Input that stands for the test rows of the data set of the run."""

SeedSetting = Annotated[
    int,
    param("Seed", "The same seed gives the same result.", low=0, high=2**31 - 1),
]


@dataclass(frozen=True)
class Slot:
    """Data that an operator takes in addition to its settings: rows of the kind that the model is
    of.

    Attributes:
        name: slug.
        title, help: for a person.
        unless: what is taken where nothing is handed, `ALL` or `TEST`; "" for nothing: then it
            must be.
        example: how it is written, where rows of the data would make no sense.
    """

    name: str
    title: str
    help: str
    unless: str = ""
    example: str = ""


@dataclass(frozen=True)
class Operation:
    """What an operator works with.

    Attributes:
        learner: with the weights of a checkpoint.
        sampler: a `models.samplers.base.Sampler`, None for the family's own.
        given: conditions that a person chose, in the units of the data: a value for all rows, or
            one for each.
        handed: rows by the name of their slot, in the units of the data, on the CPU.
        whole: the data that handed rows are all of, by the name of the slot; of rows that somebody
            typed there are none.
        data: reads what the run has learned from; None where there is no run.
        held: reads what it is measured with, or says that no rows are set apart for it (None).
        test: reads the test split, by which nothing is chosen; None where there is none.
        some: reads n rows that it is measured with, for a seed: drawn for that, or set apart.
        judge: prepares the judge of the data, None where they have none; yields False while it
            learns.
        models: those of other runs that a person chose, by the name of the setting, on the same
            device.
        other: reads a set that a person picked, or n rows of it for a seed where it is drawn; None
            where there are none but those of the registry.
        shared: whether something else trains meanwhile in this process, so that a time that is
            measured is not that of a machine at rest.
    """

    learner: Learner[Any]
    sampler: Any = None
    given: Mapping[str, Tensor] = field(default_factory=dict)
    handed: Mapping[str, Batch] = field(default_factory=dict)
    whole: Mapping[str, RowSource] = field(default_factory=dict)
    data: Callable[[], RowSource] | None = None
    held: Callable[[], RowSource | None] | None = None
    models: Mapping[str, Learner[Any]] = field(default_factory=dict)
    some: Callable[[int, int], RowSource] | None = None
    judge: Callable[[], Generator[bool, None, Judge | None]] | None = None
    shared: Callable[[], bool] = lambda: False
    other: Callable[[Pick, int, int], RowSource] | None = None
    test: Callable[[], RowSource | None] | None = None


@dataclass(frozen=True)
class Progress:
    """How many of how many rows are done, or of what else the operator says that it counts."""

    done: int
    total: int


@dataclass(frozen=True)
class Outcome:
    """The result of an operator, on the CPU.

    Attributes:
        rows: samples, in data units; written to files in the format of their data type.
        arrays: further results by name.
        note: a remark in one sentence, "" for none.
        taken_from: source of the conditions that were not chosen, in a few words; "" for the
            training rows.
        settled: values of the settings that were left open, by name.
    """

    rows: Batch | None = None
    arrays: Mapping[str, Tensor] = field(default_factory=dict)
    note: str = ""
    taken_from: str = ""
    settled: Mapping[str, Any] = field(default_factory=dict)


Work: TypeAlias = Generator[Progress, None, Outcome]
"""Yields how far it is between two passes through a network."""


class Operator(Protocol):
    """Something that a trained model can do; made from its settings."""

    def work(self, operation: Operation) -> Work:
        """Do it.

        Raises:
            ValueError: what was handed does not fit; one sentence for a person.
        """
        ...
