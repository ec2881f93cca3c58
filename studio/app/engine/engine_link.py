"""The engine client as the actions use it, and the way of its events into the state."""

from typing import Any

import numpy as np

from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.client import CommandFailed, EngineClient, EngineError
from pushforward.studio.protocol.messages import Command

__all__ = ["EngineLink"]


class EngineLink:
    """`studio.app.engine.requests.request_base.Link` over a `studio.client.EngineClient`."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    @property
    def alive(self) -> bool:
        """Whether commands can be sent."""
        return self._client.state.name in ("ready", "unresponsive")

    async def ask(self, command: Command) -> Answer:
        """Send a command and wait for its answer; `Refused` says why there is none."""
        answer = await self._try(self._client.request(command))
        return Answer(answer.result, {k: np.asarray(v) for k, v in answer.arrays.items()})

    def tell(self, command: Command) -> None:
        """Send a command whose answer nobody waits for."""
        self._client.send(command)

    async def start(self) -> None:
        """Start the engine for the first time."""
        await self._try(self._client.start())

    async def restart(self) -> None:
        """Start the engine again, ending the one there is."""
        await self._try(self._client.restart())

    async def close(self, checkpoint: bool) -> None:
        """Let the engine save what runs, if so wished, and leave."""
        await self._try(self._client.stop(checkpoint=checkpoint))

    async def _try(self, work: Any) -> Any:
        try:
            return await work
        except (CommandFailed, EngineError) as error:
            raise Refused(error.info) from error
