"""What is selected of the data: one set of rows, with what they are rows of, for all lenses.

A row of a source means the same datum in every lens: the fixed particles of a run keep their number
for ever, samples in a file and the data that a run learns keep their order.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

__all__ = ["Rows", "Selection", "Source", "What"]

Rows = NDArray[np.int64]
What = Literal["particles", "samples", "data"]
NONE: Rows = np.empty(0, np.int64)


@dataclass(frozen=True)
class Source:
    """What rows are rows of.

    Attributes:
        run: the key of the run.
        what: its fixed particles, samples that were drawn, or the data that it learns.
        of: which of these: the file of samples; of data, how often they were edited.
    """

    run: str
    what: What
    of: str = ""


class Selection(QObject):
    """Rows of one source, in order and each once; ``by`` says in a word how they were found.

    Signals:
        changed: other rows are selected, or none.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source: Source | None = None
        self.rows: Rows = NONE
        self.by = ""

    def set(self, source: Source, rows: NDArray[np.integer], by: str) -> None:
        """Select rows of a source instead of what was selected; no rows select nothing."""
        new = np.unique(np.asarray(rows, np.int64))
        now = source if len(new) else None
        if now == self.source and np.array_equal(new, self.rows):
            return
        self.source, self.rows, self.by = now, new, by
        self.changed.emit()

    def clear(self) -> None:
        """Select nothing."""
        if self.source is not None:
            self.source, self.rows, self.by = None, NONE, ""
            self.changed.emit()

    def of(self, source: Source | None) -> Rows:
        """Return the rows that are selected of a source."""
        return self.rows if source is not None and source == self.source else NONE
