"""A line on how far something is: rewritten on a terminal, elsewhere a new one now and then."""

import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from pushforward.studio.cli.output import end_line, put_line, rewrite_line
from pushforward.studio.cli.terminal import width
from pushforward.studio.literal import one_line

__all__ = ["RewrittenLine", "StatusLine", "bar"]

BAR = 24
PLAIN_SECONDS = 10.0  # between two lines where the output is no terminal


def bar(share: float) -> str:
    """Return a share in [0, 1] as " 50% ############............"."""
    full = round(BAR * share)
    return f"{share:4.0%} {'#' * full}{'.' * (BAR - full)}"


class StatusLine(Protocol):
    """A line that shows the newest of many texts."""

    def show(self, text: Callable[[], str], last: bool = False) -> None: ...

    def line(self, text: str) -> None: ...

    def close(self) -> None: ...


class RewrittenLine:
    """Shows the newest of many texts.

    Args:
        stream: where to; the standard output if None.
        clock: seconds.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream or sys.stdout
        self._clock = clock
        self._shown: float | None = None
        self._open = False
        self.rewrites = self._stream.isatty()

    def show(self, text: Callable[[], str], last: bool = False) -> None:
        """Show a text, which is made if it is shown; the ``last`` one always is."""
        if self.rewrites:
            room = width() - 1
            # Cut as it is seen: what is written out is longer.
            rewrite_line(one_line(text(), None)[:room].ljust(room), self._stream)
            self._open = True
            return
        now = self._clock()
        if last or self._shown is None or now - self._shown >= PLAIN_SECONDS:
            self._shown = now
            put_line(text(), self._stream)

    def line(self, text: str) -> None:
        """Write a line above it."""
        self.close()
        put_line(text, self._stream)

    def close(self) -> None:
        """End the line."""
        if self._open:
            end_line(self._stream)
            self._open = False
