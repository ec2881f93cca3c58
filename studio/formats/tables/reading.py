"""Tables of any format: inspect them, and stream columns. Errors name the file, the place and the
remedy, if possible from the shape before reading.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.inspection import Item
from pushforward.studio.formats.limits import MAX_CELLS, FormatError, check_points, check_size
from pushforward.studio.formats.tables.base import Chunk, RefusedTable, Table, unique_names
from pushforward.studio.formats.tables.joined_tables import joined
from pushforward.studio.formats.tables.registry import registry
from pushforward.studio.formats.tables.statistics import MISSING, ColumnScan, scan

__all__ = ["choose", "good_columns", "indices", "items", "opened", "stream", "stream_labelled"]

PREVIEW_ROWS = 100
PREVIEW_CELLS = 40_000  # an answer has to fit into a message
SHOWN_COLUMNS = 4096
MAX_ITEMS = 200
FEW = 3  # columns of a kind that have a note each


@contextmanager
def opened(paths: Sequence[Path]) -> Iterator[list[Table]]:
    """Open files as their tables, each with the rows of all files.

    Raises:
        FormatError: one is not of its format, damaged, too large, or has no table.
    """
    with ExitStack() as stack:
        found = []
        for path in paths:
            tables = stack.enter_context(registry.for_path(path).open(path))
            found.append(_checked(path, tables))
        yield joined(paths, found)


def items(path: Path, tables: Sequence[Table]) -> list[Item]:
    """Look through tables: their columns with statistics over all rows, a preview, and what stands
    against them; as many as fit into an answer.
    """
    found = list(_looked_through(path, _first(tables)))
    if len(tables) > len(found):
        note = f"{len(tables):,} tables are in the file; the first {len(found)} are shown."
        found = [msgspec.structs.replace(item, notes=[*item.notes, note]) for item in found]
    return found


def good_columns(path: Path, table: Table) -> list[int]:
    """Read a table and return the indices of the columns that hold numbers.

    Raises:
        FormatError: there are not two of them, or too few rows.
    """
    scans = [ColumnScan(name) for name in table.columns]
    rows = 0
    for chunk, _ in _limited(path, table):
        rows += len(chunk.values)
        scan(table, chunk, scans, range(len(scans)))
    picked = [k for k, s in enumerate(scans) if s.kind in ("number", "mixed")]
    chosen = [scans[k] for k in picked]
    _refuse(
        path,
        [
            *_shape_problems(rows, chosen),
            *table.problems(picked),
            *_cell_problems(chosen, strict=False),
        ],
    )
    return picked


def stream(path: Path, table: Table, picked: Sequence[int]) -> Iterator[NDArray[np.float32]]:
    """Yield columns of a table, (k, d) float32 at a time; errors of cells are reported at the end.

    Raises:
        FormatError: fewer than two columns or rows, too many of them, or a cell that is not a
            finite number.
    """
    for values, _ in stream_labelled(path, table, picked, len(picked), None):
        yield values


def stream_labelled(
    path: Path, table: Table, picked: Sequence[int], width: int, label: int | None
) -> Iterator[tuple[NDArray[np.float32], list[str]]]:
    """Yield columns as `stream` does, with the cells of a ``label`` column as text ([] for None).
    The first ``width`` columns are coordinates, of which there must be two.

    Raises:
        FormatError: as `stream`.
    """
    check_points(path, table.name, table.rows or 0, len(picked))
    scans = [ColumnScan(table.columns[index]) for index in picked]
    rows = 0
    bad = False
    for chunk, cells in _limited(path, table, len(picked), label):
        scan(table, chunk, scans, picked)
        rows += len(chunk.values)
        bad = bad or any(column.nan or column.texts for column in scans)
        if not bad:  # else the rest is read to count, and is not wanted
            with np.errstate(over="ignore"):
                yield chunk.values[:, picked].astype(np.float32), cells
    _refuse(
        path,
        [
            *_shape_problems(rows, scans[:width]),
            *table.problems(picked),
            *_cell_problems(scans, strict=True),
        ],
    )


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


def _limited(
    path: Path, table: Table, picked: int = 0, label: int | None = None
) -> Iterator[tuple[Chunk, list[str]]]:
    """Yield the chunks of a table, with the cells of a label, stopping as soon as there are too
    many rows.
    """
    rows = 0
    plain = ((chunk, list[str]()) for chunk in table.chunks())
    for chunk, cells in plain if label is None else table.labelled_chunks(label):
        rows += len(chunk.values)
        check_size(path, table.name, rows, len(table.columns))
        check_points(path, table.name, rows, picked)
        yield chunk, cells


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
            yield _unread(table, "Not scanned: the tables before it have too many values.")
            continue
        yield _inspect(path, table, shown)


def _unread(table: Table, problem: str) -> Item:
    return Item(name=table.name, columns=[], rows=0, preview=[], problems=[problem])


def _inspect(path: Path, table: Table, shown: int) -> Item:
    scans = [ColumnScan(name) for name in table.columns]
    rows = 0
    for chunk, _ in _limited(path, table):
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
    """Return the problems of cells; ``strict`` also refuses columns without any number."""
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
            notes += [f"Column {s.name!r} {_why_left(s)} and is left out." for s in left]
    constant = [s for s in scans if s.count and s.minimum == s.maximum]
    if len(constant) > FEW:
        return [*notes, f"{len(constant):,} columns are constant: {_some(constant)}"]
    return notes + [f"Column {s.name!r} is always {s.minimum:g}." for s in constant]


def _why_left(scan: ColumnScan) -> str:
    """Return why nothing of a column is a number: it may be full of ones that are too large."""
    if scan.kind == "empty" and scan.first and not scan.first.endswith(MISSING):
        return f"has no finite 32-bit number ({scan.first})"
    return f"is {scan.kind}"


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
            "Choose other columns, or fix the file and import it again.",
        )


def choose(path: Path, tables: Sequence[Table], item: str) -> Table:
    """Return the table of a name, "" for the only one.

    Raises:
        FormatError: there is none, or it cannot be taken.
    """
    names = ", ".join(repr(t.name) for t in tables)
    for table in tables:
        if table.name == item or (not item and len(tables) == 1):
            if isinstance(table, RefusedTable):
                raise table.error
            return table
    reason = f"has no table {item!r}" if item else "holds several tables"
    raise FormatError(f"{path.name} {reason}.", f"Choose one of {names}.", kind="user")


def indices(path: Path, table: Table, columns: Sequence[str]) -> list[int]:
    """Return the places of columns of a table.

    Raises:
        FormatError: there is no such column, or one is named twice.
    """
    unknown = [name for name in columns if name not in table.columns]
    if unknown:
        raise FormatError(
            f"{path.name} has no column {', '.join(map(repr, unknown))}.",
            f"Its columns are {', '.join(map(repr, table.columns))}.",
            kind="user",
        )
    if len(set(columns)) < len(columns):
        raise FormatError(f"Duplicate column: {', '.join(columns)}.", kind="user")
    return [table.columns.index(name) for name in columns]
