"""Which rows a step trains on: a function of the seed and the step alone.

Nothing has to be saved for resuming, and no view or evaluation can disturb it.
"""

from collections.abc import Callable
from typing import Protocol

import torch

from models.contracts.batch import Batch
from models.contracts.data import RowSource
from models.contracts.spec import DataSpec
from models.tensors import make_generator
from studio.engine.run.randomness import ORDER

__all__ = ["Batches", "Fresh", "Shuffled"]


class Batches(Protocol):
    """Standardised batches on the device of the training."""

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""


class Shuffled:
    """Epochs over a finite set, each in a new order, strung together without a gap.

    Every row is used equally often, also where the batch does not divide the set or is larger.
    """

    def __init__(self, rows: Batch, batch: int, seed: int) -> None:
        """``rows`` is the whole set, standardised, on the device."""
        self._rows = rows
        self._batch = batch
        self._seed = seed
        self._epoch = -1
        self._shuffled = rows.take(slice(0, 0))

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        start = step * self._batch
        epoch, offset = divmod(start, len(self._rows))
        if epoch != self._epoch:
            self._open(epoch)
        batch = self._shuffled.take(slice(offset, offset + self._batch))
        while len(batch) < self._batch:
            self._open(self._epoch + 1)
            more = self._shuffled.take(slice(0, self._batch - len(batch)))
            batch = Batch.cat([batch, more])
        return batch

    def _open(self, epoch: int) -> None:
        generator = make_generator(self._seed, ORDER + epoch)
        order = torch.randperm(len(self._rows), generator=generator)
        # Gathered once an epoch: a batch is then a slice, ten times cheaper than an index.
        self._shuffled = self._rows.take(order.to(self._rows.device))
        self._epoch = epoch


class Fresh:
    """Rows that are never seen twice, drawn from a procedural set in chunks of some batches."""

    CHUNK = 16

    def __init__(
        self,
        draw: Callable[[int, int], RowSource],
        spec: DataSpec,
        batch: int,
        seed: int,
        device: torch.device,
    ) -> None:
        """``draw(n, seed)`` returns n rows."""
        self._draw = draw
        self._spec = spec
        self._batch = batch
        self._seed = seed
        self._device = device
        self._chunk = -1
        self._rows = Batch(torch.empty(0))

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        chunk, place = divmod(step, self.CHUNK)
        if chunk != self._chunk:
            # An own seed per chunk, from a generator, so that runs with near seeds share nothing.
            words = make_generator(self._seed, ORDER + chunk)
            seed = int(torch.randint(2**31, (), generator=words))
            drawn = self._draw(self.CHUNK * self._batch, seed)
            self._rows = self._spec.standardised(drawn.rows(slice(None))).to(self._device)
            self._chunk = chunk
        return self._rows.take(slice(place * self._batch, (place + 1) * self._batch))
