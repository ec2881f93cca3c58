"""The engine client as the actions use it, and the way of its events into the state."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.client.client import EngineClient, EngineState, Subscriber
from pushforward.studio.client.errors import CommandFailed, EngineError
from pushforward.studio.launchers.path_map import ForeignPath, PathMap
from pushforward.studio.protocol.messages import Command, ErrorInfo, Event

__all__ = ["EngineLink"]


class EngineLink:
    """`studio.app.engine.requests.request_base.Link` over a `studio.client.EngineClient`.

    The engine may move to another computer, and the client with it. ``paths`` translates the paths
    of messages then; it is None on this computer.
    """

    def __init__(self, client: EngineClient) -> None:
        self.client = client
        self.paths: PathMap | None = None
        self._subscriber: Subscriber = lambda event, arrays: None
        self._watchers: Sequence[Callable[[EngineState], None]] = ()
        self._undo: list[Callable[[], None]] = []

    def listen(
        self, subscriber: Subscriber, watchers: Sequence[Callable[[EngineState], None]]
    ) -> None:
        """Hand on the events and the states of the engine, wherever it is."""
        self._subscriber, self._watchers = subscriber, watchers
        self._attach()

    @property
    def alive(self) -> bool:
        """Whether commands can be sent."""
        return self.client.state.name in ("ready", "unresponsive")

    async def ask(self, command: Command) -> Answer:
        """Send a command and wait for its answer; `Refused` says why there is none."""
        answer = await self._try(self.client.request(self._outgoing(command)))
        result = self.paths.incoming(answer.result) if self.paths else answer.result
        return Answer(result, {k: np.asarray(v) for k, v in answer.arrays.items()})

    def tell(self, command: Command) -> None:
        """Send a command without waiting for its answer."""
        self.client.send(self._outgoing(command))

    async def start(self) -> None:
        """Start the engine for the first time."""
        await self._try(self.client.start())

    async def restart(self) -> None:
        """Start the engine again, ending the one there is."""
        await self._try(self.client.restart())

    async def close(self, checkpoint: bool) -> None:
        """Save what runs, if so wished, and end the engine; on another computer it continues."""
        await self._try(self.hang_up(checkpoint))

    async def hang_up(self, checkpoint: bool = True) -> None:
        """Leave the engine: end it here, but let one on another computer go on."""
        if self.paths is not None:
            await self.client.detach()
        else:
            await self.client.stop(checkpoint=checkpoint)

    async def move(self, client: EngineClient, mirror: Path | None) -> None:
        """Use the engine of another client, once it is there; until then nothing changes.

        Args:
            client: not started yet.
            mirror: where the project of its computer is mirrored, None for this computer.

        Raises:
            Refused: it does not start.
        """
        early: list[tuple[Event, Any]] = []
        undo = client.subscribe(lambda event, arrays: early.append((event, arrays)))
        ready = await self._try(client.start())
        undo()
        self._detach()
        await self.hang_up()
        self.client = client
        self.paths = PathMap(ready.folder, mirror) if mirror is not None else None
        self._attach()
        for event, arrays in early:
            self._forward(event, arrays)

    def _attach(self) -> None:
        self._undo = [self.client.subscribe(self._forward)]
        self._undo += [self.client.watch_state(watcher) for watcher in self._watchers]

    def _detach(self) -> None:
        for undo in self._undo:
            undo()

    def _forward(self, event: Event, arrays: Any) -> None:
        self._subscriber(self.paths.incoming(event) if self.paths else event, arrays)

    def _outgoing(self, command: Command) -> Any:
        try:
            return self.paths.outgoing(command) if self.paths else command
        except ForeignPath as foreign:
            raise Refused(
                ErrorInfo(
                    kind="user",
                    message=f"{foreign} is on this computer, and the engine on another one.",
                    hint="Bring the run here first (menu of the run), and do it here.",
                )
            ) from foreign

    async def _try(self, work: Any) -> Any:
        try:
            return await work
        except (CommandFailed, EngineError) as error:
            raise Refused(error.info) from error
