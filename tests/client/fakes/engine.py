"""An engine in memory: the whole protocol, a toy training, and any answer or accident on demand.

It is a `studio.client.transport.Transport`, so the client on top is the real one, and every
message passes through the wire's own bytes. The contract tests run on it and on the real engine.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import numpy as np

from pushforward.studio.client.transport import Handlers, ProcessExit
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.wire import Buffer, Decoder, encode, pack_arrays
from tests.client.fakes.catalog import catalog
from tests.client.fakes.jobs import FakeJobs, Refusal

__all__ = ["FakeEngine", "Refusal"]

Arrays = Mapping[str, np.ndarray]
TICK = 0.01  # seconds between two bouts of training


class FakeEngine:
    """One life of an engine without a process.

    Attributes:
        script: answers by kind of command, in place of the built-in ones: a function of the
            command that returns a result, or (result, arrays), or raises `Refusal`.
        received: every command so far, in order.
        speed: training steps per second.
        jobs: its trainings.
        protocol: what Hello says.
    """

    def __init__(
        self,
        *,
        script: Mapping[type, Callable[[Any], Any]] | None = None,
        speed: float = 5000.0,
        protocol: int = m.PROTOCOL,
        offer: Catalog | None = None,
    ) -> None:
        self.script = dict(script or {})
        self.received: list[Any] = []
        self.speed = speed
        self.protocol = protocol
        self.jobs = FakeJobs(self.emit, offer or catalog())
        self._handlers: Handlers | None = None
        self._decoder = Decoder(m.Command)
        self._work: asyncio.Task[None] | None = None
        self._hanging = False
        self._silenced: list[bytes] = []

    # The transport's side

    @property
    def pid(self) -> int | None:
        """A number that is no process."""
        return None if self._handlers is None else 2**22 + 1

    async def start(self, handlers: Handlers) -> None:
        """Come up: Hello, Ready, catalogue, snapshot."""
        self._handlers = handlers
        self._work = asyncio.get_running_loop().create_task(self._run())

    def write(self, parts: Iterable[Buffer]) -> None:
        """Take bytes; they are handled in the next round of the loop, as from a pipe."""
        data = b"".join(bytes(part) for part in parts)
        asyncio.get_running_loop().call_soon(self._take, data)

    def close_input(self) -> None:
        """The other side is gone: leave."""
        if not self._hanging:
            self.end(status=0)

    def terminate(self) -> None:
        """End, unless it hangs."""
        if not self._hanging:
            self.end(signal=15)

    def kill(self) -> None:
        """End in any case."""
        self.end(signal=9)

    # Accidents on demand

    def end(
        self, *, status: int | None = None, signal: int | None = None, stderr: str = ""
    ) -> None:
        """End the life as a process would: by a status or by a signal, with last words."""
        handlers, self._handlers = self._handlers, None
        if handlers is None:
            return
        if self._work is not None:
            self._work.cancel()
        handlers.on_stderr(stderr.encode())
        asyncio.get_running_loop().call_soon(handlers.on_exit, ProcessExit(status, signal))

    def hang(self, hanging: bool = True) -> None:
        """Stop answering and listening, or go on (what came meanwhile is handled then)."""
        self._hanging = hanging
        if not hanging:
            silenced, self._silenced = self._silenced, []
            for data in silenced:
                self._take(data)

    def emit(self, event: Any, arrays: Arrays | None = None) -> None:
        """Send an event; ``arrays`` fill its payload and its ``arrays`` field."""
        payload: list[Buffer] = []
        if arrays:
            places, payload = pack_arrays(arrays)
            event = msgspec.structs.replace(event, arrays=places)
        self.emit_bytes(b"".join(encode(event, payload)))

    def emit_bytes(self, data: bytes) -> None:
        """Send raw bytes, good or bad."""
        if self._handlers is not None:
            self._handlers.on_bytes(data)

    # Inside

    def _take(self, data: bytes) -> None:
        if self._hanging:
            self._silenced.append(data)
            return
        for command, _ in self._decoder.feed(data):
            self.received.append(command)
            self._answer(command)

    def _answer(self, command: Any) -> None:
        try:
            answer = self.script.get(type(command), self.jobs.answer)(command)
        except Refusal as refusal:
            self.emit(m.Failed(re=command.id, error=refusal.error))
            return
        if isinstance(command, m.Ping):
            self.emit(m.Pong(re=command.id, busy=self.jobs.busy))
        elif not isinstance(command, m.Credit):
            result, arrays = answer if isinstance(answer, tuple) else (answer, None)
            self.emit(m.Reply(re=command.id, result=result), arrays)
        if isinstance(command, m.Shutdown):
            self.end(status=0)

    async def _run(self) -> None:
        self.emit(m.Hello(protocol=self.protocol, version="fake", pid=self.pid or 0))
        await asyncio.sleep(0)
        self.emit(m.Ready(versions={"engine": "fake"}, device="cpu"))
        self.emit(m.CatalogEvent(catalog=self.jobs.offer))
        self.emit(m.Snapshot(jobs=[]))
        while True:
            await asyncio.sleep(TICK)
            if not self._hanging:
                self.jobs.advance(max(1, round(self.speed * TICK)))
