"""A trained model as a data set: rows that it generates, without end."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from models.contracts.batch import Batch
from models.contracts.data import RowSource
from models.contracts.family import Family
from models.contracts.spec import DataSpec
from models.operators.drawing import draw
from models.tensors import make_generator
from studio.engine.kinds.base import Facts, kind_of
from studio.engine.run.randomness import GENERATED, ORDER

__all__ = ["Generated"]


class Generated:
    """A `models.contracts.data.RowSource` of what a family generates; it makes its own batches.

    The rows that are asked for by number are the first ``n`` that it generates for the seed, in
    chunks of `CHUNK`, each of which can be drawn by itself; the rows of a training are others, new
    ones for every step.
    """

    CHUNK = 1024

    def __init__(
        self,
        family: Family[Any],
        n: int,
        seed: int,
        *,
        sampler: Any = None,
        columns: Sequence[str] = (),
    ) -> None:
        """``n`` rows can be asked for by number; ``sampler`` is for families that take one."""
        self._family = family
        self._n = n
        self._seed = seed
        self._sampler = sampler
        self._columns = tuple(columns)
        self._chunk = -1
        self._drawn = Batch(torch.empty(0))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers of a row."""
        return self._columns

    def __len__(self) -> int:
        return self._n

    def spec(self) -> DataSpec:
        """Return what the family was told of the data it learned from."""
        return self._family.spec

    def rows(self, index: Tensor | slice) -> Batch:
        """Return some rows; those of one chunk are generated together."""
        numbers = torch.arange(self._n)[index]
        if not len(numbers):
            return self._of_chunk(0).take(numbers)
        chunks = numbers // self.CHUNK
        found = [
            self._of_chunk(chunk).take(numbers[chunks == chunk] % self.CHUNK)
            for chunk in sorted(set(chunks.tolist()))
        ]
        back = chunks.sort(stable=True).indices.argsort()
        return Batch.cat(found).take(back)

    def take(self, index: Tensor | slice) -> RowSource:
        """Return some of the rows, in memory, as data of their kind."""
        kind = kind_of(self.spec().kind)
        return kind.from_parts(kind.arrays(self.rows(index)), Facts(self._columns))

    def feed(self, size: int, seed: int) -> "Generating":
        """Return what hands out batches of so many rows, each row once."""
        return Generating(self, size, seed)

    def generate(self, n: int, seed: int) -> Batch:
        """Return n rows, in the units of the data, on the CPU."""
        work = draw(self._family, n, seed, sampler=self._sampler, stream=GENERATED)
        while True:
            try:
                next(work)
            except StopIteration as end:
                rows: Batch = end.value
                return rows

    def _of_chunk(self, chunk: int) -> Batch:
        if chunk != self._chunk:
            n = min(self.CHUNK, self._n - chunk * self.CHUNK)
            self._drawn = self.generate(n, _apart(self._seed, chunk))
            self._chunk = chunk
        return self._drawn


class Generating:
    """A `models.contracts.data.Feed` of new rows for every step."""

    def __init__(self, source: Generated, size: int, seed: int) -> None:
        self._source = source
        self._size = size
        self._seed = seed

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        return self._source.generate(self._size, _apart(self._seed, ORDER + step))


def _apart(seed: int, stream: int) -> int:
    """Return a seed for one stream of a seed, so that near seeds share nothing."""
    return int(torch.randint(2**31, (), generator=make_generator(seed, stream)))
