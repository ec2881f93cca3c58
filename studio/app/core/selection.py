"""What is selected of the data: one set of rows, with what they are rows of, for all lenses.

A row of a source means the same datum in every lens: the fixed particles of a run keep their number
for ever, samples in a file and the data that a run learns keep their order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

__all__ = ["NONE", "Offered", "Rows", "Selection", "Source", "What"]

Rows = NDArray[np.int64]
What = Literal["particles", "samples", "data", "near", "held"]
LEARNED: tuple[What, ...] = ("data", "near")
REAL: tuple[What, ...] = (*LEARNED, "held")
NONE: Rows = np.empty(0, np.int64)


@dataclass(frozen=True)
class Source:
    """What rows are rows of.

    Attributes:
        run: the key of the run.
        what: its fixed particles, samples that were drawn, the data that it learns, those of them
            that are near to something, or some that were held out.
        of: which of these: the file of samples; of data, how often they were edited; what they are
            near to.
    """

    run: str
    what: What
    of: str = ""

    @property
    def real(self) -> bool:
        """Whether these are data, and nothing that a model made."""
        return self.what in REAL

    @property
    def counted(self) -> bool:
        """Whether they are the first n real samples."""
        return self.what in ("data", "held")

    @property
    def learned(self) -> bool:
        """Whether the run learns from these."""
        return self.what in LEARNED


@dataclass(frozen=True, eq=False)
class Offered:
    """Samples that a lens shows, for the inspector.

    Attributes:
        arrays: the samples.
        title: name of one: "Generated image".
        tell: returns the facts of a row, with names.
        origin: provenance in a line.
        numbers: row numbers in the training data, for nearest samples.
        shown: returns the rows left by the filter, in display order; None for all.
    """

    arrays: Mapping[str, NDArray[Any]]
    title: str
    tell: Callable[[int], list[tuple[str, str]]]
    origin: Callable[[], str] = lambda: ""
    numbers: Rows | None = None
    shown: Callable[[], Rows | None] = lambda: None


class Selection(QObject):
    """Selected rows of one source, in order, without duplicates.

    ``by`` names the selection tool, and ``beside`` the numbers of selected and of all rows of
    another set at the same place; ``across`` the corresponding rows of another source, ``among``
    the number of rows it was chosen from, None for all. With ``only``, lenses show nothing else.

    Signals: changed: the selection or ``only`` changed. offered: a lens shows other data of this
    source. filtered: the filter of this source changed. compared: nearest samples are found by
    another representation.
    """

    changed = Signal()
    offered = Signal(object)
    filtered = Signal(object)
    compared = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source: Source | None = None
        self.rows: Rows = NONE
        self.by = ""
        self.beside: tuple[str, int, int] | None = None
        self.across: tuple[Source, Rows] | None = None
        self.among: int | None = None
        self.only = False
        self.encoder = ""  # key of the run by whose features samples are compared
        self._offers: dict[Source, Offered] = {}

    def offer(self, source: Source, offered: Offered) -> None:
        """Note what a lens shows of a source now."""
        kept = {of: each for of, each in self._offers.items() if of.run == source.run}
        # What was shown before of the same kind is not shown any more.
        self._offers = {of: each for of, each in kept.items() if of.what != source.what}
        self._offers[source] = offered
        now = self.source
        if now is not None and now != source and (now.run, now.what) == (source.run, source.what):
            self.clear()  # its rows are not shown any more
        self.offered.emit(source)

    def compare_by(self, encoder: str) -> None:
        """Find nearest samples by the features of a run, "" for the distance of their type."""
        if encoder != self.encoder:
            self.encoder = encoder
            self.compared.emit()

    def find_offered(self, source: Source | None) -> Offered | None:
        """Return what is shown of a source, if some lens has shown it."""
        return self._offers.get(source) if source is not None else None

    def real(self, run: str) -> Offered | None:
        """Return the data that a run learns, as far as a lens shows them."""
        found = (offer for of, offer in self._offers.items() if (of.run, of.what) == (run, "data"))
        return next(found, None)

    def last_of_run(self, run: str) -> Source | None:
        """Return what was shown last of what a run made, None where nothing was."""
        sources = [of for of in self._offers if of.run == run and not of.real]
        return sources[-1] if sources else None

    def show_only(self, only: bool) -> None:
        """Show nothing but what is selected, or everything again."""
        if only != self.only and (self.source is not None or not only):
            self.only = only
            self.changed.emit()

    def set(
        self,
        source: Source,
        rows: NDArray[np.integer],
        by: str,
        beside: tuple[str, int, int] | None = None,
        across: tuple[Source, Rows] | None = None,
        among: int | None = None,
    ) -> None:
        """Select rows of a source instead of what was selected; no rows select nothing."""
        new = np.unique(np.asarray(rows, np.int64))
        now = source if len(new) else None
        if now == self.source and np.array_equal(new, self.rows):
            return
        self.source, self.rows, self.by = now, new, by
        self.beside, self.across, self.only = beside, across, False
        self.among = among
        self.changed.emit()

    def clear(self) -> None:
        """Select nothing."""
        if self.source is not None:
            self.source, self.rows, self.by = None, NONE, ""
            self.beside, self.across, self.only = None, None, False
            self.among = None
            self.changed.emit()

    def of(self, source: Source | None) -> Rows:
        """Return the rows that are selected of a source."""
        return self.rows if source is not None and source == self.source else NONE
