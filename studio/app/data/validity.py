"""How it is said whether a datum is valid, so that it is found by that word, too. Pure."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["VALID", "VALIDITY", "validity", "why_of"]

VALIDITY, VALID, INVALID = "Validity", "valid", "invalid"


def validity(why: NDArray[Any]) -> NDArray[np.str_]:
    """Return "valid", or "invalid: 2 pieces", of data by what is wrong with each, (n,): "" where
    nothing is.
    """
    why = np.asarray(why, str)
    return np.asarray(np.where(why == "", VALID, np.char.add(f"{INVALID}: ", why)), str)


def why_of(said: str) -> str:
    """Return why a sample is invalid, "" if it is valid."""
    return said.removeprefix(f"{INVALID}: ") if said.startswith(INVALID) else ""
