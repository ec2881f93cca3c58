"""NPZ: several named numpy arrays in a zip file."""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.formats.base import MAX_BYTES, ArrayTable, Format, FormatError, Table, check_size
from studio.formats.npy import array_table, refuse_array
from studio.formats.registry import register
from studio.store.atomic import check_space, replacing
from studio.store.errors import human_bytes

__all__ = ["Npz"]


@register
class Npz(Format):
    """Named numpy arrays: each (n, d) array is a table, and so are the 1-D ones of one length."""

    slug = "npz"
    title = "NumPy archive"
    suffixes = (".npz",)
    writes = (".npz",)

    @contextmanager
    def open(self, path: Path) -> Iterator[list[Table]]:
        """Load the arrays, after checking that they are not too large once unpacked."""
        try:
            _check_unpacked(path)
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        except (ValueError, EOFError, KeyError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
            raise refuse_array(path, error) from error
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


def _check_unpacked(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > MAX_BYTES:
        raise FormatError(
            f"{path.name} has {human_bytes(size)} once unpacked; the limit is "
            f"{human_bytes(MAX_BYTES)}.",
            "Save a random subset of the rows.",
        )


def _tables(path: Path, arrays: Mapping[str, NDArray[Any]]) -> list[Table]:
    names = tuple(map(str, arrays["columns"].tolist())) if _are_names(arrays.get("columns")) else ()
    tables: list[Table] = []
    lines: dict[int, dict[str, NDArray[Any]]] = defaultdict(dict)
    for name, array in arrays.items():
        if array.ndim == 2 or array.dtype.names:
            tables.append(array_table(path, name, array, names))
        elif array.ndim == 1 and array.dtype.kind in "fiub":
            lines[len(array)][name] = array
    for length, columns in lines.items():
        if len(columns) > 1 or not tables:
            tables.append(_together(path, length, columns, alone=len(lines) == 1))
    if not tables:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise FormatError(
            f"{path.name} has no array of the shape (n, d) (found: {shapes or 'nothing'}).",
            "Save the points as one such array of floats.",
        )
    return tables


def _are_names(array: NDArray[Any] | None) -> bool:
    return array is not None and array.ndim == 1 and array.dtype.kind == "U"


def _together(path: Path, length: int, columns: dict[str, NDArray[Any]], *, alone: bool) -> Table:
    name = "columns" if alone else f"columns of {length}"
    check_size(path, name, length, len(columns))
    return ArrayTable(
        name,
        list(columns),
        length,
        lambda start, stop: np.stack([a[start:stop] for a in columns.values()], axis=1),
    )
