"""Series from tables: columns as channels, or rows as series."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError, check_points, check_size
from pushforward.studio.formats.registry import importer
from pushforward.studio.formats.series.windows import LENGTH, STEP, check_windows, parts, windows
from pushforward.studio.formats.tables import reading
from pushforward.studio.formats.tables.base import Table
from pushforward.studio.formats.tables.registry import registry
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import Schema

__all__ = ["SeriesTable"]

_SHOWN = 6
_SHORTEST = 4
_TIMES = ("t", "time", "times", "timestamp", "seconds", "date", "datetime")
_EVEN = 1e-3  # of a step: by how much rounded times may be off


@importer
class SeriesTable(Importer):
    """Tables in any of the formats of `studio.formats.tables`: CSV, NPY, NPZ, HDF5, ..."""

    slug = "series-table"
    kind = "series"
    title = "Series: columns or rows of a table"
    options = (
        FieldSpec(
            path="item",
            kind="item",
            title="Table",
            help="The table of the file, where it has several.",
            default="",
        ),
        FieldSpec(
            path="layout",
            kind="choice",
            title="A series is",
            help=(
                "Columns: each is a channel, cut into windows. Rows: each is one series of one "
                "channel."
            ),
            default="columns",
            choices=[
                Choice(value="columns", title="Down the columns"),
                Choice(value="rows", title="Along a row"),
            ],
        ),
        FieldSpec(
            path="columns",
            kind="columns",
            title="Columns",
            help="Channels (or times, if series are rows); default: all numeric columns.",
            default=[],
        ),
        LENGTH,
        STEP,
    )
    general = True

    @property
    def suffixes(self) -> tuple[str, ...]:  # type: ignore[override]  # plug-ins add to them
        """Those of all table formats."""
        return tuple(registry.suffixes())

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Read the table, and say how many series there are of how many times and channels."""
        rows, shape, preview = 0, (0, 0), {}
        problems: list[str] = []
        notes: list[str] = []
        with reading.opened(paths) as tables:
            items = reading.items(paths[0], tables)
        try:
            for block in _series(paths, options):
                if not rows:
                    preview = {"x": block[:_SHOWN].tolist()}
                rows, shape = rows + len(block), (block.shape[1], block.shape[2])
            if not rows:
                problems = [_none(paths[0], options)]
            else:
                across = "1 channel" if shape[1] == 1 else f"{shape[1]:,} channels"
                notes = [f"{rows:,} series of {shape[0]:,} times in {across}."]
                notes += _timed(paths, options)
        except FormatError as error:
            # Other settings may do: the dialog says what is wrong and lets choose.
            problems = [f"{error.message} {error.hint}".strip()]
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=", ".join(dict.fromkeys(registry.for_path(path).slug for path in paths)),
            bytes=0,
            rows=0 if problems else rows,
            parts=parts(*shape) if all(shape) else [],
            items=items,
            preview=preview,
            problems=problems,
            notes=notes,
            unused={"length": _WHOLE, "step": _WHOLE} if options["layout"] == "rows" else {},
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the series of all files.

        Raises:
            FormatError: there are none, or there is a gap in one.
        """
        first = next(_series(paths, options), None)
        if first is None:
            raise FormatError(_none(paths[0], options))
        names = _chosen(paths, options) if options["layout"] == "columns" else []
        shape = first.shape[1:]
        schema = Schema(kind=self.kind, parts=parts(*shape), facts={"channels": names})
        return Rows(schema, _blocks(paths, options))


_WHOLE = "Rows are not cut."


def _none(path: Path, options: Mapping[str, Any]) -> str:
    if options["layout"] == "rows":
        return f"{path.name} has no rows of numbers."
    return (
        f"{path.name} has fewer than {int(options['length']):,} rows, and a series has that many "
        "times. Choose a shorter length."
    )


def _timed(paths: Sequence[Path], options: Mapping[str, Any]) -> list[str]:
    """Say of a column that is named as a time that it is taken for a channel, and whether its steps
    are even: rows are taken for even times.
    """
    if options["layout"] != "columns":
        return []
    notes = []
    with reading.opened(paths[:1]) as tables:
        table = reading.choose(paths[0], tables, options["item"])
        picked = _picked(paths[0], table, options["columns"])
        named = [k for k in picked if table.columns[k].strip().casefold() in _TIMES]
        first = next(iter(table.chunks()), None) if named else None
        if first is None or len(picked) < 2:
            return []
        for k in named:
            name, steps = table.columns[k], np.diff(first.values[:, k])
            even = bool(len(steps)) and np.allclose(steps, np.median(steps), rtol=_EVEN, atol=0.0)
            told = f"{name!r} is treated as a channel; exclude it under Columns."
            if not even and len(steps):
                told += (
                    f" Its steps are not even ({steps.min():g} to {steps.max():g}), but rows are "
                    "treated as equally spaced: resample the series to an even grid first."
                )
            notes.append(told)
    return notes


def _chosen(paths: Sequence[Path], options: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns that are taken: those of the first file."""
    with reading.opened(paths[:1]) as tables:
        table = reading.choose(paths[0], tables, options["item"])
        return [table.columns[k] for k in _picked(paths[0], table, options["columns"])]


def _picked(path: Path, table: Table, wanted: Sequence[str]) -> list[int]:
    """Return the places of columns: those of some names, or all with a number in the first rows."""
    if wanted:
        return reading.indices(path, table, wanted)
    first = next(iter(table.chunks()), None)
    some = np.isfinite(first.values).any(axis=0) if first is not None else np.zeros(0, bool)
    picked = np.flatnonzero(some).tolist()
    if not picked:
        raise FormatError(f"{path.name} has no column of numbers.", "A series is made of numbers.")
    return picked


def _series(paths: Sequence[Path], options: Mapping[str, Any]) -> Iterator[NDArray[np.float32]]:
    """Yield series (n, L, C), some at a time.

    Raises:
        FormatError: a number is missing, or there are too many of them.
    """
    names = _chosen(paths, options)
    for path in paths:
        # No window begins in one file and ends in another.
        with reading.opened([path]) as tables:
            table = reading.choose(path, tables, options["item"])
            yield from _of_a_table(path, table, reading.indices(path, table, names), options)


def _of_a_table(
    path: Path, table: Table, picked: Sequence[int], options: Mapping[str, Any]
) -> Iterator[NDArray[np.float32]]:
    numbers = _numbers(path, table, picked)
    if options["layout"] == "columns":
        length, step = int(options["length"]), int(options["step"])
        check_windows(path, table.rows or 0, len(picked), length, step)
        yield from windows(numbers, length, step)
        return
    if len(picked) < _SHORTEST:
        raise FormatError(
            f"{path.name} has rows of {len(picked)} numbers; a series has {_SHORTEST} or more.",
            "Take the columns as channels.",
        )
    check_points(path, table.name, table.rows or 0, len(picked))
    for block in numbers:
        yield block[..., None]


def _numbers(path: Path, table: Table, picked: Sequence[int]) -> Iterator[NDArray[np.float32]]:
    """Yield some columns (k, C) of a table.

    Raises:
        FormatError: a number is missing or not finite: which, and what to do.
    """
    done = 0
    for chunk in table.chunks():
        check_size(path, table.name, done + len(chunk.values), len(table.columns))
        with np.errstate(over="ignore", invalid="ignore"):
            block = chunk.values[:, picked].astype(np.float32)
        broken = np.argwhere(~np.isfinite(block))
        if len(broken):
            row, column = broken[0]
            raise FormatError(
                f"{path.name} has a gap: {table.place} {chunk.places[row]} of column "
                f"{table.columns[picked[column]]!r} is not a finite number.",
                "Models need complete series. Exclude the column or these rows, or fill them "
                "first.",
            )
        done += len(block)
        yield block


def _blocks(paths: Sequence[Path], options: Mapping[str, Any]) -> Iterator[Block]:
    for block in _series(paths, options):
        yield {"x": block}
