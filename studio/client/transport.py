"""A child process as three byte streams: all that the client knows about processes.

The application brings a Qt child process, the command line and the tests an asyncio one, tests
without a process an engine in memory: the client is the same over each.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pushforward.studio.protocol.wire import Buffer

__all__ = [
    "Handlers",
    "ProcessExit",
    "Timeouts",
    "Transport",
    "TransportError",
]


class TransportError(Exception):
    """The child process could not be started; the message says why."""


@dataclass(frozen=True)
class ProcessExit:
    """How a process ended: its exit status, or the number of the signal that ended it."""

    status: int | None = None
    signal: int | None = None


@dataclass(frozen=True)
class Handlers:
    """What a transport calls, always on the event loop's thread.

    on_bytes: a chunk of the child's standard output, not to be changed afterwards.
    on_stderr: a chunk of its standard error.
    on_exit: the process is gone and its output has been delivered; called exactly once.
    """

    on_bytes: Callable[["Buffer"], None]
    on_stderr: Callable[[bytes], None]
    on_exit: Callable[[ProcessExit], None]


class Transport(Protocol):
    """One life of a child process; a restart makes a new transport."""

    @property
    def pid(self) -> int | None:
        """The process id, None before the start."""

    async def start(self, handlers: Handlers) -> None:
        """Start the process.

        Raises:
            TransportError: it cannot be started; no handler will be called.
        """

    def write(self, parts: Iterable["Buffer"]) -> None:
        """Queue bytes for the child's standard input; dropped when it is gone."""

    def close_input(self) -> None:
        """Close its standard input once the queued bytes are written: "leave, please"."""

    def terminate(self) -> None:
        """Ask the operating system to end it."""

    def kill(self) -> None:
        """End it, and what it has started, now."""


@dataclass(frozen=True)
class Timeouts:
    """Seconds that the client waits. The defaults hold for a cold disk and a busy laptop."""

    hello: float = 10.0
    # A process that ends is noticed at once; this only ends a hang. On a busy machine the engine,
    # whose priority is low, took more than a minute.
    ready: float = 240.0
    ping_every: float = 2.0
    unresponsive: float = 10.0
    # The rungs of leaving: a checkpoint may have to be written first.
    shutdown: float = 15.0
    close_input: float = 3.0
    terminate: float = 2.0
    kill: float = 5.0
    # At most so many restarts within so many seconds.
    restarts: int = 3
    restart_window: float = 60.0
