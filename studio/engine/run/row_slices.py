"""Slices of the rows that an operator is handed: ``data[:100]`` is the first hundred."""

import re
from collections.abc import Mapping
from typing import Any

from pushforward.models.contracts.data import RowSource
from pushforward.studio.engine.process.refusal import Refused

__all__ = ["read_slice", "take_slice"]

_SLICE = re.compile(r"([a-z][^\[\]]*)\[(\d*):(\d*)\]")


def read_slice(value: Any) -> tuple[Any, slice | None]:
    """Return what rows are named by, and which of them: "data[:100]" is the first hundred of the
    data; None for all.
    """
    found = _SLICE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value, None
    first, last = (int(each) if each else None for each in found.groups()[1:])
    return found[1], slice(first, last)


def take_slice(name: str, found: Mapping[str, RowSource], few: slice, path: str) -> RowSource:
    """Return some rows of a slot.

    Raises:
        Refused: it is filled with no data, or there are no such rows.
    """
    rows = found.get(name)
    count = 0 if rows is None else len(range(len(rows))[few])
    if rows is None or not count:
        there = "" if rows is None else f" There are {len(rows):,} rows."
        raise Refused(
            f"{name}: the slice is empty.{there}",
            "Examples: data[:100], data[100:200], test[:50] or project:NAME[:50].",
            path=path,
        )
    return rows.take(few)
