"""What classifiers by a network share: noise, unlabelled rows, whole scenes."""

from typing import Annotated, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from pushforward.models.config import param
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.entries import Needs
from pushforward.models.nets.calling import call

__all__ = [
    "GENERATED",
    "GeneratedPerClass",
    "Unlabelled",
    "add_noise",
    "classify_densely",
    "classify_rows",
    "drop_label",
]

GENERATED = {
    "generated": Needs(
        "samples",
        "Generated samples",
        "A finished run that generates samples of the same data by class. Some of each class are "
        "added to the training data.",
        same_data=True,
        optional=True,
        adds=True,
        without=("none", "Trained on the labelled data alone."),
    )
}
"""The input of classifiers that learn from few labels and from generated samples, too."""

GeneratedPerClass = Annotated[
    int,
    param(
        "Generated per class",
        "Number of generated samples of each class that are added to the training data. Only with "
        "a run that generates them.",
        low=1,
        high=100_000,
        advanced=True,
    ),
]


@runtime_checkable
class EvaluatesDensely(Protocol):
    """A network of windows that can go over a whole scene."""

    def dense(self, padded: Tensor) -> Tensor | None:
        """Return (outputs, H, W) of a scene with its margin, None if it cannot."""
        ...


def drop_label(rows: Batch) -> Batch:
    """Return rows without their class."""
    given = {name: value for name, value in rows.given.items() if name != LABEL}
    return Batch(rows.x, rows.mask, given)


def add_noise(rows: Batch, std: float, generator: torch.Generator) -> Batch:
    """Return rows with Gaussian noise on their real places; the rows themselves for 0."""
    if not std:
        return rows
    noise = torch.randn(rows.x.shape, generator=generator, device=rows.x.device)
    return rows.holding(rows.x + std * rows.zeroed(noise))


def classify_rows(net: nn.Module, x: Rows, keep: int | None = None) -> Tensor:
    """Return log p(class | x) of a network, (n, classes); of its first ``keep`` outputs."""
    with torch.no_grad():
        scores = by_parts(lambda rows: call(net, rows), drop_label(Batch.of(x)))
    return scores[:, :keep].log_softmax(dim=1)


def classify_densely(net: nn.Module, padded: Tensor, keep: int | None = None) -> Tensor | None:
    """Return log p(class | window) around each pixel of a scene with its margin, (classes, H, W);
    None where the network takes single windows only.
    """
    if not isinstance(net, EvaluatesDensely):
        return None
    with torch.no_grad():
        scores = net.dense(padded)
    return None if scores is None else scores[:keep].log_softmax(dim=0)


class Unlabelled:
    """Unlabelled rows for semi-supervised training: those of the data, where these know some, else
    the labelled rows without their class.

    Args:
        spec: of the data.
        generator: the noise of the training.
        device: where it computes.
    """

    def __init__(self, spec: DataSpec, generator: torch.Generator, device: torch.device) -> None:
        self._spec, self._generator, self._device = spec, generator, device
        self._rows: RowSource | None = None

    def use(self, rows: RowSource) -> None:
        """Take over unlabelled rows, in the units of the data."""
        self._rows = rows

    def draw(self, like: Batch) -> Batch:
        """Return as many unlabelled rows as ``like`` has, standardised, without a class."""
        n = len(like)
        source = self._rows
        total = n if source is None else len(source)
        index = torch.randint(total, (n,), generator=self._generator, device=self._device)
        if source is None:
            return drop_label(like.take(index))
        rows = self._spec.standardised(source.rows(index.cpu())).to(self._device)
        return drop_label(rows)
