"""The log of one run: ``log.txt`` in its folder, and `Log` events."""

import logging
from datetime import datetime
from pathlib import Path

from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.messages import Log
from pushforward.studio.store import lines
from pushforward.studio.store.errors import StoreError

__all__ = ["RunLog"]

_log = logging.getLogger(__name__)


class RunLog:
    """Writes lines for people: when, how serious, what."""

    def __init__(self, path: Path, sink: Sink, job: str) -> None:
        self._path = path
        self._sink = sink
        self._job = job

    def write(self, level: str, text: str) -> None:
        """Append a line; ``level`` is "info", "warning" or "error". A name in it makes no
        second one.

        A full disk must not turn a message about it into a second failure.
        """
        text = one_line(text, None)
        self._sink.send(Log(level=level, text=text, job=self._job))
        stamp = datetime.now().astimezone().isoformat(timespec="seconds")
        try:
            lines.append(self._path, f"{stamp} {level}: {text}".encode())
        except StoreError as error:
            _log.warning("%s", error)
