"""What the commands say: lines, tables, errors. `studio.cli.output` writes them, harmlessly."""

import os
import shutil
import sys
import textwrap
import traceback
from collections.abc import Iterable, Sequence
from types import TracebackType

from pushforward.studio.cli.output import put_line, put_lines, put_rendered

__all__ = [
    "complain",
    "paragraph",
    "say",
    "show_errors_literally",
    "table",
    "width",
]


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


def table(
    rows: Iterable[Sequence[str]], head: Sequence[str] = (), *, one_line_rows: bool = False
) -> None:
    """Write rows in aligned columns: in a terminal within its width, elsewhere a line a row.

    Args:
        rows: the cells.
        head: titles of the columns.
        one_line_rows: cut what does not fit into the terminal, instead of wrapping it.
    """
    # rich takes as long to import as the window needs for its first picture.
    from pushforward.studio.workflows.tables import UNLIMITED, render_table

    terminal = sys.stdout.isatty()
    shown = render_table(
        rows,
        head,
        width=width() if terminal else UNLIMITED,
        one_line_rows=one_line_rows,
        styled=terminal and "NO_COLOR" not in os.environ,
    )
    if shown:
        put_rendered(shown)


def paragraph(text: str, indent: str = "", hanging: str = "") -> None:
    """Write a text wrapped to the terminal; its lines but the first are indented further."""
    wrapped = textwrap.wrap(
        text,
        width(),
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        break_on_hyphens=False,
    )
    for line in wrapped:
        say(line)
