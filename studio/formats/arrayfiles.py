"""Arrays of NPZ, NPY and HDF5 files, read row by row."""

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.hdf5blocks import Blocks
from pushforward.studio.formats.hdf5walk import walk
from pushforward.studio.formats.limits import MAX_COLUMNS, FormatError, check_block, check_size
from pushforward.studio.formats.npyheader import Head, damaged, read_head
from pushforward.studio.formats.npzarrays import ZipArray, refusing_damage, zip_arrays
from pushforward.studio.store import hdf5
from pushforward.studio.store.contents import read_names
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.regular_files import open_regular

__all__ = ["Array", "Read", "arrays_of", "shapes_of"]

Read = Callable[[int, int], NDArray[Any]]


@dataclass(frozen=True)
class Array:
    """An array of an open file.

    Attributes:
        name: its own.
        shape: (n, ...).
        dtype: of its values.
        names: of the numbers along its last axis, where the file says them.
        reader: given the fields that are wanted of named ones, returns what reads rows (start,
            stop), best one after the other.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    names: tuple[str, ...]
    reader: Callable[[tuple[str, ...]], Read]


@contextmanager
def arrays_of(path: Path, axes: int = 3, widest: int = MAX_COLUMNS) -> Iterator[list[Array]]:
    """Open a file and yield its arrays with at most ``axes`` axes and ``widest`` numbers per row.

    Raises:
        FormatError: it is damaged, or holds too many.
    """
    if path.suffix.lower() == ".npz" or _begins(path, b"PK\x03\x04"):
        with refusing_damage(path), zipfile.ZipFile(path) as archive:
            found = [each for each in zip_arrays(path, archive) if each.head.shape]
            yield [_of_zip(path, each, widest) for each in found]
        return
    if path.suffix.lower() == ".npy" or _begins(path, b"\x93NUMPY"):
        with open_regular(path) as file:
            head = read_head(path, path.stem, file, path.stat().st_size)
            yield [_of_npy(path, file, head, widest)] if head.shape else []
        return
    try:
        with hdf5.opened(path) as file:
            yield list(_of_hdf5(path, file, axes, widest))
    except Damaged as error:
        raise FormatError(error.message, "Copy or download it again.") from error


def _begins(path: Path, magic: bytes) -> bool:
    with open_regular(path) as file:
        return file.read(len(magic)) == magic


def shapes_of(arrays: Sequence[Array]) -> str:
    """Say what arrays there are: "particles (100, 30, 4), y (100,)"."""
    said = [f"{array.name} {array.shape}" for array in arrays[:12]]
    return ", ".join([*said, *(["..."] if len(arrays) > len(said) else [])]) or "none"


def _of_hdf5(path: Path, file: Any, axes: int, widest: int) -> Iterator[Array]:
    for raw in walk(path, file).datasets:
        dataset = file[raw]
        name = raw.decode("utf-8", "replace")
        if not dataset.shape or len(dataset.shape) > axes or not dataset.shape[0]:
            continue

        def reader(fields: tuple[str, ...], name: str = name, dataset: Any = dataset) -> Read:
            return Blocks(path, name, dataset, fields, widest).get

        shape = tuple(map(int, dataset.shape))
        yield Array(name, shape, dataset.dtype, read_names(dataset), reader)


def _of_zip(path: Path, array: ZipArray, widest: int) -> Array:
    shape = array.head.shape

    def reader(fields: tuple[str, ...]) -> Read:
        # Rows of an archive have all their fields together.
        _check(path, array.name, array.head, widest)
        return lambda start, stop: array.rows(start, stop).reshape(stop - start, *shape[1:])

    return Array(array.name, shape, array.head.dtype, (), reader)


def _of_npy(path: Path, file: BinaryIO, head: Head, widest: int) -> Array:
    def reader(fields: tuple[str, ...]) -> Read:
        row = _check(path, path.stem, head, widest)
        if head.start + head.bytes > path.stat().st_size:
            raise damaged(path, path.stem, "it ends too early")
        return partial(_npy_rows, file, head, row)

    return Array(path.stem, head.shape, head.dtype, (), reader)


def _npy_rows(file: BinaryIO, head: Head, row: int, start: int, stop: int) -> NDArray[Any]:
    if head.fortran and len(head.shape) > 1:
        file.seek(head.start)
        whole = np.frombuffer(file.read(head.bytes), head.dtype)
        return whole.reshape(head.shape, order="F")[start:stop]
    file.seek(head.start + start * row)
    values = np.frombuffer(file.read((stop - start) * row), head.dtype)
    return values.reshape(stop - start, *head.shape[1:])


def _check(path: Path, name: str, head: Head, widest: int) -> int:
    """Return the bytes of a row.

    Raises:
        FormatError: an array is too large to be read in parts.
    """
    width = prod(head.shape[1:])
    check_size(path, name, head.shape[0], width, widest)
    check_block(path, name, width * head.dtype.itemsize, "its rows are too wide")
    if head.fortran and len(head.shape) > 1:
        check_block(path, name, head.bytes, "it is stored column by column")
    return width * head.dtype.itemsize
