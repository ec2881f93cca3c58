"""HDF5: each 2-D data set of numbers is a table, each group of 1-D ones of one length as well."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.formats.base import ArrayTable, Format, FormatError, Table, default_names, is_number
from studio.formats.registry import register
from studio.store import hdf5
from studio.store.errors import Damaged

__all__ = ["Hdf5"]


@register
class Hdf5(Format):
    """HDF5, read in slices. Links to other files are not followed."""

    slug = "hdf5"
    title = "HDF5"
    suffixes = (".h5", ".hdf5", ".hdf")
    writes = (".h5", ".hdf5")

    @contextmanager
    def open(self, path: Path) -> Iterator[list[Table]]:
        """Open the file and list its tables."""
        try:
            with hdf5.opened(path) as file:
                yield _tables(path, file)
        except Damaged as error:
            raise FormatError(
                error.message, "Copy it again from where it came from, or export it anew."
            ) from error

    def write(
        self, path: Path, x: NDArray[np.float32], columns: Sequence[str], attrs: Mapping[str, Any]
    ) -> None:
        """Write "x" (n, d) with the attribute "columns", and "provenance" (JSON text)."""

        def fill(file: Any) -> None:
            hdf5.put_columns(file.create_dataset("x", data=x), columns)
            file["provenance"] = json.dumps(dict(attrs))

        hdf5.write(path, fill)


def _tables(path: Path, file: Any) -> list[Table]:
    import h5py

    tables: list[Table] = []
    lines: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)

    def visit(name: str, found: Any) -> None:
        # Data set names are visited in alphabetical order, hard links only.
        if not isinstance(found, h5py.Dataset) or found.external:
            return
        if found.ndim == 2 and is_number(found.dtype):
            tables.append(_matrix(name, found))
        elif found.ndim == 1 and found.dtype.names:
            tables.extend(_compound(name, found))
        elif found.ndim == 1 and is_number(found.dtype):
            group, _, column = name.rpartition("/")
            lines[group, len(found)][column] = found

    file.visititems(visit)
    for (group, length), columns in lines.items():
        if len(columns) > 1 or not tables:
            tables.append(_group(group, length, columns))
    if not tables:
        raise FormatError(
            f"{path.name} has no data set of the shape (n, d).",
            "Store the points as one such data set of floats.",
        )
    return tables


def _matrix(name: str, dataset: Any) -> Table:
    rows, d = dataset.shape
    names = hdf5.get_columns(dataset)
    columns = names if len(names) == d else default_names(d)
    return ArrayTable(name, columns, rows, lambda start, stop: dataset[start:stop])


def _compound(name: str, dataset: Any) -> list[Table]:
    fields = [f for f in dataset.dtype.names if is_number(dataset.dtype[f])]

    def get(start: int, stop: int) -> NDArray[Any]:
        block = dataset[start:stop]
        return np.stack([np.asarray(block[f], np.float64) for f in fields], axis=1)

    return [ArrayTable(name, fields, len(dataset), get)] if fields else []


def _group(group: str, length: int, columns: Mapping[str, Any]) -> Table:
    return ArrayTable(
        group or "/",
        list(columns),
        length,
        lambda start, stop: np.stack([d[start:stop] for d in columns.values()], axis=1),
    )
