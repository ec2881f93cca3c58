"""What the commands say: lines, tables, errors. `studio.cli.output` writes them, harmlessly."""

import shutil
import sys
import textwrap
import traceback
from collections.abc import Iterable, Sequence
from types import TracebackType

from studio.cli.output import put_line, put_lines
from studio.literal import one_line

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
    put_line(text)


def complain(message: str, *more: str) -> None:
    """Write an error to the standard error, and lines below it: a hint, or a list."""
    for line in (f"pushforward: {message}", *filter(None, more)):
        put_line(line, sys.stderr)


def show_errors_literally() -> None:
    """Let the traceback of an error that nobody expected name things harmlessly, too."""

    def write(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        put_lines("".join(traceback.format_exception(kind, error, trace)), sys.stderr)

    sys.excepthook = write


def width() -> int:
    """Columns of the terminal, within reason."""
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 160))


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> None:
    """Write rows in aligned columns; the last column wraps within the terminal's width."""
    body = [[*map(one_line, row[:-1]), row[-1]] for row in rows]
    shown = [list(head), *body] if head else body
    if not shown:
        return
    sizes = [max(len(line[i]) for line in shown) for i in range(len(shown[0]))]
    indent = sum(sizes[:-1]) + 2 * (len(sizes) - 1)
    # A narrow terminal gets long lines rather than a column of single words.
    room = max(width() - indent, 30)
    for number, line in enumerate(shown):
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
