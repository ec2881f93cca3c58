"""What a judge learns from, and how it is taught.

A judge is a classifier of real data, small and trained once. Its last hidden layer takes the place
that Inception has in the Fréchet inception distance (Heusel et al. 2017, arXiv:1706.08500). Figures
in its features compare models of the same data, judged by the same network, and nothing else.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import finish

__all__ = ["Lesson", "Network", "Teaching", "WeightsError", "accuracy", "load_weights", "taught"]


@dataclass(frozen=True)
class Lesson:
    """What a judge learns from: it is a function of this and a seed.

    Attributes:
        rows: in the units of the data.
        labels: (n,) int64, the class of each.
        names: of the classes, () where they have none.
    """

    rows: Batch
    labels: Tensor
    names: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.names) or int(self.labels.max()) + 1


class Network(nn.Module, ABC):
    """A `models.contracts.data.Judge` that is a network."""

    @abstractmethod
    def features(self, x: Rows) -> Tensor:
        """Return what its last hidden layer says: x (n, *shape) in data units -> (n, k)."""

    @abstractmethod
    def logits(self, x: Rows) -> Tensor:
        """Return the scores of the classes: x (n, *shape) in data units -> (n, classes)."""


class Teaching(ABC):
    """How a judge of a kind of data is made; a subclass is registered with ``@judge``."""

    @abstractmethod
    def lesson(self, data: RowSource) -> Lesson | None:
        """Return what there is to learn from training data, None where there is nothing."""

    @abstractmethod
    def new(self, lesson: Lesson, seed: int = 0) -> Network:
        """Return an untrained judge, its weights from the seed."""

    @abstractmethod
    def train(self, lesson: Lesson, seed: int = 0) -> Generator[None, None, Network]:
        """Train a judge on the CPU, yielding after each step; returns it, frozen.

        The same lesson and seed give the same reference classifier.
        """


def taught(teaching: Teaching, data: RowSource, seed: int = 0) -> Network:
    """Return a judge that has learned from data, however long it takes.

    Raises:
        ValueError: there is nothing to learn from.
    """
    lesson = teaching.lesson(data)
    if lesson is None:
        raise ValueError(
            "a reference classifier is trained on labelled data, and these have no labels"
        )
    return finish(teaching.train(lesson, seed))


def accuracy(judge: Network, lesson: Lesson) -> float:
    """Return the share of labelled rows whose class the judge names."""
    return float((judge.logits(lesson.rows).argmax(dim=1) == lesson.labels).double().mean())


class WeightsError(ValueError):
    """A file has no weights of the requested reference classifier; the message says why."""


def load_weights(judge: Network, path: Path) -> Network:
    """Give a judge the weights in a safetensors file; returns it, frozen.

    Raises:
        WeightsError: it is no such file, or its tensors are not those of this judge.
        OSError: it cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        found = load(path.read_bytes())
    except SafetensorError as error:
        raise WeightsError(f"it is no safetensors file ({error})") from error
    wanted = judge.state_dict()
    for name, tensor in wanted.items():
        if name not in found:
            raise WeightsError(f"it has no tensor {name!r}; it should have {', '.join(wanted)}")
        if found[name].shape != tensor.shape:
            shapes = tuple(found[name].shape), tuple(tensor.shape)
            raise WeightsError(
                f"{name!r} has the shape {shapes[0]}, and for these data it must be {shapes[1]}"
            )
        if not torch.isfinite(found[name]).all():
            raise WeightsError(f"{name!r} has numbers that are not finite")
    if more := sorted(found.keys() - wanted.keys()):
        raise WeightsError(f"it has a tensor {more[0]!r}, and the judge has none of that name")
    judge.load_state_dict(found)
    return judge.requires_grad_(False).eval()
