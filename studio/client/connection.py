"""One life of an engine: handshake, requests, heartbeat, and the ladder out."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import numpy as np

from pushforward.studio.client.errors import CommandFailed, EngineLost, EngineStartFailed
from pushforward.studio.client.outcome import ProcessOutcome, StderrTail
from pushforward.studio.client.transport import (
    Handlers,
    ProcessExit,
    Timeouts,
    Transport,
    TransportError,
)
from pushforward.studio.protocol.messages import (
    PROTOCOL,
    ErrorInfo,
    Event,
    Failed,
    GiveUp,
    Hello,
    InspectData,
    Ping,
    Pong,
    Ready,
    Record,
    Reply,
    Shutdown,
)
from pushforward.studio.protocol.wire import (
    Buffer,
    Decoder,
    Unwritable,
    WireError,
    encode,
    unpack_arrays,
)

__all__ = ["Answer", "Arrays", "Connection"]

Arrays = Mapping[str, np.ndarray]
T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """The answer to a command: plain data, and arrays by name (read-only views)."""

    result: Any = None
    arrays: Arrays = field(default_factory=dict)


class Connection:
    """One engine process from its start to its end.

    ``on_event(event, arrays)`` gets every event save answers; ``on_pulse(alive)`` tells when the
    engine stops answering and when it answers again; ``on_end(outcome)`` comes exactly once if
    the process was started.
    """

    def __init__(
        self,
        transport: Transport,
        timeouts: Timeouts,
        *,
        on_event: Callable[[Event, Arrays], None],
        on_pulse: Callable[[bool], None],
        on_end: Callable[[ProcessOutcome], None],
    ) -> None:
        self._transport = transport
        self._timeouts = timeouts
        self._on_event = on_event
        self._on_pulse = on_pulse
        self._on_end = on_end
        self._decoder = Decoder(Event)
        self._stderr = StderrTail()
        self._pending: dict[int, asyncio.Future[Answer]] = {}
        # Another client's commands may be answered on this connection: no number is used twice.
        self._last_id = secrets.randbits(40)
        self._hello: asyncio.Future[Hello] | None = None
        self._ready: asyncio.Future[Ready] | None = None
        self._ended: asyncio.Future[ProcessOutcome] | None = None
        self._heart: asyncio.Task[None] | None = None
        self._heard = 0.0
        self._responsive = True
        self._asked = False
        self._reason = ""

    @property
    def pid(self) -> int | None:
        """The engine's process id."""
        return self._transport.pid

    @property
    def alive(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._ended is not None and not self._ended.done()

    # Coming up

    async def start(self) -> Ready:
        """Start the process and wait until it is ready.

        Raises:
            EngineStartFailed: the program is missing, speaks another protocol, says nothing in
                time, or ended while starting. The process is gone then.
        """
        loop = asyncio.get_running_loop()
        self._hello, self._ready = loop.create_future(), loop.create_future()
        ended = loop.create_future()
        try:
            await self._transport.start(Handlers(self._bytes, self._stderr.feed, self._exited))
        except TransportError as error:
            raise EngineStartFailed(ErrorInfo(kind="engine", message=str(error))) from error
        self._ended = ended
        try:
            hello = await self._first(self._hello, ended, self._timeouts.hello, "say hello")
            if hello.protocol != PROTOCOL:
                raise EngineStartFailed(_mismatch(hello))
            ready = await self._first(
                self._ready, ended, self._timeouts.ready, "load its libraries"
            )
        except (EngineStartFailed, asyncio.CancelledError) as error:
            self._asked = True
            self._reason = str(error)
            await self._down(("terminate", "kill"))
            raise
        self._heard = time.monotonic()
        self._heart = loop.create_task(self._beat())
        return ready

    async def _first(
        self,
        wanted: "asyncio.Future[T]",
        ended: "asyncio.Future[ProcessOutcome]",
        seconds: float,
        what: str,
    ) -> T:
        """Wait for a message, the end of the process, or the end of patience."""
        either: set[asyncio.Future[Any]] = {wanted, ended}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if wanted.done():
            return wanted.result()
        if ended.done():
            raise EngineStartFailed(ended.result().error())
        raise EngineStartFailed(
            ErrorInfo(
                kind="engine",
                message=f"The engine did not {what} within {seconds:g} seconds.",
                hint="The disk may be cold or the machine busy: try again.",
                details=self._stderr.text(),
            )
        )

    # Talking

    async def request(self, command: Any, payload: Iterable[Buffer] = ()) -> Answer:
        """Send a command under a fresh id and wait for its answer.

        Raises:
            CommandFailed: the engine refused it, or it is too large.
            EngineLost: the engine ended before it answered.
        """
        if not self.alive:
            raise EngineLost(_gone())
        number = self._number()
        try:
            frame = encode(msgspec.structs.replace(command, id=number), payload)
        except Unwritable as error:
            message = f"The request cannot be sent: {error}."
            raise CommandFailed(ErrorInfo(kind="bug", message=message)) from error
        except WireError as error:
            message = f"The request is too large to be sent: {error}."
            hint = "Request less at once."
            raise CommandFailed(ErrorInfo(kind="user", message=message, hint=hint)) from error
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            self._transport.write(frame)
            return await answer
        except asyncio.CancelledError:
            if isinstance(command, InspectData):
                self.send(GiveUp(re=number))  # else it reads on, for nobody
            raise
        finally:
            self._pending.pop(number, None)

    def send(self, command: Any) -> None:
        """Send a command whose answer does not matter (credits); dropped if the engine is gone."""
        if self.alive:
            self._transport.write(encode(msgspec.structs.replace(command, id=self._number())))

    def _number(self) -> int:
        self._last_id += 1
        return self._last_id

    # Listening

    def _bytes(self, data: Buffer) -> None:
        if self._reason:
            return  # being ended: what it still says does not count
        self._heard = time.monotonic()
        try:
            for message, payload in self._decoder.feed(data):
                self._message(message, payload)
        except WireError as error:
            self._condemn(f"it sent an invalid message ({error})")

    def _condemn(self, reason: str) -> None:
        """End an engine that cannot be trusted any more."""
        _log.error("ending the engine: %s", reason)
        self._reason = reason
        self._transport.kill()

    def _message(self, message: Any, payload: memoryview) -> None:
        match message:
            case Reply(re=number):
                if number in self._pending:
                    self._settle(number, Answer(message.result, _arrays(message, payload)))
            case Failed(re=number):
                if number in self._pending:
                    self._settle(number, CommandFailed(message.error))
                else:
                    _log.warning("a command was refused: %s", message.error.message)
            case Pong():
                self._pulse()
            case _:
                if isinstance(message, Hello) and self._hello and not self._hello.done():
                    self._hello.set_result(message)
                if isinstance(message, Ready) and self._ready and not self._ready.done():
                    self._ready.set_result(message)
                self._on_event(message, _arrays(message, payload))

    def _settle(self, number: int, answer: Answer | Exception) -> None:
        future = self._pending.pop(number)
        if future.done():  # its caller was cancelled
            return
        if isinstance(answer, Answer):
            future.set_result(answer)
        else:
            future.set_exception(answer)

    # Heartbeat

    async def _beat(self) -> None:
        while True:
            self.send(Ping())
            asleep = time.monotonic()
            await asyncio.sleep(self._timeouts.ping_every)
            now = time.monotonic()
            if now - asleep > self._timeouts.ping_every + self._timeouts.unresponsive / 2:
                # It was us who were away (a lid that was closed): first hear what has come.
                self._heard = now
            # Any bytes prove life; a large transfer may hold an answer back for a while.
            if self._responsive and now - self._heard > self._timeouts.unresponsive:
                self._responsive = False
                self._on_pulse(False)

    def _pulse(self) -> None:
        if not self._responsive:
            self._responsive = True
            self._on_pulse(True)

    # Going down

    async def shutdown(self, *, checkpoint: bool = True) -> ProcessOutcome:
        """Ask the engine to leave, ever less politely, and wait until it is gone."""
        self._asked = True
        self.send(Shutdown(checkpoint=checkpoint))
        return await self._down(("shutdown", "close_input", "terminate", "kill"))

    async def detach(self) -> ProcessOutcome:
        """Hang up: an engine that outlives its connection goes on, others save and leave."""
        self._asked = True
        return await self._down(("close_input", "terminate", "kill"))

    async def end(self, reason: str) -> ProcessOutcome:
        """End an engine that does not answer; ``reason`` completes "The engine was stopped: "."""
        self._asked, self._reason = True, reason
        return await self._down(("terminate", "kill"))

    async def _down(self, rungs: Iterable[str]) -> ProcessOutcome:
        if self._ended is None:
            return ProcessOutcome(ProcessExit(), asked=True)
        for rung in rungs:
            if not self._ended.done() and rung != "shutdown":
                _log.info("the engine is still there: %s", rung.replace("_", " "))
                getattr(self._transport, rung)()
            await asyncio.wait({self._ended}, timeout=getattr(self._timeouts, rung))
            if self._ended.done():
                return self._ended.result()
        raise EngineLost(
            ErrorInfo(
                kind="engine",
                message=f"The engine (process {self.pid}) does not stop.",
                hint="The operating system blocks it, for example a driver or a disk.",
            )
        )

    def _exited(self, exit: ProcessExit) -> None:
        outcome = ProcessOutcome(exit, self._stderr.text(), self._asked, self._reason)
        if self._heart is not None:
            self._heart.cancel()
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(outcome)
        for number in list(self._pending):
            self._settle(number, EngineLost(outcome.error()))
        self._on_end(outcome)


def _arrays(message: Any, payload: memoryview) -> Arrays:
    return unpack_arrays(message.arrays, payload) if isinstance(message, Reply | Record) else {}


def _mismatch(hello: Hello) -> ErrorInfo:
    return ErrorInfo(
        kind="engine",
        message=f"The engine speaks protocol {hello.protocol} and this studio {PROTOCOL}.",
        hint=f"Update both to one version (the engine says it is {hello.version}).",
    )


def _gone() -> ErrorInfo:
    return ErrorInfo(
        kind="engine", message="The engine is not running.", hint="Restart it, then try again."
    )
