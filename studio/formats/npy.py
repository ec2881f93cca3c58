"""NPY: one numpy array, mapped from the disk; arrays of Python objects are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.formats.base import ArrayTable, Format, FormatError, Table, default_names, is_number
from studio.formats.registry import register

__all__ = ["Npy", "array_table", "refuse_array"]


@register
class Npy(Format):
    """One numpy array."""

    slug = "npy"
    title = "NumPy array"
    suffixes = (".npy",)

    @contextmanager
    def open(self, path: Path) -> Iterator[list[Table]]:
        """Map the array, without reading it."""
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise refuse_array(path, error) from error
        if not isinstance(array, np.ndarray):
            array.close()
            raise FormatError(f"{path.name} is an NPZ archive.", "Give it the suffix .npz.")
        yield [array_table(path, path.stem, array)]


def array_table(path: Path, name: str, array: NDArray[Any], names: tuple[str, ...] = ()) -> Table:
    """Return an array as a table: (n, d), (n,) as one column, or (n,) of named fields.

    Raises:
        FormatError: its shape or type will not do.
    """
    if array.dtype.names:
        return _record_table(path, name, array)
    if not is_number(array.dtype):
        raise FormatError(
            f"{path.name}: {name!r} holds {_kind(array.dtype)}, not real numbers.",
            "Store the points as an array of floats.",
        )
    if array.ndim not in (1, 2):
        raise FormatError(
            f"{path.name}: {name!r} has the shape {array.shape}; points are (n, d).",
            "Reshape it to one point a row and one coordinate a column.",
        )
    table = array[:, None] if array.ndim == 1 else array
    columns = names if len(names) == table.shape[1] else default_names(table.shape[1])
    return ArrayTable(name, columns, table.shape[0], lambda start, stop: table[start:stop])


def refuse_array(path: Path, error: Exception) -> FormatError:
    """Say in plain words why numpy would not load a file."""
    text = str(error)
    if "allow_pickle" in text or "Object arrays" in text:
        return FormatError(
            f"{path.name} holds Python objects, which are never loaded: they can run any code.",
            "Save the points as an array of floats.",
        )
    return FormatError(
        f"{path.name} is truncated or not a NumPy file ({text.rstrip('.')}).",
        "Copy it again from where it came from.",
    )


def _record_table(path: Path, name: str, array: NDArray[Any]) -> Table:
    fields = [f for f in array.dtype.names or () if is_number(array.dtype[f])]
    if array.ndim != 1 or not fields:
        raise FormatError(
            f"{path.name}: {name!r} has no columns of numbers.",
            "Store the points as an array (n, d) of floats.",
        )

    def get(start: int, stop: int) -> NDArray[Any]:
        block = array[start:stop]
        return np.stack([np.asarray(block[f], np.float64) for f in fields], axis=1)

    return ArrayTable(name, fields, len(array), get)


def _kind(dtype: np.dtype[Any]) -> str:
    words = {"c": "complex numbers", "U": "text", "S": "text", "O": "Python objects", "M": "dates"}
    return words.get(dtype.kind, f"values of the type {dtype}")
