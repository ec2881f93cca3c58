"""What the commands say: lines, tables, errors. `studio.cli.output` writes them, harmlessly."""

import difflib
import itertools
import re
import shutil
import sys
import textwrap
import traceback
from collections.abc import Iterable, Sequence
from types import TracebackType

from pushforward.studio.cli.output import put_line, put_lines
from pushforward.studio.literal import one_line

__all__ = [
    "UsageError",
    "complain",
    "nearest",
    "paragraph",
    "say",
    "show_errors_literally",
    "table",
    "width",
]


class UsageError(Exception):
    """The command line names something that does not exist; the message says what to do. ``more``
    are further lines, for example one per invalid setting.
    """

    def __init__(self, message: str, *more: str) -> None:
        super().__init__(message)
        self.more = more


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known words that are spelt most like another, as "one or other"; "" for none."""
    return " or ".join(difflib.get_close_matches(word, list(known), n=2))


def say(text: str = "") -> None:
    """Write one line to the standard output."""
    put_line(text)


def complain(message: str, *more: str) -> None:
    """Write an error to the standard error, and lines below it: a hint, or a list."""
    for line in (f"pushforward: {message}", *filter(None, more)):
        put_line(line, sys.stderr)


def show_errors_literally() -> None:
    """Print tracebacks of unexpected errors without control characters."""

    def write(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        put_lines("".join(traceback.format_exception(kind, error, trace)), sys.stderr)

    sys.excepthook = write


def width() -> int:
    """Columns of the terminal, within reason."""
    return max(60, min(shutil.get_terminal_size((100, 24)).columns, 160))


def table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> None:
    """Write rows in aligned columns within the width of the terminal. The last column wraps, and so
    do the widest of the others where it would have no room beside them; the first never does. No
    word of the head is broken.
    """
    body = [[*map(one_line, row[:-1]), row[-1]] for row in rows]
    shown = [list(head), *body] if head else body
    if not shown:
        return
    columns = range(len(shown[0]))
    words = [max((len(w) for w in re.findall(r"[^ -]+-?", cell)), default=1) for cell in head]
    sizes = _fitted([max(len(line[i]) for line in shown) for i in columns], words)
    for number, line in enumerate(shown):
        wrapped = [textwrap.wrap(cell, size) for cell, size in zip(line, sizes, strict=True)]
        for cells in itertools.zip_longest(*wrapped, fillvalue=""):
            each = zip(cells, sizes, strict=True)
            say("  ".join(cell.ljust(size) for cell, size in each).rstrip())
        if head and number == 0:
            say("  ".join("-" * size for size in sizes))


def _fitted(sizes: list[int], words: Sequence[int] = ()) -> list[int]:
    """Return the widths of columns that fit side by side into the terminal: the widest but the
    first are made narrower, the last to 24 characters and the others to 8 at least, or to the
    longest of their ``words``.
    """
    found, gaps = [max(1, size) for size in sizes], 2 * (len(sizes) - 1)
    least = [*found[:1], *(min(size, 8) for size in found[1:-1]), min(found[-1], 24)][-len(found) :]
    least = [max(low, word) for low, word in zip(least, words or [0] * len(least), strict=True)]
    found[-1] = max(least[-1], min(found[-1], width() - gaps - sum(found[:-1])))
    while sum(found) + gaps > width():
        spare = [size - low for size, low in zip(found, least, strict=True)]
        if max(spare[:-1], default=0) <= 0:
            break  # a narrow terminal gets long lines rather than columns of single letters
        found[max(range(len(found) - 1), key=lambda i: (spare[i] > 0, found[i]))] -= 1
    return found


def paragraph(text: str, indent: str = "") -> None:
    """Write a text wrapped to the terminal."""
    for line in textwrap.wrap(text, width(), initial_indent=indent, subsequent_indent=indent):
        say(line)
