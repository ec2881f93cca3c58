"""Rows of an HDF5 data set, in the blocks ("chunks") that it is stored in: each unpacked once.

A slice that cuts through blocks unpacks all of each, and the next slice does so again: reading in
slices of its own choice takes time quadratic in the size of a block.
"""

from math import ceil, prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import (
    MAX_CELLS,
    MAX_COLUMNS,
    FormatError,
    check_block,
    check_size,
    rows_at_once,
)

__all__ = ["Blocks", "refuse_elsewhere"]

MAX_WORK = 8 * MAX_CELLS  # bytes that are unpacked to look through a data set
MAX_BLOCKS = 1_000_000


class Blocks:
    """The rows of one data set (n, ...), or (n,) or (n, N) of named fields, from an open file."""

    def __init__(
        self,
        path: Path,
        name: str,
        dataset: Any,
        fields: tuple[str, ...] = (),
        widest: int = MAX_COLUMNS,
    ) -> None:
        """Look at the layout of a data set; ``fields`` are those to be read, ``widest`` how many
        numbers a row may have.

        Raises:
            FormatError: it is not in the file, or too large to be read.
        """
        refuse_elsewhere(path, name, dataset)
        self.rows = int(dataset.shape[0])
        side = prod(dataset.shape[1:])
        self.width = side * max(len(fields), 1)
        check_size(path, name, self.rows, self.width, widest)
        self.row_bytes = dataset.dtype.itemsize * side
        check_block(path, name, self.row_bytes, "its rows are too wide")
        self._height = _height(path, name, dataset, self.row_bytes)
        flat = dataset.ndim == 2 and not fields
        self._across = dataset.chunks[1] if dataset.chunks and flat else self.width
        self.held_bytes = min(self._height, self.rows) * self.row_bytes
        self._file = dataset.file
        self._address = dataset.name
        self._fields = list(fields)
        # Opened when it is read: a file may have thousands.
        self._dataset: Any = None
        self._held: NDArray[Any] = np.empty(0)
        self._first = -1

    def get(self, start: int, stop: int) -> NDArray[Any]:
        """Return some rows; quick where they follow those before."""
        parts = []
        while start < stop:
            first = start - start % self._height
            if first != self._first:
                self._held = self._read(first, min(first + self._height, self.rows))
                self._first = first
            part = self._held[start - first : stop - first]
            parts.append(part)
            start += len(part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _read(self, start: int, stop: int) -> NDArray[Any]:
        self._held = np.empty(0)  # not two at once
        if self._dataset is None:
            self._dataset = self._file[self._address]
            if self._fields:
                self._dataset = self._dataset.fields(self._fields)
        if self._across >= self.width:
            return np.asarray(self._dataset[start:stop])
        # Strips of blocks one by one: HDF5 puts a row of several together value by value.
        block = np.empty((stop - start, self.width), self._dataset.dtype)
        for left in range(0, self.width, self._across):
            strip = slice(left, min(left + self._across, self.width))
            block[:, strip] = self._dataset[start:stop, strip]
        return block


def refuse_elsewhere(path: Path, name: str, dataset: Any) -> None:
    """Refuse an external or virtual data set.

    Raises:
        FormatError: it is one.
    """
    if dataset.external:
        raise FormatError(
            f"{path.name}: {name} keeps its values in another file, which is not supported.",
            "Copy the data set with its values into one file (h5repack does).",
        )
    if dataset.is_virtual:
        raise FormatError(
            f"{path.name}: {name} is a virtual data set, put together from others: where one of "
            "those is missing it reads as zeros.",
            "Write it as a data set of its own: file.create_dataset(name, data=virtual[:]).",
        )


def _height(path: Path, name: str, dataset: Any, row_bytes: int) -> int:
    """Return how many rows are read at once: whole blocks.

    Raises:
        FormatError: they are too large, or too many.
    """
    chunks = dataset.chunks
    rows = rows_at_once(row_bytes)
    if chunks is None:
        return rows
    size = prod(chunks) * dataset.dtype.itemsize
    why = f"it is stored in blocks of {' × '.join(f'{side:,}' for side in chunks)} values"
    check_block(path, name, max(size, chunks[0] * row_bytes), why)
    count = prod(ceil(n / side) for n, side in zip(dataset.shape, chunks, strict=True))
    if count > MAX_BLOCKS or count * size > MAX_WORK:
        raise FormatError(
            f"{path.name}: {name} is stored in {count:,} blocks of {size:,} bytes; at most "
            f"{MAX_BLOCKS:,} blocks and {MAX_WORK:,} bytes are unpacked.",
            "Store it again with blocks of some thousand rows, as wide as the table.",
        )
    return int(chunks[0]) * max(1, rows // int(chunks[0]))
