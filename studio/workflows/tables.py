"""Tables of texts, laid out by rich: for the command line and for the objects of the API."""

import io
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pushforward.studio.literal import one_line

__all__ = ["UNLIMITED", "render_table"]

UNLIMITED = 100_000
"""A width at which no cell is wrapped or cut."""


def render_table(
    rows: Iterable[Sequence[str]],
    head: Sequence[str] = (),
    *,
    width: int = UNLIMITED,
    one_line_rows: bool = False,
    styled: bool = False,
) -> str:
    """Return aligned columns of texts, one row after the other.

    Args:
        rows: the cells. Control characters are shown, not obeyed.
        head: titles of the columns; no word of them is broken.
        width: at most this number of characters. The first column is never narrowed.
        one_line_rows: cut cells that do not fit with an ellipsis, instead of wrapping them.
        styled: with the escape codes of a terminal.
    """
    body = [[*map(one_line, row[:-1]), one_line(row[-1], None)] for row in rows]
    if not body and not head:
        return ""
    table = Table(
        box=_BOX,
        show_edge=False,
        show_header=bool(head),
        pad_edge=False,
        padding=(0, _GAP, 0, 0),
        header_style="bold" if styled else "",
    )
    least = [max((len(row[0]) for row in [*body, head] if row), default=1)]
    for index in range(len(head) or len(body[0])):
        title = head[index] if head else ""
        if index:
            least.append(max(map(len, title.split()), default=1))
        table.add_column(Text(title), no_wrap=not index, overflow="fold", min_width=least[-1])
    # A narrow terminal gets long lines rather than columns of single letters.
    width = max(width, sum(least) + _GAPS * len(least))
    cut = {"no_wrap": True, "overflow": "ellipsis"} if one_line_rows else {}
    for row in body:
        first, *others = row
        table.add_row(Text(first), *(Text(cell, **cut) for cell in others))  # type: ignore[arg-type]
    stream = io.StringIO()
    console = Console(
        file=stream, width=width, force_terminal=styled, legacy_windows=False, _environ={}
    )
    console.print(table, soft_wrap=False)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


_GAP = 1
_GAPS = _GAP + 1  # with the divider
_BOX = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
"""A line below the head, and nothing else."""
