"""The standard streams of a command, which may end before its work does.

A reader may have seen enough (``| head``), a disk may be full, a terminal may be closed. None of
that ends the work: what cannot be written is dropped from then on, and the status of the command
is that of its work. Only where the output failed (rather than was no longer wanted) is that said,
and the status is 1 at least.
"""

import errno
import os
import sys
from typing import TextIO

__all__ = ["absent", "failed", "put", "put_error", "secure"]

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


def put(text: str, stream: TextIO | None = None) -> None:
    """Write to the standard output (or another stream) at once; drop what cannot be written."""
    stream = stream or sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _silence(stream)
        if not _is_closed_pipe(error):
            reason = error.strerror or str(error)
            _failures.append(reason)
            put_error(f"pushforward: the output could not be written ({reason})\n")


def put_error(text: str) -> None:
    """Write to the standard error; drop what cannot be written."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _silence(sys.stderr)


def failed() -> bool:
    """Whether some of the output is lost that somebody may have wanted."""
    return bool(_failures)


def absent() -> bool:
    """Whether the command was begun without a standard output."""
    return "stdout" in _closed


def _silence(stream: TextIO) -> None:
    """Let a stream lead nowhere, also what is still in its buffer."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _is_closed_pipe(error: OSError) -> bool:
    # Windows has another name for it.
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
