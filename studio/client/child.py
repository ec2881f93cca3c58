"""The engine as a child process of asyncio: for the command line and the tests."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from pushforward.studio.client.transport import Handlers, ProcessExit, TransportError
from pushforward.studio.launch import engine_command, popen_options
from pushforward.studio.protocol.wire import Buffer

__all__ = ["ChildProcess", "kill_tree"]

# A grandchild may hold the pipes open after the child is gone; its output is not waited for long.
DRAIN_SECONDS = 0.5


class ChildProcess:
    """`studio.client.transport.Transport` over asyncio's subprocess pipes."""

    def __init__(
        self, command: Sequence[str] | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Without a command, the engine of this installation."""
        self._command = list(command or engine_command())
        self._env = env
        self._transport: asyncio.SubprocessTransport | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None before the start."""
        return self._transport.get_pid() if self._transport else None

    async def start(self, handlers: Handlers) -> None:
        """Start the process in a session of its own: Ctrl+C in a terminal is ours alone.

        Raises:
            TransportError: the program cannot be started.
        """
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.subprocess_exec(
                lambda: _Streams(handlers),
                *self._command,
                **popen_options(self._env),
            )
        except OSError as error:
            raise TransportError(f"cannot start {self._command[0]}: {error}") from error

    def write(self, parts: Iterable[Buffer]) -> None:
        """Queue bytes for the child's standard input; dropped when it is gone."""
        pipe = self._stdin()
        if pipe is not None and not pipe.is_closing():
            pipe.writelines(parts)

    def close_input(self) -> None:
        """Close its standard input once the queued bytes are written."""
        pipe = self._stdin()
        if pipe is not None:
            pipe.close()

    def terminate(self) -> None:
        """Ask the operating system to end it."""
        if self._transport is not None and self._transport.get_returncode() is None:
            self._transport.terminate()

    def kill(self) -> None:
        """End it, and what it has started, now."""
        if self._transport is not None and self._transport.get_returncode() is None:
            kill_tree(self._transport.get_pid())

    def _stdin(self) -> asyncio.WriteTransport | None:
        if self._transport is None:
            return None
        return cast("asyncio.WriteTransport | None", self._transport.get_pipe_transport(0))


class _Streams(asyncio.SubprocessProtocol):
    """Hands the pipes' bytes on, and the exit once the pipes are drained."""

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers
        self._transport: asyncio.SubprocessTransport | None = None
        self._told = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if self._told:
            return
        if fd == 1:
            self._handlers.on_bytes(data)
        else:
            self._handlers.on_stderr(data)

    def process_exited(self) -> None:
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._tell)

    def connection_lost(self, exc: Exception | None) -> None:
        self._tell()

    def _tell(self) -> None:
        if self._told or self._transport is None:
            return
        self._told = True
        code = self._transport.get_returncode()
        self._transport.close()
        negative = code is not None and code < 0
        self._handlers.on_exit(
            ProcessExit(signal=-code) if negative and code is not None else ProcessExit(status=code)
        )


def kill_tree(pid: int) -> None:
    """Kill a process and all that it has started; those already gone are passed over."""
    import psutil

    try:
        process = psutil.Process(pid)
        doomed = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in doomed:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
