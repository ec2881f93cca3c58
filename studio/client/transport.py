"""A child process as three byte streams: all that the client knows about processes.

The application brings a Qt child process, the command line and the tests an asyncio one, tests
without a process an engine in memory: the client is the same over each.
"""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from studio.protocol.wire import Buffer

__all__ = [
    "Handlers",
    "ProcessExit",
    "Timeouts",
    "Transport",
    "TransportError",
    "engine_command",
    "engine_env",
    "own_command",
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

    on_bytes: Callable[[Buffer], None]
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

    def write(self, parts: Iterable[Buffer]) -> None:
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
    ready: float = 60.0
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


def own_command(*arguments: str) -> list[str]:
    """The command that runs ``pushforward`` of this installation with some arguments."""
    if getattr(sys, "frozen", False):
        # The window's program has no torch; the engine's, beside it, has all other commands.
        suffix = ".exe" if sys.platform == "win32" else ""
        return [str(Path(sys.executable).with_name(f"pushforward-engine{suffix}")), *arguments]
    return [sys.executable, "-m", "studio", *arguments]


def engine_command() -> list[str]:
    """The command that starts an engine of this installation."""
    return own_command("engine")


def engine_env() -> dict[str, str]:
    """The environment of a process of ours: this very code can be imported from any folder."""
    env = dict(os.environ)
    here = str(Path(__file__).resolve().parents[2])
    others = [p for p in env.get("PYTHONPATH", "").split(os.pathsep) if p and p != here]
    env["PYTHONPATH"] = os.pathsep.join([here, *others])
    return env
