"""Find known names that are spelt like an unknown one, and ask whether one of them was meant.

The only place for this: models, the store, the engine, the command line and the Python API use it.
"""

import difflib
from collections.abc import Iterable

__all__ = ["ask_whether", "find_nearest"]

CUTOFF = 0.6
"""The least similarity, as `difflib.SequenceMatcher.ratio` has it."""


def find_nearest(word: str, known: Iterable[str], n: int = 2, cutoff: float = CUTOFF) -> list[str]:
    """Return at most n known names that are spelt like a word, the nearest first. Capitals do not
    count.
    """
    names = {name.casefold(): name for name in reversed([str(each) for each in known])}
    return [names[near] for near in difflib.get_close_matches(word.casefold(), names, n, cutoff)]


def ask_whether(
    word: str, known: Iterable[str], otherwise: str = "", n: int = 2, *, sentence: bool = False
) -> str:
    """Return "did you mean a or b?" with the known names that are spelt like a word; ``otherwise``
    if none is. A ``sentence`` starts with a capital.
    """
    near = find_nearest(word, known, n)
    start = "Did" if sentence else "did"
    return f"{start} you mean {' or '.join(near)}?" if near else otherwise
