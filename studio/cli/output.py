"""The standard streams of a command: the only place that writes to the terminal.

Names may come from other people's files, so all output goes through `studio.literal`: no control
character reaches the terminal, and a line stays one line. Streams may end before the work (``|
head``, a full disk, a closed terminal): output is then dropped and the work continues. Only if
output failed, rather than was unwanted, is the status at least 1.
"""

import errno
import os
import sys
from typing import TextIO

from pushforward.studio.literal import lines, one_line

__all__ = [
    "absent",
    "end_line",
    "failed",
    "put_line",
    "put_lines",
    "put_rendered",
    "rewrite_line",
    "secure",
]

_failures: list[str] = []
_closed: list[str] = []


def secure() -> None:
    """Make sure at the start that the three streams are there.

    One that the caller has closed would give its number to the next file that is opened, and a
    stray print would go into that.
    """
    _failures.clear()
    _closed.clear()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            _closed.append(name)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8"))


def put_line(text: str, stream: TextIO | None = None) -> None:
    """Write one line to the standard output, or another stream."""
    _write(one_line(text, None) + "\n", stream)


def put_lines(text: str, stream: TextIO | None = None) -> None:
    """Write a text with trusted line feeds, such as help or a traceback."""
    _write(lines(text), stream)


def put_rendered(text: str, stream: TextIO | None = None) -> None:
    """Write lines that `studio.workflows.tables` rendered: they may hold its own escape codes, and
    no others.
    """
    _write(text + "\n", stream)


def rewrite_line(text: str, stream: TextIO | None = None) -> None:
    """Write over the line that the cursor is in, and stay in it."""
    _write("\r" + one_line(text, None), stream)


def end_line(stream: TextIO | None = None) -> None:
    """Go to the next line."""
    _write("\n", stream)


def failed() -> bool:
    """Return whether wanted output was lost."""
    return bool(_failures)


def _write(text: str, stream: TextIO | None) -> None:
    """Write at once; drop what cannot be written, and say so where it is not an error itself."""
    stream = stream or sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _silence(stream)
        if stream is not sys.stderr and not _is_closed_pipe(error):
            reason = error.strerror or str(error)
            _failures.append(reason)
            put_line(f"pushforward: the output could not be written ({reason})", sys.stderr)


def absent() -> bool:
    """Whether the command was begun without a standard output."""
    return "stdout" in _closed


def _silence(stream: TextIO) -> None:
    """Redirect a stream and its buffer to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _is_closed_pipe(error: OSError) -> bool:
    # Windows has another name for it.
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
