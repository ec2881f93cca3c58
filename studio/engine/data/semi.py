"""Rows of which few have a label and many have none, in two streams: each batch has both."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.contracts.batch import Batch
from models.contracts.data import RowSource
from models.contracts.spec import DataSpec
from studio.engine.data.batches import Epochs
from studio.engine.run.randomness import LABELLED, UNLABELLED

__all__ = ["LABELLED_NAME", "TwoStreams"]

LABELLED_NAME = "labelled"
"""The name under which a batch is given (n,) bool which of its rows have a label."""


class TwoStreams:
    """A `models.contracts.data.RowSource` whose batches begin with rows that have a label.

    Each stream goes through its own rows in epochs of its own: the few labelled ones come often,
    and all of a stream equally often. What is given of rows without a label (their "label", if
    only as a filler) is not to be looked at.
    """

    def __init__(self, source: RowSource, labelled: Tensor, share: float) -> None:
        """Make two streams.

        Args:
            source: all rows.
            labelled: (n,) bool, which of them have a label.
            share: of a batch, the labelled rows, in (0, 1).

        Raises:
            ValueError: one of the streams would have no rows, or the share is none.
        """
        if labelled.shape != (len(source),) or labelled.dtype != torch.bool:
            raise ValueError(
                f"labelled must be ({len(source)},) bool, got {tuple(labelled.shape)} "
                f"{labelled.dtype}"
            )
        if labelled.all() or not labelled.any():
            raise ValueError("there must be rows with a label and rows without one")
        if not 0.0 < share < 1.0:
            raise ValueError(f"the share of labelled rows must be in (0, 1), got {share}")
        self._source = source
        self._labelled = labelled
        self._share = share

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers of a row."""
        return self._source.columns

    def __len__(self) -> int:
        return len(self._source)

    def spec(self) -> DataSpec:
        """Return the spec of all rows."""
        return self._source.spec()

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some rows, given which of them have a label."""
        rows = self._source.rows(index)
        return Batch(rows.x, rows.mask, {**rows.given, LABELLED_NAME: self._labelled[index]})

    def take(self, index: Tensor | slice) -> RowSource:
        """Return some of the rows, in two streams where both are among them."""
        rows, labelled = self._source.take(index), self._labelled[index]
        both = bool(labelled.any()) and not bool(labelled.all())
        return TwoStreams(rows, labelled, self._share) if both else rows

    def feed(self, size: int, seed: int) -> "TwoFeeds":
        """Return what hands out batches of so many rows, at least one of each stream.

        Raises:
            ValueError: a batch of one row cannot have both.
        """
        if size < 2:
            raise ValueError(f"a batch of {size} cannot hold rows with and without a label")
        count = min(max(1, round(self._share * size)), size - 1)
        known = self._labelled.nonzero().flatten()
        unknown = (~self._labelled).nonzero().flatten()
        return TwoFeeds(
            self,
            Stream(known, Epochs(len(known), seed, LABELLED), count),
            Stream(unknown, Epochs(len(unknown), seed, UNLABELLED), size - count),
        )


@dataclass(frozen=True)
class Stream:
    """Some rows by their numbers, in epochs, so many a batch."""

    numbers: Tensor
    epochs: Epochs
    count: int

    def batch(self, step: int) -> Tensor:
        """Return the numbers of the rows of a step (from 0)."""
        return self.numbers[self.epochs.rows(step * self.count, self.count)]


class TwoFeeds:
    """A `models.contracts.data.Feed` of two streams, the labelled rows first."""

    def __init__(self, source: TwoStreams, labelled: Stream, unlabelled: Stream) -> None:
        self._source = source
        self._streams = (labelled, unlabelled)

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        return self._source.rows(torch.cat([stream.batch(step) for stream in self._streams]))
