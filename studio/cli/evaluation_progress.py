"""The progress of a measurement on a terminal: which piece is under way, and how long it takes."""

import sys
import time
from typing import TextIO

from pushforward.studio.cli.output import put_line
from pushforward.studio.cli.progress import duration
from pushforward.studio.cli.status_line import RewrittenLine, bar
from pushforward.studio.protocol.messages import Event, Progress

__all__ = ["MeasureBar"]


class MeasureBar:
    """Draws how far a measurement is, unless it is ``quiet``, where a line can be rewritten.
    Elsewhere one line at the start and one at the end go to the standard error.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        """``stream`` is where to; the standard output if None."""
        self._line = RewrittenLine(stream)
        self._shown = self._line.rewrites and not quiet
        self._began = time.monotonic()
        if not self._shown:
            put_line("Measuring. The result follows.", sys.stderr)

    def on_event(self, event: Event) -> None:
        """Take an event."""
        if self._shown and isinstance(event, Progress):
            self._line.show(lambda: _text(event), last=event.step >= event.total)

    def look(self) -> bool:
        """Return False: a measurement is not stopped from here."""
        return False

    def close(self) -> None:
        """End the line; where none was drawn, say how long it took."""
        self._line.close()
        if not self._shown:
            put_line(f"Measured in {time.monotonic() - self._began:.1f} s.", sys.stderr)


def _text(progress: Progress) -> str:
    parts = [bar(progress.step / max(progress.total, 1)), progress.doing]
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return "  ".join(filter(None, parts))
