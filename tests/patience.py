"""The limit of a wait: it ends a hang, whatever the speed of the machine."""

import time

import psutil

# A child process that computes prolongs a wait this many times before that counts as a hang, too.
EXTENSIONS = 20
# The share of one core below which the children count as idle.
IDLE = 0.02


class Patience:
    """The time left for something to happen: `seconds` in which no child process computes.

    A training takes a tenth of the time on one machine that it takes on another, so that no number
    of seconds fits both. While a child process uses a processor, the limit starts anew.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._used = _processor_seconds()
        self._extensions = EXTENSIONS

    def is_over(self) -> bool:
        """Return whether the wait should be given up."""
        if time.monotonic() <= self._end:
            return False
        used = _processor_seconds()
        is_idle = used - self._used < IDLE * self.seconds
        if is_idle or not self._extensions:
            return True
        self._end, self._used = time.monotonic() + self.seconds, used
        self._extensions -= 1
        return False


def _processor_seconds() -> float:
    """Return the processor time of this process's descendants, in seconds."""
    total = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total
