"""A data set of a project: ``data/<name>/dataset.toml`` and one file per array. It is written in
blocks and read by blocks or row numbers, so that it may exceed the memory. Format 1 is a table of
points in ``data.h5`` and stays so.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushforward.studio.store import hdf5
from pushforward.studio.store.contents import read_arrays
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.migrate import CURRENT
from pushforward.studio.store.parts import (
    LEAF,
    ArrayFile,
    Part,
    check_parts,
    lengths_of,
    part_files,
)
from pushforward.studio.store.schema import Schema, check_within, tree_hash
from pushforward.studio.store.splits import Split, check_split, shares
from pushforward.studio.store.text import read_json, read_toml

__all__ = [
    "DatasetFolder",
    "DatasetReader",
    "DatasetRecord",
    "points_hash",
]

Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[Any]]


class DatasetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``dataset.toml``: what the rows are, how they are split, and where they came from.

    ``name`` is what the person called it. ``hash`` is a tree of hashes of all arrays and of what
    they mean; where they are ``stored`` in "hdf5" (format 1) it is `points_hash`, else in "npy".
    The statistics are those of the columns. ``notes`` are sentences of the importer: what it left
    out, put right or filled in.
    """

    name: str
    kind: str
    rows: int
    hash: str
    parts: list[Part]
    columns: list[str] = []
    classes: list[str] = []
    split: Split = Split()
    mean: list[float] = []
    std: list[float] = []
    minimum: list[float] = []
    maximum: list[float] = []
    source: str = ""
    notes: list[str] = []
    stored: str = "npy"
    format: int = CURRENT["dataset"]
    created: datetime = msgspec.field(
        default_factory=lambda: datetime.now(UTC).replace(microsecond=0)
    )


class DatasetFolder:
    """A data set on disk, by path. It never changes after it was added."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()

    def __repr__(self) -> str:
        return f"DatasetFolder({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetFolder) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def name(self) -> str:
        """The folder's name: the ``<name>`` of ``project:<name>``."""
        return self.path.name

    @cached_property
    def record(self) -> DatasetRecord:
        """What ``dataset.toml`` says; read once.

        Raises:
            StoreError: it is missing, damaged, or of a later version.
        """
        path = self.path / "dataset.toml"
        record = read_toml(path, DatasetRecord, "dataset")
        try:
            check_parts(record.parts)
            check_split(record.split)
            check_within(record.parts, record.split)
            if record.split.last and record.split.last >= record.rows:
                raise ValueError(
                    f"its last {record.split.last} rows are the test set, leaving none"
                )
            if record.rows < 0 or record.stored not in ("npy", "hdf5"):
                raise ValueError(f"{record.rows} rows stored in {record.stored!r} make no sense")
        except ValueError as error:
            raise Damaged(f"{path} is damaged: {error}.", "Import the data again.") from error
        return record

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What else is known of the data, as plain JSON; read once from ``facts.json``.

        Raises:
            StoreError: it is damaged.
        """
        path = self.path / "facts.json"
        return read_json(path, dict[str, Any]) if path.exists() else {}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.record.columns)

    def shares(self) -> NDArray[np.uint8]:
        """Return the share (n,) of each row, as its place in `studio.store.splits.SHARES`.

        Raises:
            StoreError: the part within which rows are counted is missing or damaged.
        """
        split, rows = self.record.split, self.record.rows
        if not split.within:
            return shares(rows, split)
        return shares(rows, split, self.open()._slice(f"{split.within}.npy", 0, rows))

    def open(self) -> "DatasetReader":
        """Open it for reading rows on demand, without verification.

        Raises:
            Damaged: the files do not match the record.
            StoreError: one is missing.
        """
        return DatasetReader(self)

    def read(self) -> NDArray[Any]:
        """Return part "x" of all rows, (n, *shape), after verifying the hash of all parts.

        Raises:
            Damaged: the hash differs, or there is no part "x".
            StoreError: a file is missing.
        """
        if self.record.stored == "hdf5":
            return self._old_points()
        part = next((part for part in self.record.parts if part.name == "x"), None)
        if part is None or part.ragged:
            raise Damaged(f"{self.path} has no part 'x' with rows of one shape.")
        self.verify()
        return ArrayFile(self.path / "x.npy", part.dtype, part.shape, self.record.rows).slice(
            0, self.record.rows
        )

    def verify(self) -> None:
        """Compare everything with the hash, block by block.

        Raises:
            Damaged: it is not what was added.
            StoreError: a file is missing.
        """
        record = self.record
        if record.stored == "hdf5":
            self._old_points()
            return
        digests = [array.digest() for array in self.open().arrays.values()]
        schema = Schema(
            kind=record.kind, parts=record.parts, columns=record.columns, classes=record.classes
        )
        if tree_hash(schema, record.rows, record.split, digests) != record.hash:
            raise self._other()

    def _old_points(self) -> Floats:
        with hdf5.opened(self.path / "data.h5") as file:
            x = np.asarray(read_arrays(file)["x"], np.float32)
        if points_hash(x, self.columns) != self.record.hash:
            raise self._other()
        return x

    def _other(self) -> Damaged:
        return Damaged(
            f"{self.path} does not hold the data that were imported.", "Import the data again."
        )


class DatasetReader:
    """Rows of a data set, by number or in order, from memory-mapped files; points of format 1 are
    in memory.
    """

    def __init__(self, folder: DatasetFolder) -> None:
        record = folder.record
        self.parts = record.parts
        self.arrays: dict[str, ArrayFile] = {}
        self._rows = record.rows
        self._mapped: Arrays = {}
        if record.stored == "hdf5":
            self._mapped = {"x.npy": folder._old_points()}
            return
        for part in record.parts:
            for name, dtype, shape in part_files(part):
                rows = self._count(folder, part, name)
                self.arrays[name] = ArrayFile(folder.path / name, dtype, shape, rows)

    def __len__(self) -> int:
        return self._rows

    def rows(self, index: ArrayLike) -> Arrays:
        """Return the rows of some numbers (k,), in their order: arrays (k, *shape) by part; of a
        ragged part the values one after the other, and its lengths (k,).

        Raises:
            IndexError: there is no such row.
            StoreError: a file cannot be read.
        """
        wanted = np.asarray(index, np.int64).reshape(-1)
        if len(wanted) and not (wanted.min() >= 0 and wanted.max() < self._rows):
            raise IndexError(f"rows must be in [0, {self._rows})")
        found: Arrays = {}
        for part in self.parts:
            values = self._map(f"{part.name}.npy")
            if not part.ragged:
                found[part.name] = np.asarray(values[wanted])
                continue
            offsets = self._map(f"{part.name}.offsets.npy")
            first, lengths = offsets[wanted], offsets[wanted + 1] - offsets[wanted]
            places = np.arange(lengths.sum()) + np.repeat(
                first - np.concatenate([[0], np.cumsum(lengths)[:-1]])[: len(first)], lengths
            )
            found[part.name] = np.asarray(values[places])
            found[lengths_of(part.name)] = np.asarray(lengths)
        return found

    def mapped(self) -> Arrays:
        """Return all rows as memory maps (n, *shape) by part, none of them ragged: they are read
        where they are used, and need no memory before.

        Raises:
            StoreError: a file cannot be read.
        """
        return {part.name: self._map(f"{part.name}.npy") for part in self.parts}

    def blocks(self, size: int = 0) -> Iterator[Arrays]:
        """Yield all rows in order, ``size`` at a time (0: some 4 MB).

        Raises:
            StoreError: a file cannot be read.
        """
        widest = max((part.row_bytes for part in self.parts), default=1)
        step = size or max(1, LEAF // max(widest, 1))
        for start in range(0, self._rows, step):
            yield self._between(start, min(start + step, self._rows))

    def close(self) -> None:
        """Let the maps go; the next rows make them again."""
        if self.arrays:
            self._mapped = {}

    def _between(self, start: int, stop: int) -> Arrays:
        found: Arrays = {}
        for part in self.parts:
            if not part.ragged:
                found[part.name] = self._slice(f"{part.name}.npy", start, stop)
                continue
            offsets = self._slice(f"{part.name}.offsets.npy", start, stop + 1)
            values = self._slice(f"{part.name}.npy", int(offsets[0]), int(offsets[-1]))
            found[part.name] = values
            found[lengths_of(part.name)] = np.diff(offsets)
        return found

    def _slice(self, name: str, start: int, stop: int) -> NDArray[Any]:
        if not self.arrays:
            return self._mapped[name][start:stop]
        return self.arrays[name].slice(start, stop)

    def _map(self, name: str) -> NDArray[Any]:
        if name not in self._mapped:
            self._mapped[name] = self.arrays[name].mapped()
        return self._mapped[name]

    def _count(self, folder: DatasetFolder, part: Part, name: str) -> int:
        """Return how many entries an array should have; the offsets of a ragged part say it."""
        if not part.ragged:
            return self._rows
        if name.endswith(".offsets.npy"):
            return self._rows + 1
        path = folder.path / f"{part.name}.offsets.npy"
        offsets = ArrayFile(path, "int64", [], self._rows + 1)
        previous = 0
        for start in range(0, self._rows + 1, LEAF):
            some = offsets.slice(start, min(start + LEAF, self._rows + 1))
            if some[0] < previous or (np.diff(some) < 0).any() or (start == 0 and some[0] != 0):
                raise Damaged(f"{path} holds no offsets.", "Import the data again.")
            previous = int(some[-1])
        return previous


def points_hash(x: ArrayLike, columns: Sequence[str]) -> str:
    """Return the SHA-256 of points (n, d) as little-endian float32, shape and column names."""
    data = np.ascontiguousarray(x, dtype="<f4")
    digest = hashlib.sha256(json.dumps([list(data.shape), list(columns)]).encode())
    digest.update(data.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
