"""The engine as the rest of the studio sees it: one object over any number of its lives."""

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.connection import Answer, Arrays, Connection
from pushforward.studio.client.errors import (
    CommandFailed,
    EngineError,
    EngineLost,
    EngineStartFailed,
)
from pushforward.studio.client.outcome import ProcessOutcome
from pushforward.studio.client.transport import Timeouts, Transport
from pushforward.studio.protocol.messages import ErrorInfo, Event, Ready
from pushforward.studio.protocol.wire import Buffer

__all__ = [
    "Answer",
    "CommandFailed",
    "EngineClient",
    "EngineError",
    "EngineLost",
    "EngineStartFailed",
    "EngineState",
]

RECONNECT_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0)
"""Waits before the attempts to connect again; the last one repeats."""
_LINK_LOST = "The connection was lost; the engine goes on there. Connecting again."

_log = logging.getLogger(__name__)

Subscriber = Callable[[Event, Arrays], None]


@dataclass(frozen=True)
class EngineState:
    """How the engine is, for people.

    name: "stopped", "starting", "ready", "unresponsive" (it may come back by itself),
    "restarting" (it was lost and is being started again), "lost" (it is gone and stays so).
    """

    name: Literal["stopped", "starting", "ready", "unresponsive", "restarting", "lost"]
    message: str = ""
    error: ErrorInfo | None = None
    pid: int | None = None


class EngineClient:
    """Starts an engine, talks to it, notices when it is gone and starts it again.

    Everything happens on the thread of the running event loop. After a restart the engine sends
    its catalogue and an empty snapshot; what was running is on disk, to be resumed.
    """

    def __init__(
        self,
        transport: Callable[[], Transport] = ChildProcess,
        *,
        timeouts: Timeouts | None = None,
        auto_restart: bool = True,
        reconnects: bool = False,
    ) -> None:
        """``transport`` makes a fresh transport for each life of the engine. With ``reconnects``
        the engine outlives its connection: one that is lost is made again until it succeeds.
        """
        self._transport = transport
        self._timeouts = timeouts or Timeouts()
        self._auto_restart = auto_restart
        self._reconnects = reconnects
        self._connection: Connection | None = None
        self._subscribers: list[Subscriber] = []
        self._watchers: list[Callable[[EngineState], None]] = []
        self._restarts: deque[float] = deque()
        self._restarting: asyncio.Task[None] | None = None
        self._state = EngineState("stopped")
        # Kept from `start`: a transport of Qt may call while no loop runs, at the very end.
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ready: Ready | None = None

    @property
    def state(self) -> EngineState:
        """How the engine is now."""
        return self._state

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call ``subscriber(event, arrays)`` for each event in order; return what undoes it.

        Answers go to their requests alone. ``arrays`` holds the payload of a `Record` by name, as
        read-only views, and is empty for other events.
        """
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def watch_state(self, watcher: Callable[[EngineState], None]) -> Callable[[], None]:
        """Call ``watcher(state)`` at each change of `state`; return what undoes it."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def start(self) -> Ready:
        """Start the engine and wait until it is ready for commands.

        Raises:
            EngineStartFailed: it did not come up; the state is "lost" then.
        """
        if self._connection is not None and self._connection.alive and self.ready is not None:
            return self.ready
        return await self._come_up("starting", "The engine is starting.")

    async def request(self, command: Any, payload: Iterable[Buffer] = ()) -> Answer:
        """Send a command and wait for its answer; the id is filled in.

        Raises:
            CommandFailed: the engine refused it; ``info`` says why and what to do.
            EngineLost: the engine is not there, or ended before it answered.
        """
        return await self._connected().request(command, payload)

    def send(self, command: Any) -> None:
        """Send a command whose answer does not matter (`Credit`); dropped if there is no engine."""
        if self._connection is not None:
            self._connection.send(command)

    async def stop(self, *, checkpoint: bool = True) -> ProcessOutcome | None:
        """Shut the engine down, saving running trainings first; None if there was none."""
        connection = self._let_go()
        outcome = None
        if connection is not None and connection.alive:
            outcome = await connection.shutdown(checkpoint=checkpoint)
        self._become(EngineState("stopped", outcome.sentence if outcome else ""))
        return outcome

    async def detach(self) -> ProcessOutcome | None:
        """Hang up, so that an engine which outlives its connection goes on; None if there was none.

        The next `start` of a client with the same launcher finds it again.
        """
        connection = self._let_go()
        outcome = None
        if connection is not None and connection.alive:
            outcome = await connection.detach()
        self._become(EngineState("stopped", "The engine goes on without this connection."))
        return outcome

    async def restart(self, reason: str = "restart requested") -> Ready:
        """End the engine if it is there, without waiting for a checkpoint, and start it again.

        A restart that is under way already is joined, not repeated.

        Raises:
            EngineStartFailed: it did not come up.
        """
        self._restarts.clear()
        if self._restarting is not None and not self._restarting.done():
            await asyncio.wait([self._restarting])
            if self._connection is not None and self.ready is not None:
                return self.ready
        connection, self._connection = self._connection, None
        if connection is not None and connection.alive:
            await connection.end(reason)
        return await self._come_up("restarting", "The engine is being restarted.")

    # Inside

    def _connected(self) -> Connection:
        if self._connection is None:
            raise EngineLost(
                ErrorInfo(kind="engine", message="The engine is not running.", hint="Restart it.")
            )
        return self._connection

    def _let_go(self) -> Connection | None:
        """Take the connection out of service: what still happens on it changes no state."""
        if self._restarting is not None:
            self._restarting.cancel()
            self._restarting = None
        connection, self._connection = self._connection, None
        return connection

    async def _come_up(self, name: Literal["starting", "restarting"], message: str) -> Ready:
        self._loop = asyncio.get_running_loop()
        error = self._state.error if name == "restarting" else None
        self._become(EngineState(name, message, error))
        connection = Connection(
            self._transport(),
            self._timeouts,
            on_event=self._event,
            on_pulse=lambda alive: self._pulse(connection, alive),
            on_end=lambda outcome: self._ended(connection, outcome),
        )
        self._connection = connection
        self.ready = None
        try:
            ready = await connection.start()
        except EngineStartFailed as failure:
            if self._connection is connection:
                self._connection = None
                self._become(EngineState("lost", failure.info.message, failure.info))
            raise
        self.ready = ready
        self._become(
            EngineState(
                "ready", f"The engine runs on {ready.device.rstrip('.')}.", error, connection.pid
            )
        )
        return ready

    def _event(self, event: Event, arrays: Arrays) -> None:
        for subscriber in list(self._subscribers):
            try:
                subscriber(event, arrays)
            except Exception as error:
                # A listener's mistake must not lose the messages behind it; it is reported where
                # the application reports all such errors.
                what = f"a listener failed on {type(event).__name__}"
                if self._loop is not None:
                    self._loop.call_exception_handler({"message": what, "exception": error})

    def _pulse(self, connection: Connection, alive: bool) -> None:
        if connection is not self._connection:
            return
        if alive:
            self._become(EngineState("ready", "The engine responds again.", None, connection.pid))
            return
        seconds = self._timeouts.unresponsive
        message = f"The engine has not responded for {seconds:g} seconds."
        hint = "Wait, or restart it: resume continues from the last checkpoint."
        error = ErrorInfo(kind="engine", message=message, hint=hint)
        self._become(EngineState("unresponsive", message, error, connection.pid))

    def _ended(self, connection: Connection, outcome: ProcessOutcome) -> None:
        if connection is not self._connection or self.ready is None:
            return  # we asked for it, or `start` reports it
        _log.error("%s\n%s", outcome.sentence, outcome.stderr)
        self._connection = None
        if self._loop is not None and self._reconnects and outcome.link_lost:
            self._become(EngineState("restarting", _LINK_LOST, outcome.error()))
            self._restarting = self._loop.create_task(self._reconnect())
            return
        if self._loop is None or not self._auto_restart or not self._may_restart():
            self._become(EngineState("lost", outcome.sentence, self._final(outcome)))
            return
        self._become(EngineState("restarting", outcome.sentence, outcome.error()))
        self._restarting = self._loop.create_task(self._restart_quietly())

    def _may_restart(self) -> bool:
        now = time.monotonic()
        while self._restarts and now - self._restarts[0] > self._timeouts.restart_window:
            self._restarts.popleft()
        if len(self._restarts) >= self._timeouts.restarts:
            return False
        self._restarts.append(now)
        return True

    def _final(self, outcome: ProcessOutcome) -> ErrorInfo:
        error = outcome.error()
        if not self._auto_restart:
            return error
        return ErrorInfo(
            kind="engine",
            message=error.message,
            hint=(
                f"It was restarted {self._timeouts.restarts} times within a minute. Restart it "
                "by hand; see the details for the cause."
            ),
            details=error.details,
        )

    async def _restart_quietly(self) -> None:
        try:
            await self._come_up("restarting", self._state.message)
        except EngineStartFailed as failure:
            _log.warning("the engine did not come up again: %s", failure)

    async def _reconnect(self) -> None:
        """Connect again, ever more rarely, until it succeeds or `stop` or `detach` is called."""
        for seconds in itertools.chain(RECONNECT_SECONDS, itertools.repeat(RECONNECT_SECONDS[-1])):
            await asyncio.sleep(seconds)
            try:
                await self._come_up("restarting", _LINK_LOST)
            except EngineStartFailed as failure:
                _log.info("no connection yet: %s", failure)
            else:
                return

    def _become(self, state: EngineState) -> None:
        self._state = state
        for watcher in list(self._watchers):
            watcher(state)
