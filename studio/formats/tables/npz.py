"""NPZ: several named numpy arrays in a zip file, unpacked as they are read and never whole."""

import json
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.formats.limits import MAX_CELLS, MAX_COLUMNS, FormatError, check_block, check_size
from studio.formats.npyheader import damaged, read_head
from studio.formats.tables.base import ArrayTable, Format, RefusedTable, Table, unique_names
from studio.formats.tables.npy import array_table, check_array
from studio.formats.tables.registry import register
from studio.store.atomic import check_space, replacing
from studio.store.errors import human_bytes

__all__ = ["Npz"]

MAX_UNPACKED = 8 * MAX_CELLS
"""Bytes of all arrays: each is unpacked twice, once to look and once to read."""
MAX_MEMBERS = 10_000
_LONGEST_TEXT = 2**20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those that numpy writes
_ENCRYPTED = 1
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
)


@register
class Npz(Format):
    """Named numpy arrays: each (n, d) array is a table, and so are the 1-D ones of one length."""

    slug = "npz"
    title = "NumPy archive"
    suffixes = (".npz",)
    writes = (".npz",)

    @contextmanager
    def open(self, path: Path) -> Iterator[list[Table]]:
        """Read the heads of the arrays, and their values when they are asked for."""
        with _refusing(path), zipfile.ZipFile(path) as archive:
            arrays = _arrays(path, archive)
            yield _tables(path, arrays)

    def write(
        self, path: Path, x: NDArray[np.float32], columns: Sequence[str], attrs: Mapping[str, Any]
    ) -> None:
        """Write "x" (n, d), "columns" (d names) and "provenance" (JSON)."""
        check_space(path.parent, x.nbytes + 2**16)
        with replacing(path) as temp, open(temp, "wb") as file:
            np.savez(
                file,
                x=x,
                columns=np.asarray(columns, dtype=np.str_),
                provenance=np.asarray(json.dumps(dict(attrs))),
            )


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn what the zip library says of a damaged archive into words for people."""
    try:
        yield
    except _DAMAGE as error:
        raise FormatError(
            f"{path.name} is truncated or not a NumPy archive ({str(error).rstrip('.')}).",
            "Copy it again from where it came from, or save it again with numpy.savez.",
        ) from error


class _Array:
    """An array of the archive: its head, and its rows from the start on, again and again."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        self.name = member.filename.removesuffix(".npy")
        self._path = path
        self._archive = archive
        self._member = member
        self._stream: Any = None
        self._row = 0
        self._held: NDArray[Any] | None = None
        with archive.open(member) as file:
            self.head = read_head(path, self.name, file, member.file_size)
        self._row_bytes = self.head.bytes // max(self.head.shape[0], 1) if self.head.shape else 0

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """Return rows as they are stored: quickly where they follow the ones before."""
        if self.columnwise:
            return self._from_columns(start, stop)
        if self._stream is None or start != self._row:
            self._rewind(start)
        self._row = stop
        values = np.frombuffer(self._read((stop - start) * self._row_bytes), self.head.dtype)
        if stop == self.head.shape[0]:
            self._close()
        return values

    @property
    def columnwise(self) -> bool:
        """Whether the values are stored column by column, so that all are needed for a row."""
        return self.head.fortran and len(self.head.shape) == 2

    def _from_columns(self, start: int, stop: int) -> NDArray[Any]:
        if self._held is None:
            self._rewind(0)
            values = np.frombuffer(self._read(self.head.bytes), self.head.dtype)
            self._held = values.reshape(self.head.shape, order="F")
            self._close()
        rows = self._held[start:stop]
        if stop == len(self._held):
            self._held = None
        return rows

    def _rewind(self, row: int) -> None:
        self._close()
        self._stream = self._archive.open(self._member)
        left = self.head.start + row * self._row_bytes
        while left:
            left -= len(self._read(min(left, 2**20)))

    def _read(self, size: int) -> bytes:
        raw: bytes = self._stream.read(size)
        if len(raw) < size:
            raise damaged(self._path, self.name, "it ends too early")
        return raw

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _arrays(path: Path, archive: zipfile.ZipFile) -> list[_Array]:
    """Return the arrays of an archive, after looking at what its directory declares."""
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if size > MAX_UNPACKED:
        raise FormatError(
            f"{path.name} has {human_bytes(size)} once unpacked; the limit is "
            f"{human_bytes(MAX_UNPACKED)}.",
            "Save a random subset of the rows.",
        )
    if len(members) > MAX_MEMBERS:
        raise FormatError(
            f"{path.name} holds {len(members):,} arrays; the limit is {MAX_MEMBERS:,}.",
            "Save the points as one array (n, d).",
        )
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise FormatError(
                f"{path.name} is protected by a password.",
                "Unpack it, and save the arrays again with numpy.savez.",
            )
        if member.compress_type not in _METHODS:
            raise FormatError(
                f"{path.name}: {member.filename!r} is compressed by a method that NumPy does not "
                "use.",
                "Save the arrays again with numpy.savez_compressed.",
            )
    return [_Array(path, archive, m) for m in members if m.filename.endswith(".npy")]


def _tables(path: Path, arrays: Sequence[_Array]) -> list[Table]:
    names = _column_names(path, arrays)
    tables: list[Table] = []
    lines: dict[int, list[_Array]] = defaultdict(list)
    for array in arrays:
        head = array.head
        if len(head.shape) == 2 or head.dtype.names:
            tables.append(_table(path, array, names))
        elif len(head.shape) == 1 and head.dtype.kind in "fiub":
            lines[head.shape[0]].append(array)
    for length, columns in lines.items():
        if len(columns) > 1 or not tables:
            tables.append(_together(path, length, columns, alone=len(lines) == 1))
    if not tables:
        shapes = ", ".join(f"{array.name} {array.head.shape}" for array in arrays[:20])
        raise FormatError(
            f"{path.name} has no array of the shape (n, d) (found: {shapes or 'nothing'}).",
            "Save the points as one such array of floats.",
        )
    return tables


def _table(path: Path, array: _Array, names: tuple[str, ...]) -> Table:
    try:
        check_array(path, array.name, array.head)
        if array.columnwise:
            check_block(path, array.name, array.head.bytes, "it is stored column by column")
        return array_table(path, array.name, array.head, array.rows, names)
    except FormatError as error:
        return RefusedTable(array.name, error)


def _column_names(path: Path, arrays: Sequence[_Array]) -> tuple[str, ...]:
    """Return what the array "columns" says, if it is one of text."""
    found = next((array for array in arrays if array.name == "columns"), None)
    if found is None or len(found.head.shape) != 1 or found.head.dtype.kind != "U":
        return ()
    if found.head.shape[0] > MAX_COLUMNS or found.head.bytes > _LONGEST_TEXT:
        return ()
    return tuple(_texts(found.rows(0, found.head.shape[0])))


def _texts(array: NDArray[Any]) -> list[str]:
    """Return texts of an array; numpy itself fails at what is no character."""
    codec = "utf-32-be" if array.dtype.str[0] == ">" else "utf-32-le"
    size, raw = array.dtype.itemsize, array.tobytes()
    cells = (raw[k * size : (k + 1) * size] for k in range(len(array)))
    return [cell.decode(codec, "replace").rstrip("\0") for cell in cells]


def _together(path: Path, length: int, columns: Sequence[_Array], *, alone: bool) -> Table:
    name = "columns" if alone else f"columns of {length}"
    try:
        check_size(path, name, length, len(columns))
    except FormatError as error:
        return RefusedTable(name, error)
    return ArrayTable(
        name,
        unique_names([column.name for column in columns]),
        length,
        lambda start, stop: np.stack([c.rows(start, stop) for c in columns], axis=1),
    )
