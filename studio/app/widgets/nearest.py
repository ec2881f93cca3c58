"""How far one datum is from each of many real ones, and these from each other: found in a thread,
since the window is not to wait for it.
"""

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from studio.app import tasks
from studio.app.kinds.kind import Arrays, Distance

__all__ = ["Nearest", "measured"]

SPACED = 64  # of which it is found how far they are from the others


@dataclass(frozen=True, eq=False)
class _Question:
    """A row of some data, held against others."""

    data: Arrays
    row: int
    among: Arrays
    apart: Distance

    def like(self, other: "_Question | None") -> bool:
        """Whether the answer is the same."""
        return other is not None and self.row == other.row and self._same(other)

    def _same(self, other: "_Question") -> bool:
        return self.data["x"] is other.data["x"] and self.among["x"] is other.among["x"]


class Nearest(QObject):
    """The answer to what was asked last.

    Signals:
        found: it is there.
    """

    found = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._asked: _Question | None = None
        self._answered: _Question | None = None
        self._far: NDArray[np.float64] | None = None
        self._usual: float | None = None

    def ask(self, data: Arrays, row: int, among: Arrays, apart: Distance) -> None:
        """Find how far the datum of a row is from each of others."""
        question = _Question(data, row, among, apart)
        if not question.like(self._asked):
            self._asked = question
            tasks.spawn(self._find(question))

    def far_from(self, among: Arrays) -> NDArray[np.float64] | None:
        """Return how far the one asked about is from each of some data, (n,), or one before it
        until that is known; None where it was not asked.
        """
        known = self._answered is not None and self._answered.among["x"] is among["x"]
        return self._far if known else None

    @property
    def said(self) -> str:
        """What was found in words, "" until the last answer is there."""
        if self._asked is None or self._asked is not self._answered or self._far is None:
            return ""
        if not len(self._far):
            return ""
        line = f"nearest of {len(self._far):,} real ones {self._far.min():,.3g} away"
        if self._usual is not None:
            line += f" (they from each other: {self._usual:,.3g})"
        return line

    async def _find(self, question: _Question) -> None:
        before = self._answered
        same = before is not None and before.among["x"] is question.among["x"]
        usual = self._usual if same else None
        asked = question.data, question.row, question.among, question.apart
        far, usual = await asyncio.to_thread(measured, *asked, usual)
        if isValid(self) and question is self._asked:
            self._answered, self._far, self._usual = question, far, usual
            self.found.emit()


def measured(
    data: Arrays, row: int, among: Arrays, apart: Distance, usual: float | None = None
) -> tuple[NDArray[np.float64], float | None]:
    """Return how far the datum of a row is from each of others, (n,), and these usually are from
    the nearest other one of them, where that is not known yet: the median over some.
    """
    one = {name: each[row] for name, each in data.items()}
    count = len(among["x"])
    if usual is None and count > 1:
        nearest = []
        for other in np.unique(np.linspace(0, count - 1, SPACED).astype(int)):
            far = apart({name: each[other] for name, each in among.items()}, among)
            nearest.append(np.delete(far, other).min())
        usual = float(np.median(nearest))
    return apart(one, among), usual
