"""HDF5: each 2-D data set of numbers is a table, each group of 1-D ones of one length as well.

A damaged HDF5 file can end the process that opens it: the engine looks into files in a process of
their own (`studio.formats.worker`). What lies outside of the file is never read.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.hdf5blocks import Blocks
from pushforward.studio.formats.hdf5walk import MAX_DEPTH, walk
from pushforward.studio.formats.limits import FormatError, check_block, check_size
from pushforward.studio.formats.tables.base import (
    ArrayTable,
    Format,
    RefusedTable,
    Table,
    default_names,
    is_number,
    unique_names,
)
from pushforward.studio.formats.tables.registry import register
from pushforward.studio.store import hdf5
from pushforward.studio.store.contents import read_names
from pushforward.studio.store.errors import Damaged

__all__ = ["Hdf5"]

Columns = Sequence[tuple[str, bytes]]
"""Names as people read them, and as the file has them."""


@register
class Hdf5(Format):
    """HDF5, read in the blocks that it is stored in. Links to other files are not followed."""

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
            raise FormatError(error.message, "Copy or export it again.") from error

    def write(
        self, path: Path, x: NDArray[np.float32], columns: Sequence[str], attrs: Mapping[str, Any]
    ) -> None:
        """Write "x" (n, d) with the attribute "columns", and "provenance" (JSON text)."""

        def fill(file: Any) -> None:
            hdf5.put_columns(file.create_dataset("x", data=x), columns)
            file["provenance"] = json.dumps(dict(attrs))

        hdf5.write(path, fill)


def _tables(path: Path, file: Any) -> list[Table]:
    inside = walk(path, file)
    tables: list[Table] = []
    lines: dict[tuple[str, int], list[tuple[str, bytes]]] = defaultdict(list)
    for name in inside.datasets:
        found = file[name]
        shown = name.decode("utf-8", "replace")
        group, _, column = shown.rpartition("/")
        if found.ndim == 2 and is_number(found.dtype):
            tables.append(_or_refused(shown, partial(_matrix, path, shown, found)))
        elif found.ndim == 1 and found.dtype.names:
            fields = tuple(f for f in found.dtype.names if is_number(found.dtype[f]))
            if fields:
                make = partial(_compound, path, shown, found, fields)
                tables.append(_or_refused(shown, make))
        elif found.ndim == 1 and is_number(found.dtype):
            lines[group, len(found)].append((column, name))
    for (group, length), columns in lines.items():
        if len(columns) > 1 or not tables:
            make = partial(_group, path, file, group, length, columns)
            tables.append(_or_refused(group or "/", make))
    tables += [RefusedTable(name, _link_error(path, name)) for name in inside.linked]
    if not tables:
        depth = f" (up to {MAX_DEPTH} levels of groups deep)" if inside.deeper else ""
        raise FormatError(
            f"{path.name} has no data set of the shape (n, d){depth}.",
            "Store the points as one such data set of floats.",
        )
    if inside.deeper:
        for table in tables:
            table.notes = (f"Groups more than {MAX_DEPTH} levels deep are not searched.",)
    return tables


def _or_refused(name: str, make: Callable[[], Table]) -> Table:
    try:
        return make()
    except FormatError as error:
        return RefusedTable(name, error)


def _matrix(path: Path, name: str, dataset: Any) -> Table:
    blocks = Blocks(path, name, dataset)
    names = read_names(dataset)
    columns = unique_names(names) if len(names) == blocks.width else default_names(blocks.width)
    return ArrayTable(name, columns, blocks.rows, blocks.get, blocks.row_bytes)


def _compound(path: Path, name: str, dataset: Any, fields: tuple[str, ...]) -> Table:
    blocks = Blocks(path, name, dataset, fields)

    def get(start: int, stop: int) -> NDArray[Any]:
        rows = blocks.get(start, stop)
        return np.stack([np.asarray(rows[f], np.float64) for f in fields], axis=1)

    return ArrayTable(name, fields, blocks.rows, get, blocks.row_bytes)


def _group(path: Path, file: Any, group: str, length: int, columns: Columns) -> Table:
    name = group or "/"
    check_size(path, name, length, len(columns))
    blocks = [Blocks(path, column, file[address]) for column, address in columns]
    check_block(path, name, sum(b.held_bytes for b in blocks), "its columns are stored apart")
    return ArrayTable(
        name,
        unique_names([column for column, _ in columns]),
        length,
        lambda start, stop: np.stack([b.get(start, stop) for b in blocks], axis=1),
    )


def _link_error(path: Path, name: str) -> FormatError:
    return FormatError(
        f"{path.name}: {name} is a link to another file, which is not followed.",
        "Import the linked file instead.",
    )
