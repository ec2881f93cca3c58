"""What the commands say: lines, tables, errors. The only place that writes to the terminal.

A name in what is said may come from a file of somebody else: whatever is written goes through
`studio.literal`, so that no control character reaches the terminal and a line stays one line.
"""

import shutil
import sys
import textwrap
import traceback
from collections.abc import Iterable, Sequence
from types import TracebackType

from studio.cli.output import put, put_error
from studio.literal import lines, one_line

__all__ = [
    "UsageError",
    "complain",
    "paragraph",
    "say",
    "show_errors_literally",
    "table",
    "width",
]


class UsageError(Exception):
    """The command line asks for something that does not exist; the message says what to do.

    ``more`` are lines below it, such as one for each setting that is wrong.
    """

    def __init__(self, message: str, *more: str) -> None:
        super().__init__(message)
        self.more = more


def say(text: str = "") -> None:
    """Write one line to the standard output."""
    put(one_line(text, None) + "\n")


def complain(message: str, *more: str) -> None:
    """Write an error to the standard error, and lines below it: a hint, or a list."""
    for line in (f"pushforward: {message}", *filter(None, more)):
        put_error(one_line(line, None) + "\n")


def show_errors_literally() -> None:
    """Let the traceback of an error that nobody expected name things harmlessly, too."""

    def write(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        put_error(lines("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = write


def width() -> int:
    """Columns of the terminal, within reason."""
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 160))


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> None:
    """Write rows in aligned columns; the last column wraps within the terminal's width."""
    body = [[*map(one_line, row[:-1]), row[-1]] for row in rows]
    lines = [list(head), *body] if head else body
    if not lines:
        return
    sizes = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    indent = sum(sizes[:-1]) + 2 * (len(sizes) - 1)
    # A narrow terminal gets long lines rather than a column of single words.
    room = max(width() - indent, 30)
    for number, line in enumerate(lines):
        wrapped = textwrap.wrap(line[-1], room) or [""]
        cells = [cell.ljust(size) for cell, size in zip(line[:-1], sizes, strict=False)]
        say("  ".join([*cells, wrapped[0]]).rstrip())
        for more in wrapped[1:]:
            say(" " * indent + more)
        if head and number == 0:
            say("  ".join("-" * size for size in [*sizes[:-1], min(sizes[-1], room)]))


def paragraph(text: str, indent: str = "") -> None:
    """Write a text wrapped to the terminal."""
    for line in textwrap.wrap(text, width(), initial_indent=indent, subsequent_indent=indent):
        say(line)
