"""The two threads at the process line. Nothing here loads torch: Hello goes out before it.

The reader turns commands into an inbox for the main thread, and answers what must not wait for a
training step: `Ping`, `Credit`, the end of the stream. The writer sends events in order and, per
job, the newest record against the credits that the viewer has returned.
"""

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import BinaryIO

from pushforward.studio.protocol.messages import (
    Command,
    Credit,
    ErrorInfo,
    Event,
    Failed,
    Ping,
    Pong,
    Progress,
    Record,
    Reply,
)
from pushforward.studio.protocol.wire import Buffer, Decoder, Unwritable, WireError, encode

__all__ = ["Inbox", "Outbox", "Reader", "claim_stdout"]

_log = logging.getLogger(__name__)
_CHUNK = 1 << 20
LEAVE_SECONDS = 4.0
"""How long the main thread may take to save and leave once the other side is gone."""


def claim_stdout() -> BinaryIO:
    """Move the protocol off file descriptor 1, so that stray prints go to the log instead."""
    stream = os.dup(1)
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(stream, os.O_BINARY)
        msvcrt.setmode(0, os.O_BINARY)
    return os.fdopen(stream, "wb", buffering=0)


class Inbox:
    """Commands for the main thread; checking for new ones takes no lock."""

    def __init__(self) -> None:
        self.commands: deque[Command] = deque()
        self.leaving = False
        self._wake = threading.Event()

    def put(self, command: Command) -> None:
        """Add a command (any thread)."""
        self.commands.append(command)
        self._wake.set()

    def leave(self) -> None:
        """Ask the main thread to save what runs and to leave (any thread)."""
        self.leaving = True
        self._wake.set()

    def wait(self, seconds: float | None) -> None:
        """Sleep until a command arrives, at most for ``seconds`` (main thread)."""
        if not self.commands and not self.leaving:
            self._wake.wait(seconds)
        self._wake.clear()


class _Slot:
    """The newest record of a job, and how many more its viewer will take."""

    def __init__(self) -> None:
        self.credits = 0
        self.waiting: tuple[Record, list[Buffer]] | None = None


class Outbox:
    """The writer thread: events first in, first out; records newest-wins; progress coalesced."""

    def __init__(self, stream: BinaryIO, inbox: Inbox) -> None:
        self._stream = stream
        self._inbox = inbox
        self._ready = threading.Condition()
        self._events: deque[tuple[Event, list[Buffer]]] = deque()
        self._slots: dict[str, _Slot] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def send(self, event: Event, payload: Iterable[Buffer] = ()) -> None:
        """Queue an event (any thread). A `Progress` replaces an older one that waits still."""
        with self._ready:
            if isinstance(event, Progress) and self._events:
                last = self._events[-1][0]
                if isinstance(last, Progress) and last.job == event.job:
                    self._events.pop()
            self._events.append((event, list(payload)))
            self._ready.notify()

    def offer(self, record: Record, payload: list[Buffer]) -> None:
        """Put a record in its job's slot, in place of an older one that was not sent."""
        with self._ready:
            self._slot(record.job).waiting = (record, payload)
            self._ready.notify()

    def credit(self, job: str, n: int) -> None:
        """Allow n more records of a job to be sent (any thread)."""
        with self._ready:
            self._slot(job).credits += n
            self._ready.notify()

    def wants(self, job: str) -> bool:
        """Whether a record made now would be sent now: else it need not be computed."""
        slot = self._slots.get(job)
        return slot is not None and slot.credits > 0 and slot.waiting is None

    def forget(self, job: str) -> None:
        """Drop the slot of a job that is no longer watched."""
        with self._ready:
            self._slots.pop(job, None)

    def forget_all(self) -> None:
        """Drop the slots of all jobs: their viewer is gone."""
        with self._ready:
            self._slots.clear()

    def close(self, seconds: float = 2.0) -> None:
        """Send what is queued, at most for ``seconds``, and stop."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join(seconds)

    def _slot(self, job: str) -> _Slot:
        return self._slots.setdefault(job, _Slot())

    def _run(self) -> None:
        while (item := self._next()) is not None:
            event, payload = item
            try:
                for part in _frame(event, payload):
                    self._write(part)
            except WireError as error:
                # Too large for a frame, or nothing that can be written: losing this one event is
                # better than losing the stream.
                _log.error("an event could not be sent: %s", error)
            except OSError:
                # The other side has closed its end; the reader sees the end of file as well.
                self._inbox.leave()
                return

    def _write(self, part: Buffer) -> None:
        view = memoryview(part).cast("B")
        while len(view):
            view = view[self._stream.write(view) :]

    def _next(self) -> tuple[Event, list[Buffer]] | None:
        with self._ready:
            while True:
                if self._events:
                    return self._events.popleft()
                for slot in self._slots.values():
                    if slot.waiting is not None and slot.credits > 0:
                        slot.credits -= 1
                        item, slot.waiting = slot.waiting, None
                        return item
                if self._closed:
                    return None
                self._ready.wait()


def _frame(event: Event, payload: list[Buffer]) -> list[Buffer]:
    """Return the pieces of a frame; of an answer that cannot be sent, those of a refusal.

    Raises:
        WireError: another event is too large, or cannot be written.
    """
    try:
        return encode(event, payload)
    except WireError as error:
        if isinstance(event, Failed):
            return encode(Failed(re=event.re, error=_writable(event.error)))
        if not isinstance(event, Reply):
            raise
        return encode(Failed(re=event.re, error=_unsent(error)))


def _unsent(error: WireError) -> ErrorInfo:
    """Say why an answer was not sent."""
    if isinstance(error, Unwritable):
        _log.error("an answer could not be written", exc_info=error)
        return ErrorInfo(
            kind="bug",
            message=f"An error inside the program: the answer cannot be sent: {error}",
            hint="Please report it. Nothing else is affected.",
        )
    message = f"The answer is too large to be sent: {error}."
    return ErrorInfo(kind="user", message=message, hint="Request less at once.")


def _writable(info: ErrorInfo) -> ErrorInfo:
    """Return an error with what no UTF-8 can say spelled out: a name in it may be anybody's."""
    said = {name: str(getattr(info, name)) for name in info.__struct_fields__}
    return ErrorInfo(
        **{name: text.encode(errors="backslashreplace").decode() for name, text in said.items()}
    )


class Reader:
    """The reader thread: from standard input to the inbox."""

    def __init__(self, inbox: Inbox, outbox: Outbox, descriptor: int = 0) -> None:
        self.busy = ""
        self._inbox = inbox
        self._outbox = outbox
        self._descriptor = descriptor
        self._decoder = Decoder(Command)
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                data = os.read(self._descriptor, _CHUNK)
                messages = self._decoder.feed(data)
            except WireError as error:
                _log.error("the commands are garbled, leaving: %s", error)
                break
            except OSError as error:
                _log.error("the commands cannot be read, leaving: %s", error)
                break
            if not data:
                break
            for command, _ in messages:
                self._take(command)
        self._inbox.leave()
        self._insist()

    def _take(self, command: Command) -> None:
        if isinstance(command, Ping):
            self._outbox.send(Pong(re=command.id, busy=self.busy))
        elif isinstance(command, Credit):
            self._outbox.credit(command.job, command.n)
        else:
            self._inbox.put(command)

    def _insist(self) -> None:
        """End the process if the main thread hangs."""
        time.sleep(LEAVE_SECONDS)
        os._exit(3)
