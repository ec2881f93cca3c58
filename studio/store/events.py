"""Edits made during a run: ``events.jsonl``, append-only."""

import time
from pathlib import Path
from typing import Any

import msgspec

from pushforward.studio.store import lines

__all__ = ["EventLog", "RunEvent"]


class RunEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a run: when (unix seconds), at which step, what.

    kind: "started", "paused", "resumed", "edited" (``data`` is the edit), "branched" (the first
    event of a branch), ...; ``data`` is plain JSON.
    """

    kind: str
    step: int = 0
    time: float = msgspec.field(default_factory=time.time)
    data: dict[str, Any] = {}


class EventLog:
    """Append-only events of one run."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def append(self, kind: str, step: int = 0, /, **data: Any) -> RunEvent:
        """Append an event that happens now, and return it.

        Raises:
            StoreError: the disk refused.
        """
        event = RunEvent(kind=kind, step=step, data=data)
        lines.append(self.path, msgspec.json.encode(event))
        return event

    def sync(self) -> None:
        """Force what was appended to the disk.

        Raises:
            StoreError: the disk refused.
        """
        lines.sync(self.path)

    def read(self) -> list[RunEvent]:
        """Return all events in order; damaged lines are left out."""
        events = []
        for line in lines.complete(self.path)[0]:
            try:
                events.append(msgspec.json.decode(line, type=RunEvent))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
        return events
