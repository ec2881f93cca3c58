"""What an importer found that is no table: the first as they look, and the arrays of a row."""

import math
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.data_type import LABEL
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.design.basic import column, label, section
from pushforward.studio.app.design.table import Column, Table
from pushforward.studio.app.places.data.found_tiles import FoundTiles
from pushforward.studio.app.text import number_format as words
from pushforward.studio.counts import format_count
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.literal import one_line
from pushforward.studio.store.parts import Part

__all__ = ["FoundParts"]

LEFT = Qt.AlignmentFlag.AlignLeft
PARTS = [Column(title, side=LEFT) for title in ("Part", "Numbers", "A row", "First rows")]
LETTERS = 200
FIRST = 4  # numbers of nested ones that are said


class FoundParts(QWidget):
    """A line a part, below how many rows there are."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = label("", wrap=True)
        self.tiles = FoundTiles()
        self.list = Table("Parts of a row", PARTS)
        self._head, self.rows = section("First rows"), Table("First rows", ())
        column(
            section("Preview"),
            self.facts,
            self.tiles,
            (self.list, 1),
            self._head,
            (self.rows, 1),
            (None, 0),
            parent=self,
            gap=None,
        )

    def show_found(self, found: Inspection) -> None:
        """Show the parts, the classes and the number of rows."""
        of = kind(found.kind)
        classes = format_count(len(found.classes), "class", "classes")
        kinds = f" of {classes}" if found.classes else ""
        names = ", ".join(map(one_line, found.classes[:8]))
        more = ", ..." if len(found.classes) > 8 else ""
        self.facts.setText(
            f"{format_count(found.rows, one_line(of.one), one_line(of.many))}{kinds}"
            f"{f': {names}{more}' if names else ''}"
        )
        self.tiles.show_found(found)
        self.list.setVisible(bool(found.rows))  # of nothing there is nothing to be said
        lines = []
        for part in found.parts:
            there = _first(_named(part, found))
            if part.name == LABEL and part.name not in found.preview and names:
                there = f"one of {names}{more}"
            lines.append((part.name, _numbers(part, found), _shape(part), there))
        self.list.show_rows(lines)
        self._show_rows(found)

    def _show_rows(self, found: Inspection) -> None:
        """List the first rows where they are of words, which no picture shows."""
        seen = ((part.name, found.preview.get(part.name)) for part in found.parts)
        known = {name: values for name, values in seen if isinstance(values, list)}
        words = any(isinstance(v, str) for values in known.values() for v in _flat(values))
        for each in (self._head, self.rows):
            each.setVisible(words and self.tiles.isHidden())
        # What is short comes first: who it is, before what they did.
        names = sorted(known, key=lambda name: any(isinstance(row, list) for row in known[name]))
        self.rows.set_columns([Column(name, side=LEFT) for name in names])
        lines = zip_longest(*(known[name] for name in names), fillvalue=())
        self.rows.show_rows([[_cell(value) for value in line] for line in lines])


def _cell(value: Any) -> str:
    return ", ".join(map(_format_cell, _flat(value)))[:LETTERS]


def _numbers(part: Part, found: Inspection) -> str:
    """Return how the numbers of a part are kept, and how they are read where that is otherwise: as
    the levels of pictures, which are bytes.
    """
    scaled = any(isinstance(v, float) for v in _flat(found.preview.get(part.name, ())))
    return (
        f"{part.dtype}, 0 to 255 read as 0 to 1" if scaled and part.dtype == "uint8" else part.dtype
    )


def _shape(part: Part) -> str:
    """Return the shape of a row for people: "30 × 3", "one number", "any number of 4"."""
    sides = " × ".join(f"{side:,}" for side in part.shape)
    if part.ragged:
        return f"any number of {sides or 'numbers'}"
    return sides or "one number"


def _named(part: Part, found: Inspection) -> Any:
    """Return the first rows of a part, classes by their names: a class 6 of 1 to 6 is kept as 5."""
    rows = found.preview.get(part.name)
    if part.name != LABEL or not found.classes or not isinstance(rows, list):
        return rows
    known = dict(enumerate(found.classes))
    return [known.get(each, each) if isinstance(each, int) else each for each in rows]


def _first(rows: Any) -> str:
    """Return the first rows of a part in a line: their values where each is a number or a text,
    else how many numbers there are, from where to where they go, and the first; "–" where an
    importer does not read them.
    """
    if rows is None:
        return "–"
    if not isinstance(rows, list | tuple):
        return _format_cell(rows)
    if not any(isinstance(value, list | tuple) for value in rows):
        return ", ".join(map(_format_cell, rows))[:LETTERS]
    values = list(_flat(rows))
    first = ", ".join(map(_format_cell, values[:FIRST])) + (", …" if len(values) > FIRST else "")
    finite = [v for v in values if isinstance(v, int | float) and math.isfinite(v)]
    lies = f" from {_format_cell(min(finite))} to {_format_cell(max(finite))}" if finite else ""
    what = format_count(len(values), "number" if finite else "value")
    return f"{what} in {format_count(len(rows), 'row')}{lies}: {first}"[:LETTERS]


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _flat(each)
    else:
        yield value


def _format_cell(value: Any) -> str:
    """Return a number rounded to three digits, or a word."""
    if isinstance(value, float):
        return words.figure(value + 0.0).replace("-", "−").replace(",", "")
    return str(value)
