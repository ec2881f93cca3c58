"""Write CSV tables whose texts may come from any source."""

import csv
import io
from collections.abc import Iterable, Sequence

__all__ = ["harmless", "with_commas"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def with_commas(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Return a table as text, its head first; see `harmless` for words that are not ours."""
    made = io.StringIO()
    table = csv.writer(made, lineterminator="\n")
    table.writerow(head)
    table.writerows(lines)
    return made.getvalue()


def harmless(word: str) -> str:
    """Return a word that no spreadsheet takes for a formula: behind an apostrophe where it begins
    as one.
    """
    return f"'{word}" if word[:1] in _FORMULA else word
