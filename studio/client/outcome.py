"""How the engine ended, as one sentence for people, with the details folded."""

import signal
from dataclasses import dataclass

from pushforward.studio.client.transport import ProcessExit
from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["STDERR_KEPT", "ProcessOutcome", "StderrTail"]

STDERR_KEPT = 16_384
"""Bytes of standard error that a report shows: the interpreter's last words begin with what they
are, and then tell where each thread was, some sixty lines while modules are loaded."""

SSH_FAILED = 255  # of ssh itself; else it ends with the status of its command
_SIGNALS = {
    "SIGKILL": "it was killed (SIGKILL), perhaps because the machine ran out of memory",
    "SIGSEGV": "it crashed in native code (SIGSEGV)",
    "SIGBUS": "it crashed in native code (SIGBUS), perhaps because the disk is full",
    "SIGABRT": "it aborted itself (SIGABRT)",
    "SIGILL": "it met an instruction that this processor does not have (SIGILL)",
    "SIGFPE": "it crashed in native arithmetic (SIGFPE)",
    "SIGTERM": "it was terminated from outside (SIGTERM)",
    "SIGINT": "it was interrupted from outside (SIGINT)",
    "SIGHUP": "its terminal was closed (SIGHUP)",
}


class StderrTail:
    """The last bytes of a stream of text."""

    def __init__(self, size: int = STDERR_KEPT) -> None:
        self._size = size
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """Add a chunk and drop old text."""
        self._data += data
        del self._data[: -self._size]

    def text(self) -> str:
        """The kept text; a character cut in two at its beginning is replaced."""
        return self._data.decode("utf-8", errors="replace").strip()


@dataclass(frozen=True)
class ProcessOutcome:
    """The end of an engine process. ``asked`` tells whether the exit was requested; ``reason`` is
    the client's reason for ending it ("" if it ended by itself); ``stderr`` is the tail of its
    output.
    """

    exit: ProcessExit
    stderr: str = ""
    asked: bool = False
    reason: str = ""

    @property
    def sentence(self) -> str:
        """What happened, in one sentence."""
        if self.reason:
            return f"The engine was stopped: {self.reason}."
        if self.asked and self.exit.status == 0:
            return "The engine shut down."
        return f"The engine stopped: {self._cause()}."

    @property
    def link_lost(self) -> bool:
        """Whether only the connection to an engine elsewhere ended: ssh says so by its status, and
        a bridge is killed where an engine would report how it ended.
        """
        return self.exit.signal is not None or self.exit.status == SSH_FAILED

    def _cause(self) -> str:
        if self.exit.signal is not None:
            try:
                name = signal.Signals(self.exit.signal).name
            except ValueError:
                name = f"signal {self.exit.signal}"
            return _SIGNALS.get(name, f"it was ended by {name}")
        if self.exit.status == 0:
            return "it exited unexpectedly"
        last = self._last_line()
        return f"it ended with status {self.exit.status}" + (f" ({last})" if last else "")

    def _last_line(self) -> str:
        """The exception's line of a traceback: what Python says last."""
        if "Traceback" not in self.stderr:
            return ""
        line = self.stderr.splitlines()[-1].strip().rstrip(".")
        return line if len(line) <= 160 else line[:157] + "..."

    def error(self) -> ErrorInfo:
        """The same as an error of kind "engine", with what to do."""
        return ErrorInfo(
            kind="engine",
            message=self.sentence,
            hint="Nothing on disk is lost: resume continues from the last checkpoint.",
            details=self.stderr,
        )
