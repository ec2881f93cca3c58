"""Where a job's events go: the writer thread of the engine, or a callback of a headless run."""

from collections.abc import Callable, Iterable
from typing import Protocol

from pushforward.studio.protocol.messages import Event, Record
from pushforward.studio.protocol.wire import Buffer

__all__ = ["CallbackSink", "Sink"]


class Sink(Protocol):
    """What a job needs to be heard; `studio.engine.process.streams.Outbox` is one."""

    def send(self, event: Event, payload: Iterable[Buffer] = ()) -> None:
        """Send an event, in order."""

    def offer(self, record: Record, payload: list[Buffer]) -> None:
        """Offer a record, which replaces an older one that was not sent yet."""

    def wants(self, job: str) -> bool:
        """Whether a record offered now would be sent."""


class CallbackSink:
    """Sink that passes events to a function and requests no records."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event

    def send(self, event: Event, payload: Iterable[Buffer] = ()) -> None:
        """Hand the event over."""
        self._on_event(event)

    def offer(self, record: Record, payload: list[Buffer]) -> None:
        """Ignore the record."""

    def wants(self, job: str) -> bool:
        """Never."""
        return False
