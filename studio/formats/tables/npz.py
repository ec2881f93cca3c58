"""NPZ: several named numpy arrays in a zip file, each a table, or together."""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import MAX_COLUMNS, FormatError, check_block, check_size
from pushforward.studio.formats.npzarrays import ZipArray, refusing_damage, zip_arrays
from pushforward.studio.formats.tables.base import (
    ArrayTable,
    Format,
    RefusedTable,
    Table,
    unique_names,
)
from pushforward.studio.formats.tables.npy import array_table, check_array
from pushforward.studio.formats.tables.registry import register
from pushforward.studio.store.atomic import check_space, replacing

__all__ = ["Npz"]

_LONGEST_TEXT = 2**20


@register
class Npz(Format):
    """Named numpy arrays: each (n, d) array is a table, and so are the 1-D ones of one length."""

    slug = "npz"
    title = "NumPy archive"
    suffixes = (".npz",)
    writes = (".npz",)

    @contextmanager
    def open(self, path: Path) -> Iterator[list[Table]]:
        """Read the headers of the arrays; values are read on demand."""
        with refusing_damage(path), zipfile.ZipFile(path) as archive:
            arrays = zip_arrays(path, archive)
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


def _tables(path: Path, arrays: Sequence[ZipArray]) -> list[Table]:
    names = _column_names(path, arrays)
    tables: list[Table] = []
    lines: dict[int, list[ZipArray]] = defaultdict(list)
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


def _table(path: Path, array: ZipArray, names: tuple[str, ...]) -> Table:
    try:
        check_array(path, array.name, array.head)
        if array.columnwise:
            check_block(path, array.name, array.head.bytes, "it is stored column by column")
        return array_table(path, array.name, array.head, array.rows, names)
    except FormatError as error:
        return RefusedTable(array.name, error)


def _column_names(path: Path, arrays: Sequence[ZipArray]) -> tuple[str, ...]:
    """Return what the array "columns" says, if it is one of text."""
    found = next((array for array in arrays if array.name == "columns"), None)
    if found is None or len(found.head.shape) != 1 or found.head.dtype.kind != "U":
        return ()
    if found.head.shape[0] > MAX_COLUMNS or found.head.bytes > _LONGEST_TEXT:
        return ()
    return tuple(_texts(found.rows(0, found.head.shape[0])))


def _texts(array: NDArray[Any]) -> list[str]:
    """Return the texts of an array; invalid characters are replaced, at which numpy fails."""
    codec = "utf-32-be" if array.dtype.str[0] == ">" else "utf-32-le"
    size, raw = array.dtype.itemsize, array.tobytes()
    cells = (raw[k * size : (k + 1) * size] for k in range(len(array)))
    return [cell.decode(codec, "replace").rstrip("\0") for cell in cells]


def _together(path: Path, length: int, columns: Sequence[ZipArray], *, alone: bool) -> Table:
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
