"""Text in the characters of one alphabet: folded, piece by piece, and cut."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["LETTERS", "AlphabetName", "cut", "folded", "tidy"]

AlphabetName = Literal["letters", "written"]
LETTERS = " abcdefghijklmnopqrstuvwxyz"
"""The alphabet of "letters": all else is a blank."""
_OTHERS = re.compile("[^a-z]+")
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
