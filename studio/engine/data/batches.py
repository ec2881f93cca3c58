"""Which data points a step trains on: a function of the seed and the step alone.

Nothing has to be saved for resuming, and no view or evaluation can disturb it.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

from models.base import DataSpec, PointSet
from models.tensors import make_generator
from studio.engine.run.randomness import ORDER

__all__ = ["Batches", "Fresh", "Shuffled"]


class Batches(Protocol):
    """Standardised batches (B, *shape) on the device of the training."""

    def batch(self, step: int) -> Tensor:
        """Return the batch of a step (from 0)."""


class Shuffled:
    """Epochs over a finite set, each in a new order, strung together without a gap.

    Every point is used equally often, also where the batch does not divide the set or is larger.
    """

    def __init__(self, x: Tensor, batch: int, seed: int) -> None:
        """``x`` is the whole set (n, *shape), standardised, on the device."""
        self._x = x
        self._batch = batch
        self._seed = seed
        self._epoch = -1
        self._shuffled = x[:0]

    def batch(self, step: int) -> Tensor:
        """Return the batch of a step (from 0), (B, *shape)."""
        start = step * self._batch
        epoch, offset = divmod(start, len(self._x))
        if epoch != self._epoch:
            self._open(epoch)
        batch = self._shuffled[offset : offset + self._batch]
        while len(batch) < self._batch:
            self._open(self._epoch + 1)
            batch = torch.cat([batch, self._shuffled[: self._batch - len(batch)]])
        return batch

    def _open(self, epoch: int) -> None:
        generator = make_generator(self._seed, ORDER + epoch)
        order = torch.randperm(len(self._x), generator=generator)
        # Gathered once an epoch: a batch is then a slice, ten times cheaper than an index.
        self._shuffled = self._x[order.to(self._x.device)]
        self._epoch = epoch


class Fresh:
    """Points that are never seen twice, drawn from a procedural set in chunks of some batches."""

    CHUNK = 16

    def __init__(
        self,
        draw: Callable[[int, int], PointSet],
        spec: DataSpec,
        batch: int,
        seed: int,
        device: torch.device,
    ) -> None:
        """``draw(n, seed)`` returns n points."""
        self._draw = draw
        self._spec = spec
        self._batch = batch
        self._seed = seed
        self._device = device
        self._chunk = -1
        self._x = torch.empty(0)

    def batch(self, step: int) -> Tensor:
        """Return the batch of a step (from 0), (B, *shape)."""
        chunk, place = divmod(step, self.CHUNK)
        if chunk != self._chunk:
            # An own seed per chunk, from a generator, so that runs with near seeds share nothing.
            words = make_generator(self._seed, ORDER + chunk)
            seed = int(torch.randint(2**31, (), generator=words))
            points = self._draw(self.CHUNK * self._batch, seed)
            self._x = self._spec.standardise(points.x).to(self._device)
            self._chunk = chunk
        return self._x[place * self._batch : (place + 1) * self._batch]
