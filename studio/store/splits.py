"""Training, validation and test split.

The split of a row is a function of the seed and its number, the same in every process and version,
and unaffected by added rows. For several classes, each imported from its own file, the number may
count within the class: a class is then split alike with or without the others, so models of one and
of all classes can be compared. A published test set is the last rows; then only the validation
split is drawn.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST", "SHARES", "Split", "check_split", "shares", "split_rows"]

FEWEST = 10
"""Rows that a data set must have: of fewer nothing would be left to learn from or to measure with.
"""
SHARES = ("train", "validation", "test")
"""The names of the shares; `shares` gives their places in this order."""

_WORD = 2**64 - 1
_GAMMA = 0x9E3779B97F4A7C15
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_AT_ONCE = 2**20


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Fractions of validation and test rows; the others are for training.

    ``within`` names an integer part, such as "label", within whose values rows are counted; ""
    counts all. ``last`` rows at the end are the published test set, replacing a fraction; 0 if
    there is none.
    """

    seed: int = 0
    validation: float = 0.1
    test: float = 0.1
    within: str = ""
    last: int = 0


"""No row is held out, as in data sets of format 1."""


def check_split(split: Split) -> None:
    """Make sure that the fractions are some.

    Raises:
        ValueError: one is negative or not a number, or nothing is left to train on.
    """
    held = split.validation + split.test
    if not (split.validation >= 0 and split.test >= 0 and held < 1):
        raise ValueError(
            f"validation {split.validation} and test {split.test} must be fractions that leave "
            "rows to train on"
        )
    if split.last < 0:
        raise ValueError(f"{split.last} rows at the end cannot test")
    if not 0 <= split.seed <= _WORD:
        raise ValueError(f"the seed of a split must be in [0, 2^64), got {split.seed}")


def shares(rows: int, split: Split, values: NDArray[Any] | None = None) -> NDArray[np.uint8]:
    """Return the share (n,) of each row, as its place in `SHARES`; ``values`` (n,) are those of the
    part that ``split.within`` names.

    Raises:
        ValueError: the fractions are none, or there are no values to count within.
    """
    check_split(split)
    if split.last and split.last >= rows:
        raise ValueError(f"of {rows} rows the last {split.last} test, and none is left")
    if bool(split.within) != (values is not None) or (values is not None and len(values) != rows):
        raise ValueError(f"rows are counted within {split.within!r}, of which there must be {rows}")
    parts = list(_uniform(rows, split.seed))
    u = np.concatenate(parts) if parts else np.empty(0)
    test = 0.0 if split.last else split.test
    found = np.where(u < test, 2, np.where(u < test + split.validation, 1, 0)).astype(np.uint8)
    found = found if values is None else found[_numbered(values)]
    found[rows - split.last :] = SHARES.index("test")
    return found


def split_rows(
    rows: int, split: Split, share: str, values: NDArray[Any] | None = None
) -> NDArray[np.int64]:
    """Return the numbers of the rows of one of `SHARES`, ascending; ``values`` as in `shares`.

    Raises:
        ValueError: there is no such share.
    """
    return np.flatnonzero(shares(rows, split, values) == SHARES.index(share)).astype(np.int64)


def _numbered(values: NDArray[Any]) -> NDArray[np.int64]:
    """Return the number of each row among those of its value, from 0."""
    order = np.argsort(values, kind="stable")
    _, counts = np.unique(values, return_counts=True)
    numbers = np.empty(len(values), np.int64)
    numbers[order] = np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers


def _uniform(rows: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield a number in [0, 1) per row: SplitMix64 (Steele, Lea and Flood, 2014), its i-th draw for
    row i.
    """
    start = np.uint64(_mixed(seed))
    for first in range(0, rows, _AT_ONCE):
        z = np.arange(first + 1, min(first + _AT_ONCE, rows) + 1, dtype=np.uint64)
        z = z * np.uint64(_GAMMA) + start
        z = (z ^ (z >> np.uint64(30))) * _FIRST
        z = (z ^ (z >> np.uint64(27))) * _SECOND
        bits = (z ^ (z >> np.uint64(31))) >> np.uint64(11)
        yield bits.astype(np.float64) * 2.0**-53


def _mixed(seed: int) -> int:
    """Set the streams of neighbouring seeds apart."""
    z = (seed + _GAMMA) & _WORD
    z = (z ^ (z >> 30)) * int(_FIRST) & _WORD
    z = (z ^ (z >> 27)) * int(_SECOND) & _WORD
    return z ^ (z >> 31)
