"""The error of a request that names something that does not exist, and spelling hints."""

import difflib
from collections.abc import Iterable

__all__ = ["UsageError", "nearest"]


class UsageError(Exception):
    """The request names something that does not exist; the message says what to do. ``more`` are
    further lines, for example one per invalid setting.
    """

    def __init__(self, message: str, *more: str) -> None:
        super().__init__(message)
        self.more = more


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known words that are spelt most like another, as "one or other"; "" for none."""
    return " or ".join(difflib.get_close_matches(word, list(known), n=2))
