"""The transport to an engine on another computer, which counts its bytes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pushforward.studio.app.engine.process_transport import EngineProcess
from pushforward.studio.client.transport import Handlers
from pushforward.studio.protocol.wire import Buffer

__all__ = ["RemoteTransport", "TrafficCounter"]


class TrafficCounter:
    """Bytes that were sent and received, over all connections."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, data: Buffer) -> None:
        """Count some bytes."""
        self.total += len(data)


class RemoteTransport(EngineProcess):
    """An `EngineProcess` whose traffic is counted."""

    def __init__(self, command: Sequence[str], counter: TrafficCounter) -> None:
        super().__init__(command)
        self._counter = counter

    async def start(self, handlers: Handlers) -> None:
        def count(data: Buffer) -> None:
            self._counter.add(data)
            handlers.on_bytes(data)

        await super().start(replace(handlers, on_bytes=count))

    def write(self, parts: Iterable[Buffer]) -> None:
        sent = list(parts)
        for part in sent:
            self._counter.add(part)
        super().write(sent)
