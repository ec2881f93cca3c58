"""Distances of a sample to the real samples of its class, computed in a thread."""

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core.data_type import LABEL, Arrays, Kind
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.text import number_format
from pushforward.studio.literal import one_line

__all__ = ["Near", "Nearest", "measured"]

SPACED = 64  # of which it is found how far they are from the others
COPY = 0.5  # of how far real ones are from their nearest: what is nearer may be a copy


@dataclass(frozen=True, eq=False)
class Near:
    """Distances of a sample to others, (n,), infinite for other classes; ``among`` is the number
    searched, of its class or, with ``label`` "", of all; ``usual`` the median nearest-neighbour
    distance of real samples, if known. ``whole`` tells that all training data were searched;
    otherwise ``learned`` is their number, 0 if unknown. ``by`` is what they are compared by, "" for
    the distance of their type.
    """

    far: NDArray[np.float64]
    among: int
    label: str = ""
    usual: float | None = None
    whole: bool = False
    learned: int = 0
    by: str = ""

    @property
    def part(self) -> bool:
        """Whether the run learns others, too, among which it was not sought."""
        return not self.whole and not self.label and self.learned > self.among

    @property
    def copied(self) -> bool:
        """Whether it is much nearer than real samples are to each other."""
        least = self.far.min(initial=np.inf)
        return self.usual is not None and bool(least < COPY * self.usual)

    def describe_searched(self, kind: Kind) -> str:
        """Say among which it was sought: "512 real jets of class top", "4,000 training images of
        class 8", "512 of 10,000 real molecules".
        """
        called = f" of class {one_line(self.label)}" if self.label else ""
        which = "training" if self.whole else "real"
        of = f"of {self.learned:,} " if self.part else ""
        return f"{self.among:,} {of}{which} {kind.one if self.among == 1 else kind.many}{called}"

    def describe(self, kind: Kind) -> str:
        """Format it with its context: "nearest of 512 real jets of class top: 0.03 away by pixels;
        real samples: 0.04 from their nearest (median)".
        """
        own = kind.apart.name.partition(";")[0] if kind.apart else ""
        by = f" by {self.by or own}" if self.by or own else ""
        near = number_format.figure(self.far.min())
        line = f"nearest of {self.describe_searched(kind)}: {near} away{by}"
        if self.usual is not None:
            usual = number_format.figure(self.usual)
            line += f"; real samples: {usual} from their nearest (median)"
        return line

    def judged(self, kind: Kind) -> str:
        """Say it in sentences: which distance it is, what is usual, and whether that is a copy."""
        sought = f"Of {self.describe_searched(kind)}, by {self.by or _distance(kind)}."
        if self.usual is None:
            return sought
        far = float(self.far.min())
        times = number_format.figure(far / self.usual) if self.usual > 0.0 else ""
        beside = f", this one {times} times as far" if times else ""
        real = number_format.figure(self.usual)
        usual = f"Real samples are {real} from their nearest (median){beside}"
        copy = "a copy of these" if self.part else "a copy"
        verdict = f"it may be {copy}" if self.copied else f"it is no {copy.removeprefix('a ')}"
        return f"{sought} {usual}: {verdict}."


def _distance(kind: Kind) -> str:
    """Name the distance: "pixels (Euclidean distance, each pixel from 0 to 1)"."""
    if kind.apart is None:
        return "their distance"
    return f"{kind.apart.name.partition(';')[0]} ({kind.apart.measure})"


@dataclass(frozen=True, eq=False)
class _Question:
    """A row of some data, compared with others of a data type."""

    data: Arrays
    row: int
    among: Arrays
    kind: Kind

    def __eq__(self, other: object) -> bool:
        """Whether the answer is the same: arrays are compared as objects."""
        return (
            isinstance(other, _Question)
            and self.row == other.row
            and self.data["x"] is other.data["x"]
            and self.among["x"] is other.among["x"]
            and (LABEL in self.data, LABEL in self.among)
            == (LABEL in other.data, LABEL in other.among)
        )


class Nearest(QObject):
    """The answer to what was asked last.

    Signals:
        found: it is there.
    """

    found = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._query: Query[_Question, tuple[_Question, Near]] = Query(
            self, self._find, progressive=True
        )
        self._query.changed.connect(self.found)
        self._usual: dict[str, float | None] = {}  # by class, of those that were last held against
        self._usual_of: NDArray[np.generic] | None = None

    def ask(self, data: Arrays, row: int, among: Arrays, kind: Kind) -> None:
        """Find how far the datum of a row is from each of others, of a kind that says what that
        means.
        """
        self._query.ask(_Question(data, row, among, kind))

    def far_from(self, among: Arrays) -> NDArray[np.float64] | None:
        """Return how far the one asked about is from each of some data, (n,), or one before it
        until that is known; None where it was not asked.
        """
        if self._query.answer is None:
            return None
        question, near = self._query.answer
        return near.far if question.among["x"] is among["x"] else None

    @property
    def near(self) -> Near | None:
        """The last answer, None until it is there or where there is nothing to be near to."""
        if self._query.answer is None or self._query.busy:
            return None
        near = self._query.answer[1]
        return near if near.among else None

    @property
    def describe(self) -> str:
        """What was found in words, "" until the last answer is there."""
        near, question = self.near, self._query.key
        return near.describe(question.kind) if near is not None and question is not None else ""

    async def _find(self, question: _Question) -> tuple[_Question, Near]:
        if question.among["x"] is not self._usual_of:  # a question before may not be answered yet
            self._usual, self._usual_of = {}, question.among["x"]
        asked = question.data, question.row, question.among, question.kind
        return question, await asyncio.to_thread(measured, *asked, self._usual)


def measured(
    data: Arrays,
    row: int,
    among: Arrays,
    kind: Kind,
    usual: dict[str, float | None] | None = None,
) -> Near:
    """Return the distances of a row's sample to others of its class; ``usual`` caches by class the
    nearest-neighbour distance of real samples.
    """
    apart, known = kind.apart, usual if usual is not None else {}
    assert apart is not None
    one = {name: each[row] for name, each in data.items()}
    classed = LABEL in one and LABEL in among
    label = str(one[LABEL]) if classed else ""
    same = np.flatnonzero(among[LABEL] == one[LABEL]) if classed else np.arange(len(among["x"]))
    if label not in known:
        known[label] = _usually(among, same, kind)
    far = np.full(len(among["x"]), np.inf)
    far[same] = apart(one, among)[same]
    return Near(far, len(same), label, known[label])


def _usually(among: Arrays, rows: NDArray[np.int64], kind: Kind) -> float | None:
    """Return how far some of the data are from the nearest other ones of them, the median; None of
    one alone.
    """
    assert kind.apart is not None
    if len(rows) < 2:
        return None
    nearest = []
    for place in np.unique(np.linspace(0, len(rows) - 1, SPACED).astype(int)):
        far = kind.apart({name: each[rows[place]] for name, each in among.items()}, among)
        nearest.append(np.delete(far[rows], place).min())
    return float(np.median(nearest))
