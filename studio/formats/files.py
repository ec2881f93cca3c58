"""Files of points, whatever their format: look into them, read them, write them.

Everything that stands against a file is said here, with the file, the place and the remedy, and
before reading it where its size or shape is enough to tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.formats.base import Chunk, Inspection, Item, RefusedTable, Table, unique_names
from studio.formats.limits import (
    MAX_BYTES,
    MAX_CELLS,
    MAX_ROWS,
    FormatError,
    check_points,
    check_size,
)
from studio.formats.registry import discover, registry
from studio.formats.statistics import ColumnScan, scan
from studio.store.errors import explain, human_bytes
from studio.store.names import check_text

__all__ = ["inspect", "read", "write_points"]

PREVIEW_ROWS = 100
PREVIEW_CELLS = 40_000  # an answer has to fit into a message
SHOWN_COLUMNS = 4096
MAX_ITEMS = 200
FEW = 3  # columns of a kind that have a note each


def inspect(path: Path) -> Inspection:
    """Look into a file: its tables, their columns with statistics over all rows, a preview.

    What can be mended by choosing other columns is listed under ``problems``.

    Raises:
        FormatError: the file cannot be imported at all.
        StoreError: it is missing or may not be read.
    """
    path = Path(path)
    with _tables(path) as (slug, tables):
        items = list(_looked_through(path, _first(tables)))
    if len(tables) > len(items):
        note = f"{len(tables):,} tables are in the file; the first {len(items)} are shown."
        items = [msgspec.structs.replace(item, notes=[*item.notes, note]) for item in items]
    several = len(items) > 1
    problems = [f"{i.name}: {p}" if several else p for i in items for p in i.problems]
    return Inspection(
        file=str(path), format=slug, items=items, bytes=path.stat().st_size, problems=problems
    )


def read(path: Path, item: str = "", columns: Sequence[str] = ()) -> NDArray[np.float32]:
    """Return columns of a table as points, (n, d) float32.

    ``item`` names the table, "" for the only one. Without ``columns``, all columns that hold
    numbers are taken, and those of text only are left out.

    Raises:
        FormatError: no such table or column, fewer than two columns or rows, or a cell that is
            not a finite number.
        StoreError: the file is missing or may not be read.
    """
    x, _ = read_named(path, item, columns)
    return x


def read_named(
    path: Path, item: str = "", columns: Sequence[str] = ()
) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """As `read`, and return the names of the columns that were taken."""
    path = Path(path)
    with _tables(path) as (_, tables):
        table = _choose(path, tables, item)
        if isinstance(table, RefusedTable):
            raise table.error
        picked = _indices(path, table, columns)
        check_points(path, table.name, table.rows or 0, len(picked))
        x, scans = _collect(path, table, picked)
    keep = [k for k, scan in enumerate(scans) if columns or scan.kind in ("number", "mixed")]
    chosen = [scans[k] for k in keep]
    problems = [
        *_shape_problems(len(x), chosen),
        *table.problems([picked[k] for k in keep]),
        *_cell_problems(chosen, strict=bool(columns)),
    ]
    _refuse(path, problems)
    return x if len(keep) == len(scans) else x[:, keep], tuple(scan.name for scan in chosen)


def _collect(
    path: Path, table: Table, picked: Sequence[int]
) -> tuple[NDArray[np.float32], list[ColumnScan]]:
    """Read columns of a table, with their statistics."""
    scans = [ColumnScan(table.columns[index]) for index in picked]
    # Grows in place: a list of parts would need twice the memory when they are joined.
    data = bytearray()
    rows = 0
    for chunk in _limited(path, table, len(picked)):
        scan(table, chunk, scans, picked)
        rows += len(chunk.values)
        with np.errstate(over="ignore"):
            data += chunk.values[:, picked].astype(np.float32).tobytes()
    return np.frombuffer(data, np.float32).reshape(rows, len(picked)), scans


def write_points(
    path: Path,
    x: ArrayLike,
    columns: Sequence[str],
    attrs: Mapping[str, Any] | None = None,
) -> None:
    """Write points x (n, d) to a file whose suffix says how, replacing it atomically.

    ``attrs`` says where the points come from (plain JSON): in HDF5 and NPZ under "provenance",
    for text files in ``<name>.json`` beside it.

    Raises:
        ValueError: x does not fit the column names.
        FormatError: the suffix cannot be written.
        StoreError: the disk refused.
    """
    path = Path(path)
    data = np.asarray(x, np.float32)
    if data.ndim != 2 or data.shape[1] != len(columns):
        raise ValueError(f"x must be (n, {len(columns)}), got {data.shape}")
    discover()
    registry.for_path(path, writing=True).write(path, data, columns, attrs or {})


@contextmanager
def _tables(path: Path) -> Iterator[tuple[str, list[Table]]]:
    """Open a file, after refusing by suffix and size, and check what its tables say of theirs."""
    discover()
    check_text(path)
    format = registry.for_path(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise explain(error, path, "read") from error
    if not path.is_file():
        raise FormatError(f"{path} is not a file.", "Choose a file.", kind="user")
    if size == 0:
        raise FormatError(f"{path.name} is empty.", "Choose a file with at least two rows.")
    if size > MAX_BYTES:
        raise FormatError(
            f"{path.name} has {human_bytes(size)}; the limit is {human_bytes(MAX_BYTES)} "
            f"and {MAX_ROWS:,} rows.",
            "Import a random subset of the rows: a model rarely needs more than a million.",
        )
    try:
        with format.open(path) as tables:
            yield format.slug, _checked(path, tables)
    except OSError as error:
        raise explain(error, path, "read") from error


def _checked(path: Path, tables: Sequence[Table]) -> list[Table]:
    """Return the tables with names to tell them apart; those too large are refused by name.

    Raises:
        FormatError: none is left.
    """
    checked = [_sized(path, table) for table in tables]
    refused = [table.error for table in checked if isinstance(table, RefusedTable)]
    if len(refused) == len(checked):
        raise refused[0]
    for table, name in zip(checked, unique_names([t.name for t in checked]), strict=True):
        table.name = name
        table.columns = unique_names(table.columns)
    return checked


def _sized(path: Path, table: Table) -> Table:
    if isinstance(table, RefusedTable):
        return table
    try:
        check_size(path, table.name, table.rows or 0, len(table.columns))
    except FormatError as error:
        return RefusedTable(table.name, error)
    return table


def _limited(path: Path, table: Table, picked: int = 0) -> Iterator[Chunk]:
    """Yield the chunks of a table, stopping as soon as there are too many rows."""
    rows = 0
    for chunk in table.chunks():
        rows += len(chunk.values)
        check_size(path, table.name, rows, len(table.columns))
        check_points(path, table.name, rows, picked)
        yield chunk


def _first(tables: Sequence[Table]) -> list[Table]:
    """Return as many tables as fit into an answer."""
    first: list[Table] = []
    columns = 0
    for table in tables[:MAX_ITEMS]:
        columns += len(table.columns)
        if first and columns > SHOWN_COLUMNS:
            break
        first.append(table)
    return first


def _looked_through(path: Path, tables: Sequence[Table]) -> Iterator[Item]:
    """Look into tables one after the other, with an end to the work of all of them."""
    left = MAX_CELLS
    columns = sum(len(table.columns) for table in tables)
    shown = min(PREVIEW_ROWS, PREVIEW_CELLS // max(columns, 1))
    for table in tables:
        if isinstance(table, RefusedTable):
            yield _unread(table, str(table.error))
            continue
        left -= (table.rows or 0) * len(table.columns)
        if left < 0:
            yield _unread(table, "Not looked through: the tables before it have too many values.")
            continue
        yield _inspect(path, table, shown)


def _unread(table: Table, problem: str) -> Item:
    return Item(name=table.name, columns=[], rows=0, preview=[], problems=[problem])


def _inspect(path: Path, table: Table, shown: int) -> Item:
    scans = [ColumnScan(name) for name in table.columns]
    rows = 0
    for chunk in _limited(path, table):
        rows += len(chunk.values)
        scan(table, chunk, scans, range(len(scans)))
    picked = [k for k, s in enumerate(scans) if s.kind in ("number", "mixed")]
    usable = [scans[k] for k in picked]
    problems = [*_shape_problems(rows, usable), *table.problems(picked)]
    notes = [*table.notes, *_notes(scans), *_size_notes(path, table, rows, len(usable))]
    return Item(
        name=table.name,
        columns=[s.column() for s in scans],
        rows=rows,
        preview=table.preview(shown) if rows else [],
        problems=[*problems, *_cell_problems(usable, strict=False)],
        notes=notes if rows > 1 else [],
    )


def _shape_problems(rows: int, columns: Sequence[ColumnScan]) -> list[str]:
    if rows == 0:
        return ["There are no rows."]
    if rows == 1:
        return ["There is only one row; a distribution needs many."]
    if not columns:
        return ["No column holds numbers; points need at least two."]
    if len(columns) == 1:
        return [f"Only one column of numbers ({columns[0].name!r}); points need at least two."]
    return []


def _cell_problems(columns: Sequence[ColumnScan], *, strict: bool) -> list[str]:
    """Say what is wrong in the cells; ``strict`` also refuses columns without any number."""
    problems = []
    for column in columns:
        if column.texts and (column.count or strict):
            problems.append(
                f"Column {column.name!r} holds text ({_cells(column.texts)}): {column.first}."
            )
        elif column.nan:
            problems.append(
                f"Column {column.name!r} has {_cells(column.nan)} missing or not finite as "
                f"32-bit numbers: {column.first}."
            )
    return problems


def _cells(n: int) -> str:
    return "1 cell" if n == 1 else f"{n:,} cells"


def _notes(scans: Sequence[ColumnScan]) -> list[str]:
    notes = []
    for kind in ("text", "empty"):
        left = [s for s in scans if s.kind == kind]
        if len(left) > FEW:
            notes.append(f"{len(left):,} columns are {kind} and are left out: {_some(left)}")
        else:
            notes += [f"Column {s.name!r} is {kind} and is left out." for s in left]
    constant = [s for s in scans if s.count and s.minimum == s.maximum]
    if len(constant) > FEW:
        return [*notes, f"{len(constant):,} columns are constant: {_some(constant)}"]
    return notes + [f"Column {s.name!r} is always {s.minimum:g}." for s in constant]


def _some(scans: Sequence[ColumnScan]) -> str:
    return ", ".join([*(repr(scan.name) for scan in scans[:FEW]), "..."])


def _size_notes(path: Path, table: Table, rows: int, columns: int) -> list[str]:
    try:
        check_points(path, table.name, rows, columns)
    except FormatError as error:
        return [str(error)]
    return []


def _refuse(path: Path, problems: Sequence[str]) -> None:
    if problems:
        raise FormatError(
            f"{path.name}: {' '.join(problems[:3])}",
            "Choose other columns, or mend the file and import it again.",
        )


def _choose(path: Path, tables: Sequence[Table], item: str) -> Table:
    names = ", ".join(repr(t.name) for t in tables)
    if not item and len(tables) == 1:
        return tables[0]
    for table in tables:
        if table.name == item:
            return table
    reason = f"has no table {item!r}" if item else "holds several tables"
    raise FormatError(f"{path.name} {reason}.", f"Choose one of {names}.", kind="user")


def _indices(path: Path, table: Table, columns: Sequence[str]) -> list[int]:
    unknown = [name for name in columns if name not in table.columns]
    if unknown:
        raise FormatError(
            f"{path.name} has no column {', '.join(map(repr, unknown))}.",
            f"Its columns are {', '.join(map(repr, table.columns))}.",
            kind="user",
        )
    if len(set(columns)) < len(columns):
        raise FormatError(f"A column is chosen twice: {', '.join(columns)}.", kind="user")
    return [table.columns.index(name) for name in columns or table.columns]
