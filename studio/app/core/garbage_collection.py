"""Garbage is collected on the GUI thread only.

Python's collector runs in whichever thread happens to allocate. A worker that reads a file could
so destroy widgets and timers that lie in a cycle, from a thread where Qt forbids it: at best a
warning, at worst a crash. The automatic collector is therefore off in the application, and a
timer does its work where the objects live.
"""

import gc

from PySide6.QtCore import QObject, QTimer

__all__ = ["Collector"]

EVERY_MS = 1000


class Collector(QObject):
    """Takes over from the automatic collector while it lives; `stop` gives it back."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(EVERY_MS)

    def collect(self) -> int:
        """Collect the oldest generation that is due, and return it; -1 if none is.

        The thresholds are Python's own, so that the rare full pass stays rare.
        """
        due = -1
        for generation, (count, most) in enumerate(
            zip(gc.get_count(), gc.get_threshold(), strict=True)
        ):
            if count > most:
                due = generation
        if due >= 0:
            gc.collect(due)
        return due

    def stop(self) -> None:
        """Give the work back to Python."""
        self._timer.stop()
        if self._was:
            gc.enable()
