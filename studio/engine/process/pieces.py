"""Work that is done piece by piece, so that others can work between two of them."""

from collections.abc import Generator
from typing import Any, TypeVar

__all__ = ["in_pieces"]

T = TypeVar("T")


def in_pieces(work: Generator[Any, None, T]) -> Generator[bool, None, T]:
    """Run a generator, yield False between its pieces, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: T = end.value
            return found
        yield False
