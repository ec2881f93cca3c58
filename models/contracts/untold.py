"""Rows of which nothing is given any more: what a model falls back on that is told no condition."""

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE

__all__ = ["UNTOLD", "untold", "untold_rows"]

UNTOLD = -1
"""The class of a row of which nothing is given."""


def untold(rows: Batch, where: Tensor | None = None) -> Batch:
    """Return rows without what is given of them: their class is `UNTOLD` and numbers are at their
    mean, which a class that is none tells apart from rows that are there. How many places a row has
    stays: its mask tells it anyway. ``where`` (n,) bool says of which rows; None for all.
    """
    given = {}
    for name, value in rows.given.items():
        nothing = torch.full_like(value, UNTOLD if name == LABEL else 0)
        if name == SIZE:
            given[name] = value
        elif where is None:
            given[name] = nothing
        else:
            given[name] = torch.where(where.reshape(-1, *(1,) * (value.ndim - 1)), nothing, value)
    return Batch(rows.x, rows.mask, given)


def untold_rows(rows: Batch | None) -> bool:
    """Whether there are rows whose class is `UNTOLD`."""
    return rows is not None and LABEL in rows.given and bool((rows.given[LABEL] < 0).any())
