"""The arrays of an NPZ file: several in a zip, unpacked as they are read and never whole."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import MAX_CELLS, FormatError
from pushforward.studio.formats.npyheader import damaged, read_head
from pushforward.studio.store.errors import human_bytes

__all__ = ["MAX_UNPACKED", "ZipArray", "refusing_damage", "zip_arrays"]

MAX_UNPACKED = 8 * MAX_CELLS
"""Bytes of all arrays: each is unpacked twice, once to look and once to read."""
MAX_MEMBERS = 10_000
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


@contextmanager
def refusing_damage(path: Path) -> Iterator[None]:
    """Turn what the zip library says of a damaged archive into words for people."""
    try:
        yield
    except _DAMAGE as error:
        raise FormatError(
            f"{path.name} is truncated or not a NumPy archive ({str(error).rstrip('.')}).",
            "Copy it again, or save it again with numpy.savez.",
        ) from error


class ZipArray:
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
        return self.head.fortran and len(self.head.shape) > 1

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


def zip_arrays(path: Path, archive: zipfile.ZipFile) -> list[ZipArray]:
    """Return the arrays of an archive, after looking at what its directory declares.

    Raises:
        FormatError: it is too large, is locked, or holds what numpy does not write.
    """
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
            "Save the rows as one array (n, ...).",
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
    return [ZipArray(path, archive, m) for m in members if m.filename.endswith(".npy")]
