"""Timers that merge a burst of requests into one call."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

__all__ = ["single_shot"]


def single_shot(parent: QObject, call: Callable[[], object], wait_ms: int) -> QTimer:
    """Return a stopped timer that calls ``call`` once, ``wait_ms`` milliseconds after its start."""
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(wait_ms)
    timer.timeout.connect(call)
    return timer
