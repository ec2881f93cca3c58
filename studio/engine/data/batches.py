"""Which rows a step trains on: a function of the seed and the step alone.

Nothing has to be saved for resuming, and no view or evaluation can disturb it.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import Feed, RowSource
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.entries import Mirrored as Mirroring
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.run.randomness import MIRRORS, ORDER

__all__ = ["Batches", "Blocks", "Fed", "Fresh", "Mirrored", "Shuffled", "Streamed"]


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


class Mirrored:
    """Batches with random symmetry transformations of rows, drawn anew at each step."""

    def __init__(self, batches: Batches, mirrored: Mirroring, spec: DataSpec, seed: int) -> None:
        self._batches = batches
        self._mirrored = mirrored
        self._spec = spec
        self._seed = seed

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        generator = make_generator(self._seed, MIRRORS + step)
        made: Batch = self._mirrored(self._batches.batch(step), self._spec, generator)
        return made


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


class Fed:
    """Batches that a source makes itself, standardised on the device of the training."""

    def __init__(self, feed: Feed, spec: DataSpec, device: torch.device) -> None:
        self._feed = feed
        self._spec = spec
        self._device = device

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        return self._spec.standardised(self._feed.batch(step).to(self._device))


class Blocks:
    """Shuffled reading order for rows on disk. Consecutive rows form a block, and several blocks a
    shelf. Each epoch permutes the blocks and the rows within each shelf, so every row occurs once
    per epoch and disk reads are whole blocks. Rows of one block stay close together in the order.
    """

    def __init__(self, n: int, block: int, shelf: int, seed: int) -> None:
        """Order n rows in blocks of ``block`` rows and shelves of ``shelf`` blocks."""
        self.n = n
        self._block = block
        self._shelf = shelf
        self._seed = seed
        self._count = -(-n // block)
        self.shelves = -(-self._count // shelf)

    def starts(self, epoch: int) -> list[int]:
        """Return the place in an epoch at which each shelf begins, and after them its end."""
        order, _ = self._orders(epoch)
        sizes = torch.full((self._count,), self._block)
        sizes[-1] = self.n - (self._count - 1) * self._block
        ends = sizes[order].cumsum(0)
        last = [min(i * self._shelf, self._count) - 1 for i in range(1, self.shelves + 1)]
        return [0, *ends[last].tolist()]

    def rows(self, epoch: int, shelf: int) -> tuple[Tensor, Tensor]:
        """Return the numbers (k,) of the rows of a shelf, as they lie on the disk, and the order
        (k,) in which they are handed out.
        """
        order, seeds = self._orders(epoch)
        chosen = order[shelf * self._shelf : (shelf + 1) * self._shelf].sort().values
        places = chosen[:, None] * self._block + torch.arange(self._block)
        numbers = places.flatten()
        numbers = numbers[numbers < self.n]
        mixing = make_generator(int(seeds[shelf]), ORDER)
        return numbers, torch.randperm(len(numbers), generator=mixing)

    def _orders(self, epoch: int) -> tuple[Tensor, Tensor]:
        generator = make_generator(self._seed, ORDER + epoch)
        order = torch.randperm(self._count, generator=generator)
        return order, torch.randint(2**31, (self.shelves,), generator=generator)


class Streamed:
    """Epochs over rows that stay where they are, in the order of `Blocks`.

    One thread reads the next shelf while this one is handed out: at most two are in memory.
    """

    BLOCK = 2**20
    """Bytes of rows in a block: long enough that a disk reads rather than seeks."""
    SHELF = 32
    """Blocks on a shelf."""

    def __init__(
        self, source: RowSource, spec: DataSpec, batch: int, seed: int, device: torch.device
    ) -> None:
        row = spec.mean.numel() * spec.mean.element_size()
        # No fewer than sixteen blocks in all, or small data would hardly be shuffled.
        block = min(max(1, self.BLOCK // row), max(1, len(source) // 16))
        self._source = source
        self._spec = spec
        self._batch = batch
        self._device = device
        self._blocks = Blocks(len(source), block, self.SHELF, seed)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows")
        self._shelves: dict[tuple[int, int], Future[Batch]] = {}
        self._epoch = -1
        self._starts: list[int] = []

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        epoch, offset = divmod(step * self._batch, self._blocks.n)
        found: list[Batch] = []
        missing = self._batch
        while missing > 0:
            part = self._part(epoch, offset, missing)
            found.append(part)
            missing -= len(part)
            offset += len(part)
            if offset == self._blocks.n:
                epoch, offset = epoch + 1, 0
        # Joined from two shelves it is in ordinary memory, and is pinned again on its way.
        return self._spec.standardised(Batch.cat(found).to(self._device))

    def _part(self, epoch: int, offset: int, most: int) -> Batch:
        """Return rows of one shelf, from a place in an epoch on."""
        if epoch != self._epoch:
            self._epoch, self._starts = epoch, self._blocks.starts(epoch)
        shelf, (start, stop) = next(
            (i, ends) for i, ends in enumerate(pairwise(self._starts)) if offset < ends[1]
        )
        rows = self._open(epoch, shelf)
        return rows.take(slice(offset - start, min(offset - start + most, stop - start)))

    def _open(self, epoch: int, shelf: int) -> Batch:
        here = (epoch, shelf)
        after = (epoch, shelf + 1) if shelf + 1 < self._blocks.shelves else (epoch + 1, 0)
        self._shelves = {
            key: self._shelves.get(key) or self._thread.submit(self._read, *key)
            for key in (here, after)
        }
        return self._shelves[here].result()

    def _read(self, epoch: int, shelf: int) -> Batch:
        numbers, order = self._blocks.rows(epoch, shelf)
        rows = self._source.rows(numbers).take(order)
        return _pinned(rows) if self._device.type == "cuda" else rows


def _pinned(batch: Batch) -> Batch:
    """Return a batch in memory that a GPU can fetch from by itself."""
    return batch.each(Tensor.pin_memory)
