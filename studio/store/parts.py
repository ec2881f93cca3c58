"""The arrays of a data set: their description and their files.

A part has one entry per row. If rows differ in length (constituents of jets, nodes of graphs) it is
*ragged*: values are concatenated, with offsets. In a *block* of rows, a ragged part "p" is two
arrays, values "p" and "p.lengths". A file is a NumPy array (``numpy.load`` opens it) whose header
is compared with the record, so an external file cannot declare anything.
"""

import hashlib
import math
import os
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.store.atomic import check_space
from pushforward.studio.store.errors import Damaged, StoreError, explain
from pushforward.studio.store.regular_files import open_regular

__all__ = [
    "LEAF",
    "ArrayFile",
    "ArrayWriter",
    "Block",
    "Part",
    "TreeHash",
    "check_parts",
    "lengths_of",
    "part_block",
    "part_files",
]

Block: TypeAlias = Mapping[str, NDArray[Any]]
"""A block of rows: arrays by name with the same number of entries (except values of ragged
parts).
"""

LEAF = 2**22
"""Bytes of a block of the tree of hashes."""
_HEAD = 256
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TYPES = frozenset(
    ["bool", "float16", "float32", "float64"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
)
_MOST_SIDES = 8
_MOST_PARTS = 64


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One array of a data set: its name, the type of its numbers, and the shape of a row; with
    ``ragged`` that of one of the row's entries.
    """

    name: str
    dtype: str
    shape: list[int] = []
    ragged: bool = False

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, or of an entry of one."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


def check_parts(parts: Sequence[Part]) -> None:
    """Make sure that parts can be kept.

    Raises:
        ValueError: a name, a type or a shape is none, or two have one name.
    """
    if not 0 < len(parts) <= _MOST_PARTS:
        raise ValueError(f"a data set has 1 to {_MOST_PARTS} parts, not {len(parts)}")
    for part in parts:
        if not _NAME.fullmatch(part.name):
            raise ValueError(f"{part.name!r} is no name of a part (lower case, like 'x' or 'mask')")
        if part.dtype not in _TYPES:
            raise ValueError(f"part {part.name!r} cannot be of the type {part.dtype!r}")
        if len(part.shape) > _MOST_SIDES or any(not 0 < side < 2**40 for side in part.shape):
            raise ValueError(f"part {part.name!r} cannot have rows of the shape {part.shape}")
    if len({part.name for part in parts}) < len(parts):
        raise ValueError("two parts have the same name")


def lengths_of(name: str) -> str:
    """Return the name under which a block has the lengths of a ragged part's rows."""
    return f"{name}.lengths"


class TreeHash:
    """The SHA-256 of the SHA-256s of blocks of 4 MiB: a function of the bytes alone, however they
    come, and each block can be checked without the others.
    """

    def __init__(self) -> None:
        self._leaf = hashlib.sha256()
        self._filled = 0
        self._tree = hashlib.sha256()

    def update(self, data: memoryview) -> None:
        """Take more bytes."""
        while len(data):
            piece = data[: LEAF - self._filled]
            self._leaf.update(piece)
            self._filled += len(piece)
            data = data[len(piece) :]
            if self._filled == LEAF:
                self._end_leaf()

    def digest(self) -> bytes:
        """Return the hash of all bytes; no more can be taken."""
        if self._filled:
            self._end_leaf()
        return self._tree.digest()

    def _end_leaf(self) -> None:
        self._tree.update(self._leaf.digest())
        self._leaf = hashlib.sha256()
        self._filled = 0


class ArrayWriter:
    """Writes an array (n, *shape) of unknown n and hashes it."""

    def __init__(self, path: Path, dtype: str, shape: Sequence[int]) -> None:
        """Make the file, which must not be there.

        Raises:
            StoreError: the disk refused.
        """
        self.rows = 0
        self._path = path
        self._dtype = _little(dtype)
        self._shape = tuple(shape)
        self._hash = TreeHash()
        try:
            self._file = open(path, "xb")  # noqa: SIM115 - closed by `finish` or `close`
            self._file.write(bytes(_HEAD))
        except OSError as error:
            raise explain(error, path) from error

    def add(self, values: NDArray[Any]) -> None:
        """Append rows (k, *shape).

        Raises:
            StoreError: the disk refused.
        """
        data = np.ascontiguousarray(values, self._dtype)
        check_space(self._path.parent, data.nbytes)
        raw = data.reshape(-1).view(np.uint8).data
        self._hash.update(raw)
        try:
            self._file.write(raw)
        except OSError as error:
            raise explain(error, self._path) from error
        self.rows += len(data)

    def finish(self) -> bytes:
        """Complete the file, force it to the disk, and return its hash.

        Raises:
            StoreError: the disk refused.
        """
        try:
            self._file.seek(0)
            self._file.write(_head(self._dtype, (self.rows, *self._shape)))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise explain(error, self._path) from error
        return self._hash.digest()

    def close(self) -> None:
        """Let the file go, complete or not."""
        self._file.close()


class ArrayFile:
    """An array (n, *shape) on disk with random access to rows."""

    def __init__(self, path: Path, dtype: str, shape: Sequence[int], rows: int) -> None:
        """Look at the file.

        Raises:
            Damaged: it is not the array that it should be.
            StoreError: it is missing or may not be read.
        """
        self.path = path
        self.shape = (rows, *shape)
        self.dtype = _little(dtype)
        self._row_bytes = math.prod(shape) * self.dtype.itemsize
        head = _head(self.dtype, self.shape)
        try:
            with open_regular(path) as file:
                found = file.read(_HEAD)
                size = os.fstat(file.fileno()).st_size
        except OSError as error:
            raise explain(error, path, "read") from error
        if found != head or size != _HEAD + rows * self._row_bytes:
            raise Damaged(
                f"{path} is not the array {self.dtype.name} {self.shape} that it should be.",
                "Import the data again.",
            )

    def slice(self, start: int, stop: int) -> NDArray[Any]:
        """Return rows as a copy in memory.

        Raises:
            StoreError: it cannot be read.
        """
        count = (stop - start) * math.prod(self.shape[1:])
        try:
            offset = _HEAD + start * self._row_bytes
            values = np.fromfile(self.path, self.dtype, count, offset=offset)
        except OSError as error:
            raise explain(error, self.path, "read") from error
        if len(values) < count:
            raise Damaged(f"{self.path} became shorter while it was read.")
        return values.reshape(stop - start, *self.shape[1:])

    def mapped(self) -> NDArray[Any]:
        """Return the whole array as a memory map.

        Raises:
            StoreError: it cannot be read.
        """
        if not math.prod(self.shape):
            return np.empty(self.shape, self.dtype)
        try:
            return np.memmap(self.path, self.dtype, "r", _HEAD, self.shape)
        except OSError as error:
            raise explain(error, self.path, "read") from error

    def digest(self) -> bytes:
        """Return the hash that `ArrayWriter.finish` returned if this is what was written.

        Raises:
            StoreError: it cannot be read.
        """
        tree = TreeHash()
        step = max(1, LEAF // max(self._row_bytes, 1))
        for start in range(0, self.shape[0], step):
            rows = self.slice(start, min(start + step, self.shape[0]))
            tree.update(rows.reshape(-1).view(np.uint8).data)
        return tree.digest()


def part_files(part: Part) -> Iterator[tuple[str, str, list[int]]]:
    """Yield (file name, type, shape of a row) of the arrays that a part is kept in: its values and,
    if it is ragged, the offsets (n + 1,) of its rows.
    """
    yield f"{part.name}.npy", part.dtype, part.shape
    if part.ragged:
        yield f"{part.name}.offsets.npy", "int64", []


def part_block(part: Part, block: Block) -> tuple[NDArray[Any], NDArray[np.int64] | None]:
    """Return a part's values in a block, and the lengths of its rows if it is ragged.

    Raises:
        StoreError: they are not there, or not what the part says (kind "data").
    """
    names = [part.name, lengths_of(part.name)] if part.ragged else [part.name]
    missing = [name for name in names if name not in block]
    if missing:
        raise StoreError(f"A block of rows lacks {', '.join(missing)}.", kind="data")
    values = np.asarray(block[part.name])
    wanted = np.dtype(part.dtype)
    if values.shape[1:] != tuple(part.shape) or not values.ndim:
        raise StoreError(
            f"{part.name!r} has rows of the shape {list(values.shape[1:])}, not {part.shape}.",
            kind="data",
        )
    # A whole number is never cut; a float that becomes infinite is found among the values.
    if not np.can_cast(values.dtype, wanted, "same_kind" if wanted.kind == "f" else "safe"):
        raise StoreError(f"{part.name!r} is {values.dtype}, not {part.dtype}.", kind="data")
    with np.errstate(over="ignore"):
        values = values.astype(wanted, copy=False)
    if not part.ragged:
        return values, None
    lengths = np.asarray(block[lengths_of(part.name)])
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu" or (lengths < 0).any():
        raise StoreError(f"The lengths of {part.name!r} are none.", kind="data")
    if int(lengths.sum()) != len(values):
        raise StoreError(
            f"{part.name!r} has {len(values):,} entries, but its rows {int(lengths.sum()):,}.",
            kind="data",
        )
    return values, lengths.astype(np.int64)


def _little(dtype: str) -> np.dtype[Any]:
    return np.dtype(dtype).newbyteorder("<")


def _head(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Return the head of a NumPy file (NEP 1), always of one length."""
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    body = text.encode("ascii").ljust(_HEAD - 11) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", _HEAD - 10) + body
