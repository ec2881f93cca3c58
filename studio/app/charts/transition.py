"""The clock of a transition from one record of a training to the next."""

import os
import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

__all__ = ["FRAME_MS", "Transition"]

# Where there are few cores, each frame more is taken from the training.
FRAME_MS = 33 if (os.cpu_count() or 1) <= 2 else 16
LIMIT = (0.05, 2.5)  # seconds that a transition may take
STRETCH = 1.2  # of the time between records: the next one comes before the particles stand still


class Transition(QObject):
    """Runs from 0 to 1 in about the time between the last two records.

    What is shown is thus one record behind, and moves for as long as records arrive.

    Signals:
        ticked: draw again.
        ended: it was stopped, or has come to 1; `active` is False already.
    """

    ticked = Signal()
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._began, self._arrived = 0.0, 0.0
        self.seconds = 1.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    def arrive(self) -> float:
        """Take note that a record has arrived. Return how many seconds a transition to it takes:
        about the time since the record before.
        """
        now, (low, high) = time.perf_counter(), LIMIT
        interval, self._arrived = now - self._arrived, now
        return min(high, max(low, STRETCH * interval))

    def start(self, seconds: float) -> None:
        """Run from 0 to 1 within some seconds."""
        self._began, self.seconds = time.perf_counter(), seconds
        self._timer.start()

    def stop(self) -> None:
        """Stop, if it runs."""
        if self.active:
            self._timer.stop()
            self.ended.emit()

    @property
    def now(self) -> float:
        """The share of it that has passed, in [0, 1]."""
        return min(1.0, (time.perf_counter() - self._began) / self.seconds)

    def _tick(self) -> None:
        if self.now >= 1.0:
            self.stop()
        self.ticked.emit()
