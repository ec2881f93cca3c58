"""A clock of its own for moving smoothly from one record to the next."""

import os
import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

__all__ = ["FRAME_MS", "Glide"]

# Where there are few cores, each frame more is taken from the training.
FRAME_MS = 33 if (os.cpu_count() or 1) <= 2 else 16
LIMIT = (0.05, 0.35)  # seconds that a glide may take


class Glide(QObject):
    """Runs from 0 to 1 within the time that the last record took to come, within limits.

    Signals:
        ticked: draw again.
        ended: it has come to 1; `active` is False already.
    """

    ticked = Signal()
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._began, self._seconds = 0.0, 1.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    def start(self, interval: float) -> None:
        """Run over about the seconds that lie between two records."""
        low, high = LIMIT
        self._began, self._seconds = time.perf_counter(), min(high, max(low, interval))
        self._timer.start()

    def stop(self) -> None:
        """Stop where it is, without a signal."""
        self._timer.stop()

    @property
    def now(self) -> float:
        """How far it is, in [0, 1]."""
        return min(1.0, (time.perf_counter() - self._began) / self._seconds)

    def _tick(self) -> None:
        if self.now >= 1.0:
            self._timer.stop()
            self.ended.emit()
        self.ticked.emit()
