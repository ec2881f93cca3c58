"""Slowdown of training steps after a live record: cold caches, the writer thread and the drawing
window compete for cores.
"""

import math

__all__ = ["RecordingOverhead"]


class RecordingOverhead:
    """Compares the steps just after records with all others.

    ``seconds`` is the extra time of the steps after one record, averaged over the last records. Of
    an excess, at most ``LASTS`` seconds count: more has another cause. If records are so frequent
    that there are no other steps, `needs_pause` requests a pause of ``REST`` every ``EVERY``
    seconds to measure some.
    """

    LASTS = 0.1
    EVERY = 10.0
    REST = 0.2
    RECORDS = 10  # that the average is of
    MEMORY = 0.5  # seconds of usual steps that the usual pace is of

    def __init__(self) -> None:
        self.seconds = 0.0
        self._usual = 0.0  # seconds of a step; 0 where nobody knows
        self._rested: float | None = None
        self._excess: float | None = None
        self._records = 0

    def add_block(self, steps: int, seconds: float, began: float, record: float) -> None:
        """Record a block of steps that started at ``began``; the last record was made at
        ``record``. Times are seconds of one clock.
        """
        if began - record >= self.LASTS:
            weight = 1.0 - math.exp(-seconds / self.MEMORY) if self._usual else 1.0
            self._usual += weight * (seconds / steps - self._usual)
        elif self._usual:
            self._excess = (self._excess or 0.0) + seconds - steps * self._usual

    def add_record(self, now: float, record: float) -> None:
        """Note that another record than the last was made: the steps after that are all known."""
        if self._rested is None or now - record >= self.REST:
            self._rested = now
        if self._excess is None:
            return
        excess = min(self.LASTS, max(-self.LASTS, self._excess))
        self._records = min(self._records + 1, self.RECORDS)
        self.seconds += (excess - self.seconds) / self._records
        self._excess = None

    def needs_pause(self, now: float, record: float) -> bool:
        """Say whether the next record had better wait, that there be steps to compare with."""
        tired = self._rested is not None and now - self._rested >= self.EVERY
        return tired and now - record < self.REST
