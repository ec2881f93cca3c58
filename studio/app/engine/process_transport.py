"""The engine as a child process of Qt: the application's transport.

`QProcess` works on every system and under Qt's own event loop, and its buffers are handed on
without a copy. The bytes are those of every other transport.
"""

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from PySide6.QtCore import QByteArray, QProcess, QProcessEnvironment

from pushforward.studio.client.child import kill_tree
from pushforward.studio.client.transport import Handlers, ProcessExit, TransportError
from pushforward.studio.launch import engine_command, own_env, own_folder
from pushforward.studio.protocol.wire import Buffer

__all__ = ["EngineProcess"]


class EngineProcess:
    """`studio.client.transport.Transport` over `QProcess`."""

    def __init__(
        self, command: Sequence[str] | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        """Without a command, the engine of this installation."""
        self._command = list(command or engine_command())
        self._env = dict(env or own_env())
        self._process: QProcess | None = None
        self._handlers: Handlers | None = None
        self._started: asyncio.Future[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, None before the start and after the end."""
        return (self._process.processId() or None) if self._process else None

    async def start(self, handlers: Handlers) -> None:
        """Start the process in a session of its own: Ctrl+C in a terminal is ours alone.

        Raises:
            TransportError: the program cannot be started.
        """
        self._handlers = handlers
        self._started = asyncio.get_running_loop().create_future()
        process = QProcess()
        environment = QProcessEnvironment()
        for name, value in self._env.items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setWorkingDirectory(str(own_folder()))
        if sys.platform != "win32":
            parameters = QProcess.UnixProcessParameters()
            parameters.flags = QProcess.UnixProcessFlag.CreateNewSession
            process.setUnixProcessParameters(parameters)
        process.started.connect(self._on_started)
        process.readyReadStandardOutput.connect(self._on_output)
        process.readyReadStandardError.connect(self._on_stderr)
        process.errorOccurred.connect(self._on_error)
        process.finished.connect(self._on_finished)
        self._process = process
        process.start(self._command[0], self._command[1:])
        await self._started

    def write(self, parts: Iterable[Buffer]) -> None:
        """Queue bytes for the child's standard input; dropped when it is gone."""
        if self._process is None or self._process.state() != QProcess.ProcessState.Running:
            return
        for part in parts:
            self._process.write(QByteArray(bytes(part)))

    def close_input(self) -> None:
        """Close its standard input once the queued bytes are written."""
        if self._process is not None:
            self._process.closeWriteChannel()

    def terminate(self) -> None:
        """Ask the operating system to end it."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End it, and what it has started, now."""
        if self._process is not None and self._process.processId():
            kill_tree(self._process.processId())

    # Qt's signals

    def _on_started(self) -> None:
        if self._started is not None and not self._started.done():
            self._started.set_result(None)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        # Crashes and broken pipes are followed by `finished`; only a failed start is not.
        if error != QProcess.ProcessError.FailedToStart or self._process is None:
            return
        if self._started is not None and not self._started.done():
            text = f"cannot start {self._command[0]}: {self._process.errorString()}"
            self._started.set_exception(TransportError(text))

    def _on_output(self) -> None:
        if self._process is None or self._handlers is None:
            return
        data = self._process.readAllStandardOutput()
        # A view of Qt's own buffer, which lives as long as the view does (its stub does not say
        # that it is a buffer).
        self._handlers.on_bytes(memoryview(cast("bytes", data)))

    def _on_stderr(self) -> None:
        if self._process is not None and self._handlers is not None:
            self._handlers.on_stderr(bytes(self._process.readAllStandardError().data()))

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if self._process is None or self._handlers is None:
            return
        self._on_output()
        self._on_stderr()
        # Qt gives the number of the signal as the code of a crash.
        crashed = status == QProcess.ExitStatus.CrashExit and sys.platform != "win32"
        self._handlers.on_exit(ProcessExit(signal=code) if crashed else ProcessExit(status=code))
        self._process.deleteLater()
        self._process = None
