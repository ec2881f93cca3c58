"""The bench trains the models of a claim from a spec, as a user would.

A claim about a training says which (`Trial`), and its pass line; the bench runs it by the engine of
the application, once for each seed and never twice for the same code, on the device and for the
time of the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import Learner

__all__ = ["Bench", "Learnt", "Trial"]


@dataclass(frozen=True)
class Trial:
    """A training that a claim is about.

    Attributes:
        family, dataset: slugs.
        steps: how many.
        config, data, training: settings that are not the defaults.
        sampler, sampling: its slug, "" for the family's own, and its settings.
        inputs: the trainings that it learns from, by the names that its family gives them; each is
            made with the same seed.
    """

    family: str
    dataset: str
    steps: int
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    sampler: str = ""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, "Trial"] = field(default_factory=dict)


@dataclass(frozen=True)
class Learnt:
    """The result of a training.

    Attributes:
        learner: its state after the last step.
        sampler: what the run samples with, None for the family's own.
        pair: two independent real samples of (at most) n rows that no training saw, for a seed:
            ``pair(n, seed)``; where the data have rows to validate with, of the others, which only
            test.
        validating: as ``pair``, of the rows that validate: settings, as those of a sampler, are
            chosen by them. None where the data have none of their own.
        learned: the rows that it learned from.
        steps: number of steps done, fewer than requested if the time was up.
        seconds: of training.
    """

    learner: Learner[Any]
    sampler: Any
    pair: Callable[[int, int], tuple[RowSource, RowSource]]
    steps: int
    seconds: float
    validating: Callable[[int, int], tuple[RowSource, RowSource]] | None = None
    learned: RowSource | None = None


class Bench(Protocol):
    """Who trains for claims."""

    def seeds(self, usual: Sequence[int]) -> list[int]:
        """Return the seeds to train with: the requested ones, by default the usual ones."""
        ...

    def train(self, trial: Trial, seed: int) -> Learnt:
        """Train, or return what the same training came to before."""
        ...
