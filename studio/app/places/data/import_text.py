"""What the import dialog says, as pure functions: reasons, sizes, names, how columns are scaled."""

import numpy as np

from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.counts import explain_too_few
from pushforward.studio.figures import short
from pushforward.studio.formats.inspection import Column, Inspection, Item
from pushforward.studio.store.names import is_taken
from pushforward.studio.store.splits import FEWEST

__all__ = [
    "are_points",
    "file_size",
    "left_out",
    "name_reasons",
    "part_reasons",
    "previewed_points",
    "reasons",
    "standardisation",
]


def file_size(count: int) -> str:
    """Write a number of bytes for people."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{short(size, 3)} {unit}"
        size /= 1000
    return f"{short(size, 3)} GB"


def are_points(found: Inspection) -> bool:
    """Whether the rows of a table are points, which are drawn column against column."""
    return kind(found.kind).layout == "plane"


def reasons(
    item: Item | None, chosen: list[Column], name: str, taken: list[str], fewest: int = 2
) -> list[str]:
    """Return why the import cannot start, with what to do, in the order of the dialog; ``fewest``
    columns make a row: points have two coordinates at least, a series may have one channel.
    """
    if item is None:
        return ["This file has nothing that can be imported."]
    found = []
    if len(chosen) < fewest:
        two = "at least two columns of numbers: points need two coordinates"
        found.append(f"Choose {two if fewest > 1 else 'a column of numbers'}.")
    for column in chosen:
        if column.kind != "number":
            kinds = {"text": "holds text", "empty": "is empty"}
            words = kinds.get(column.kind, "is not numeric")
            found.append(f"Column {column.name} {words}{_first(column)}: leave it out.")
        elif column.nan:
            found.append(
                f"{_gaps(column)}. Fill or remove those rows in the file, or leave it out."
            )
    return [*found, *_few(item.rows), *name_reasons(name, taken)]


def left_out(item: Item, chosen: list[Column]) -> list[str]:
    """Return why columns of numbers are not chosen: they have gaps."""
    gaps = (each for each in item.columns if each.kind == "number" and each.nan)
    return [f"{_gaps(each)}: it is left out." for each in gaps if each not in chosen]


def _gaps(column: Column) -> str:
    cells = "cell is" if column.nan == 1 else "cells are"
    return f"Column {column.name}: {column.nan:,} {cells} missing or not a number{_first(column)}"


def part_reasons(found: Inspection, name: str, taken: list[str]) -> list[str]:
    """Return why rows that are no table cannot be imported, with what to do."""
    few = [] if found.problems else _few(found.rows, found.kind)
    return [*found.problems, *few, *name_reasons(name, taken)]


def _few(rows: int, of: str = "") -> list[str]:
    """Say that there are too few rows, in the words of a kind of data; of a table they are rows."""
    if rows >= FEWEST:
        return []
    words = (kind(of).one, kind(of).many) if of else ("row", "rows")
    return [" ".join(explain_too_few(rows, *words, FEWEST))]


def name_reasons(name: str, taken: list[str]) -> list[str]:
    """Return what stands against the name of a data set."""
    found = []
    if not name:
        found.append("Enter a name for the data set.")
    elif is_taken(name, taken):
        found.append(f"A data set called {name} is already in the project: choose another name.")
    elif not all(c.isalnum() or c in "-_. " for c in name) or name[0] in ". ":
        found.append("The name may contain letters, digits, spaces, hyphens and underscores.")
    return found


def _first(column: Column) -> str:
    return f" (first: {column.problem})" if column.problem else ""


def standardisation(columns: list[Column]) -> str:
    """Say how the chosen columns are scaled for the model."""
    known = [c for c in columns if c.kind == "number" and c.mean is not None and c.std is not None]
    if not known:
        return ""
    moving = [c for c in known if c.std != 0]
    parts = []
    for c in moving[:6]:
        mean, std = c.mean or 0.0, c.std or 0.0
        sign = "+" if mean < 0 else "−"
        parts.append(f"({c.name} {sign} {number(abs(mean))}) / {number(std)}")
    more = f" and {len(moving) - 6} more" if len(moving) > 6 else ""
    told = f"The model learns {', '.join(parts)}{more}; results come back in your units."
    flat = [
        f"{c.name} is constant: stored as 0 and exported as {number(c.mean or 0.0)}."
        for c in known
        if c.std == 0
    ]
    return " ".join([*([told] if parts else []), *flat])


def previewed_points(item: Item, chosen: list[int]) -> np.ndarray:
    """Return the previewed rows that have numbers in both columns, (k, 2) float32."""
    pairs = [[values[i] for i in chosen] for values in item.preview if len(values) > max(chosen)]
    good = [p for p in pairs if all(isinstance(v, int | float) for v in p)]
    return np.asarray(good, dtype=np.float32).reshape(-1, 2)
