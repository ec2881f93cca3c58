"""Forward log records to the window."""

import logging

from pushforward.studio.engine.process.streams import Outbox
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.messages import Log

__all__ = ["OutboxHandler"]


class OutboxHandler(logging.Handler):
    """Sends records as `Log` events: our own from "info" on, those of libraries from "warning"."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(logging.INFO)
        self._outbox = outbox

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        ours = record.name.partition(".")[0] == "pushforward"
        if not ours and record.levelno < logging.WARNING:
            return
        level = "info"
        if record.levelno >= logging.ERROR:
            level = "error"
        elif record.levelno >= logging.WARNING:
            level = "warning"
        self._outbox.send(Log(level=level, text=one_line(record.getMessage(), None)))
