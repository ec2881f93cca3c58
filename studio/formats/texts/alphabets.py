"""Text in the characters of one alphabet: folded, piece by piece, and cut."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["LETTERS", "AlphabetName", "changed", "cut", "folded", "tidy"]

AlphabetName = Literal["letters", "written"]
LETTERS = " abcdefghijklmnopqrstuvwxyz"
"""The alphabet of "letters": all else is a blank."""
_OTHERS = re.compile("[^a-z]+")
_NAMED = 6  # characters that a note names
_BLANKS = re.compile(r"\s+")


def folded(pieces: Iterable[str], alphabet: AlphabetName) -> Iterator[str]:
    """Yield a text, which comes in pieces, with its white space as single blanks and none at its
    beginning or end; of "letters" small ones from a to z without accents, and all others as blanks.
    """
    after = ""  # a blank that is owed, if anything follows
    begun = False
    for piece in pieces:
        found = tidy(piece, alphabet)
        bare = found.strip(" ")
        if bare:
            before = " " if begun and (after or found.startswith(" ")) else ""
            yield before + bare
            begun, after = True, " " if found.endswith(" ") else ""
        elif found:
            after = " "


def tidy(text: str, alphabet: AlphabetName) -> str:
    """Return a text with runs of white space as one blank; see `folded`."""
    if alphabet == "letters":
        plain = unicodedata.normalize("NFKD", text)
        bare = "".join(c for c in plain if not unicodedata.combining(c))
        return _OTHERS.sub(" ", bare.lower())
    shown = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
    return _BLANKS.sub(" ", shown)


def changed(found: Mapping[str, int], alphabet: AlphabetName) -> list[str]:
    """Describe what `tidy` changes, from the count of each character: the most frequent ones that
    lose accents or are removed.
    """
    other = {c: n for c, n in found.items() if not c.isspace() and c.lower() not in LETTERS}
    lost = {c: n for c, n in other.items() if not tidy(c, alphabet).strip()}
    bare = {c: n for c, n in other.items() if c not in lost and alphabet == "letters"}
    gone = "become blanks" if alphabet == "letters" else "are removed: they cannot be displayed"
    return [*_describe_characters(bare, "lose their accents"), *_describe_characters(lost, gone)]


def _describe_characters(some: Mapping[str, int], what: str) -> list[str]:
    if not some:
        return []
    first = sorted(some.items(), key=lambda each: -each[1])[:_NAMED]
    named = ", ".join(f"{c if c.isprintable() else repr(c)[1:-1]} {n:,}" for c, n in first)
    more = f", and {len(some) - len(first):,} more" if len(some) > len(first) else ""
    return [f"{sum(some.values()):,} characters {what}: {named}{more}."]


def cut(text: Iterable[str], length: int, step: int) -> Iterator[NDArray[np.int32]]:
    """Yield the pieces of a text (n, L), each ``step`` characters after the one before, as numbers
    of characters in Unicode, some at a time.
    """
    left = ""
    for part in text:
        left += part
        count = (len(left) - length) // step + 1
        if count <= 0:
            continue
        numbers = np.frombuffer(left.encode("utf-32-le"), np.int32)
        yield np.lib.stride_tricks.sliding_window_view(numbers, length)[::step][:count].copy()
        left = left[count * step :]
