"""When a training without a window is to stop: by a signal, or at another process's request."""

import signal
import time
from pathlib import Path
from types import FrameType

from pushforward.studio.workflows import background

__all__ = ["Stop"]

ASK_SECONDS = 0.5  # between two looks for a request
SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")


class Stop:
    """Stop flag, checked between steps; true from the first signal on, which is in ``signal``.

    A second signal ends the process as usual, except SIGHUP, which the shell and the system may
    both send. Signals ignored at the start (``nohup``) stay ignored. A pending request counts.
    """

    def __init__(self, run: Path) -> None:
        self.signal: int | None = None
        self._run = run
        self._looked = 0.0
        self._stop = False
        numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
        heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        self._old = {number: signal.signal(number, self._on_signal) for number in heard}

    def __call__(self) -> bool:
        if not self._stop and time.monotonic() - self._looked > ASK_SECONDS:
            self._looked = time.monotonic()
            self._stop = background.stop_asked(self._run)
        return self._stop

    def restore(self) -> None:
        """Put the signal handlers back, and take the request as answered."""
        for number, handler in self._old.items():
            signal.signal(number, handler)
        background.withdraw_stop(self._run)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number != getattr(signal, "SIGHUP", None):
            signal.signal(number, self._old[number])
        self._stop, self.signal = True, number
