"""NPY: one numpy array, read in slices; arrays of Python objects are refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError, check_block, check_size
from pushforward.studio.formats.npyheader import Head, damaged, read_head
from pushforward.studio.formats.tables.base import (
    ArrayTable,
    Format,
    Table,
    default_names,
    is_number,
    unique_names,
)
from pushforward.studio.formats.tables.registry import register

__all__ = ["Npy", "array_table", "check_array"]

Get = Callable[[int, int], NDArray[Any]]


@register
class Npy(Format):
    """One numpy array."""

    slug = "npy"
    title = "NumPy array"
    suffixes = (".npy",)

    @contextmanager
    def open(self, path: Path) -> Iterator[list[Table]]:
        """Read the header of the array; values are read on demand."""
        with open(path, "rb") as file:
            if file.read(4) == b"PK\x03\x04":
                raise FormatError(f"{path.name} is an NPZ archive.", "Give it the suffix .npz.")
            file.seek(0)
            head = read_head(path, path.stem, file, path.stat().st_size)
            yield [array_table(path, path.stem, head, _rows(path, file, head))]


def check_array(path: Path, name: str, head: Head) -> list[str]:
    """Refuse an array that is no table; return the fields that hold numbers, if it has fields.

    Raises:
        FormatError: its shape, type or size will not do.
    """
    if head.dtype.names:
        fields = [f for f in head.dtype.names if is_number(head.dtype[f])]
        if len(head.shape) != 1 or not fields:
            raise FormatError(
                f"{path.name}: {name!r} has no columns of numbers.",
                "Store the points as an array (n, d) of floats.",
            )
        check_size(path, name, head.shape[0], len(fields))
        check_block(path, name, head.dtype.itemsize, "its rows are too wide")
        return fields
    if not is_number(head.dtype):
        raise FormatError(
            f"{path.name}: {name!r} holds {_kind(head.dtype)}, not real numbers.",
            "Store the points as an array of floats.",
        )
    if len(head.shape) not in (1, 2):
        raise FormatError(
            f"{path.name}: {name!r} has the shape {head.shape}; points are (n, d).",
            "Reshape it to one point a row and one coordinate a column.",
        )
    check_size(path, name, head.shape[0], _width(head))
    return []


def array_table(path: Path, name: str, head: Head, get: Get, names: tuple[str, ...] = ()) -> Table:
    """Return an array as a table: (n, d), (n,) as one column, or (n,) of named fields.

    ``get(start, stop)`` returns rows as they are stored.

    Raises:
        FormatError: its shape, type or size will not do.
    """
    fields = check_array(path, name, head)
    rows = head.shape[0]
    if fields:

        def numbers(start: int, stop: int) -> NDArray[Any]:
            block = get(start, stop)
            return np.stack([np.asarray(block[f], np.float64) for f in fields], axis=1)

        return ArrayTable(name, fields, rows, numbers, head.dtype.itemsize)
    width = _width(head)
    columns = unique_names(names) if len(names) == width else default_names(width)
    return ArrayTable(name, columns, rows, lambda i, j: get(i, j).reshape(j - i, width))


def _width(head: Head) -> int:
    return head.shape[1] if len(head.shape) == 2 else 1


def _rows(path: Path, file: BinaryIO, head: Head) -> Get:
    """Read rows from the file itself: a map of it would count as memory."""
    columns = head.fortran and len(head.shape) == 2

    def values(offset: int, count: int) -> NDArray[Any]:
        size = head.dtype.itemsize
        file.seek(head.start + offset * size)
        raw = file.read(count * size)
        if len(raw) < count * size:
            raise damaged(path, path.stem, "it became shorter while it was read")
        return np.frombuffer(raw, head.dtype)

    def get(start: int, stop: int) -> NDArray[Any]:
        if columns:
            rows, width = head.shape
            parts = [values(k * rows + start, stop - start) for k in range(width)]
            return np.stack(parts, axis=1)
        width = _width(head)
        return values(start * width, (stop - start) * width)

    return get


def _kind(dtype: np.dtype[Any]) -> str:
    words = {"c": "complex numbers", "U": "text", "S": "text", "O": "Python objects", "M": "dates"}
    return words.get(dtype.kind, f"values of the type {dtype}")
