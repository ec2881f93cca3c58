"""Data as tiles that are made ready as they are looked at, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from pushforward.studio.app.core.data_type import (
    Arrays,
    Kind,
    SaysParts,
    Tiles,
    Weighed,
    WeighsParts,
)
from pushforward.studio.app.design.tokens import Tokens

__all__ = ["Browsed"]


@dataclass(frozen=True, eq=False)
class Browsed:
    """Tiles of any number of data: what is not looked at costs nothing.

    Attributes:
        kind: what makes and paints them.
        arrays: the data, a row each.
        common: what `Kind.common` found in all that are seen together; it goes to each tile.
        known: what `Kind.ready` has found of rows already; it may be handed on while the data stay.
    """

    kind: Kind
    arrays: Arrays
    common: Arrays = field(default_factory=dict)
    known: dict[int, Arrays] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.arrays["x"])

    def __eq__(self, other: object) -> bool:
        """Whether tiles are of the same data, painted in the same way: not whether others, as
        newer samples are, happen to look as these do.
        """
        if not isinstance(other, Browsed):
            return NotImplemented
        alike = self.kind.tiles == other.kind.tiles and self.arrays["x"] is other.arrays["x"]
        return alike and _same(self.arrays, other.arrays) and _same(self.common, other.common)

    __hash__ = object.__hash__

    @cached_property
    def aspect(self) -> float:
        """Width / height of each tile."""
        return self._one(0).aspect if len(self) else 1.0

    def paint(self, painter: QPainter, rect: QRectF, row: int, palette: Tokens) -> None:
        """Paint the datum of a row into a rectangle."""
        self._one(row).paint(painter, rect, 0, palette)

    def describe(self, row: int) -> str:
        """Say the datum of a row in a line."""
        return self._one(row).describe(0)

    def said_at(self, rect: QRectF, row: int, at: QPointF) -> str:
        """Say what is at a point of the datum of a row."""
        one = self._one(row)
        return one.said_at(rect, 0, at) if isinstance(one, SaysParts) else ""

    def parts(self, row: int) -> int:
        """How many parts the datum of a row has."""
        one = self._one(row)
        return one.parts(0) if isinstance(one, WeighsParts) else 0

    def part_at(self, rect: QRectF, row: int, at: QPointF) -> int:
        """Return which part of the datum of a row is at a point, -1 for none."""
        one = self._one(row)
        return one.part_at(rect, 0, at) if isinstance(one, WeighsParts) else -1

    def part_area(self, rect: QRectF, row: int, part: int) -> QRectF:
        """Return where a part of the datum of a row is."""
        one = self._one(row)
        return one.part_area(rect, 0, part) if isinstance(one, WeighsParts) else QRectF()

    def weighed(self, row: int, part: int) -> Weighed | None:
        """Return what was weighed at a part of the datum of a row."""
        one = self._one(row)
        return one.weighed(0, part) if isinstance(one, WeighsParts) else None

    def make_ready(self, rows: Sequence[int]) -> None:
        """Make the data of some rows ready to be painted."""
        new = [row for row in rows if row not in self.known]
        if new:
            found = self.kind.ready({name: each[new] for name, each in self.arrays.items()})
            for place, row in enumerate(new):
                one = slice(place, place + 1)
                self.known[row] = {name: each[one] for name, each in found.items()}

    def _one(self, row: int) -> Tiles:
        self.make_ready([row])
        some = {name: np.asarray(each[row : row + 1]) for name, each in self.arrays.items()}
        return self.kind.tiles({**some, **self.known[row], **self.common})


def _same(some: Arrays, others: Arrays) -> bool:
    """Whether arrays have the same names and numbers."""
    return some.keys() == others.keys() and all(
        each is others[name] or np.array_equal(each, others[name]) for name, each in some.items()
    )
