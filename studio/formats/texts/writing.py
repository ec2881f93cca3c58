"""Texts as files: a line each."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.store.atomic import write_text

__all__ = ["spelled", "write_texts"]

_CONTROL = {c: " " for c in range(32)} | {0: "\u25a1"}  # a place without a character is a box


def spelled(row: NDArray[Any]) -> str:
    """Return the text of numbers of characters (L,), in one line."""
    return "".join(map(chr, row.tolist())).translate(_CONTROL)


def write_texts(path: Path, x: NDArray[Any]) -> None:
    """Write texts (n, L), a line each."""
    write_text(path, "".join(f"{spelled(np.asarray(row))}\n" for row in x))
