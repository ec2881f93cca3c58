"""A data set of a project, described: its rows, its classes, where it came from."""

import contextlib
from pathlib import Path

import numpy as np

from pushforward.studio.cli.terminal import paragraph, say
from pushforward.studio.counts import format_count, format_split
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.store.dataset import DatasetFolder
from pushforward.studio.store.parts import Part

__all__ = ["describe", "is_one"]

BLOCK = 2**20  # rows whose classes are counted at once


def is_one(path: Path) -> bool:
    """Say whether a folder is a data set of a project."""
    return (path / "dataset.toml").is_file()


def describe(path: Path) -> None:
    """Print the facts of a data set.

    Raises:
        StoreError: it is damaged.
    """
    from pushforward.studio.engine.data.imported_data import find_shares
    from pushforward.studio.engine.kinds.base import kind_of

    folder = DatasetFolder(path)
    record = folder.record
    rows = kind_of(record.kind).counted(record.rows)
    say(f"{record.name}  (data set of {rows})")
    if record.classes:
        classes = format_count(len(record.classes), "class", "classes")
        paragraph(f"{classes}: {', '.join(_classes(folder))}", indent="  ")
    if record.columns:
        paragraph(f"Columns: {', '.join(record.columns)}", indent="  ")
    paragraph(f"A row has: {', '.join(map(_part, record.parts))}", indent="  ")
    with contextlib.suppress(Refused):  # too few to train on
        if shares := format_split(find_shares(folder.name, folder.path.parents[1])):
            paragraph(f"Rows: {shares}", indent="  ")
    if record.source:
        paragraph(f"From: {record.source}", indent="  ")
    for note in record.notes:
        paragraph(note, indent="    ")
    project = folder.path.parents[1]
    say(f"  pushforward run MODEL@project:{folder.name} --out {project} trains on it.")


def _classes(folder: DatasetFolder) -> list[str]:
    """Return the names of the classes, with how many rows each has where rows have one."""
    names = folder.record.classes
    label = folder.open().arrays.get("label.npy")
    part = next((part for part in folder.record.parts if part.name == "label"), None)
    if label is None or part is None or part.ragged or part.shape:
        return names
    counts = np.zeros(len(names), np.int64)
    for start in range(0, folder.record.rows, BLOCK):
        some = label.slice(start, min(start + BLOCK, folder.record.rows))
        known = some[(some >= 0) & (some < len(names))]
        counts += np.bincount(known, minlength=len(names))
    return [f"{name} {count:,}" for name, count in zip(names, counts.tolist(), strict=True)]


def _part(part: Part) -> str:
    sides = " × ".join(map(str, part.shape)) or "one number"
    return f"{part.name} ({'any number of ' if part.ragged else ''}{sides})"
