"""Drop the conditions of rows, for the unconditional prediction of a conditional model."""

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE

__all__ = ["UNCONDITIONAL", "drop_conditions", "has_unconditional_rows"]

UNCONDITIONAL = -1
"""The class of a row without a condition."""


def drop_conditions(rows: Batch, where: Tensor | None = None) -> Batch:
    """Return the rows with their conditions removed: class `UNCONDITIONAL`, numbers at their mean.

    The size of a row stays, since its mask shows it anyway.

    Args:
        rows: a batch with or without conditions.
        where: (n,) bool, the rows to change; None for all.
    """
    given = {}
    for name, value in rows.given.items():
        nothing = torch.full_like(value, UNCONDITIONAL if name == LABEL else 0)
        if name == SIZE:
            given[name] = value
        elif where is None:
            given[name] = nothing
        else:
            given[name] = torch.where(where.reshape(-1, *(1,) * (value.ndim - 1)), nothing, value)
    return Batch(rows.x, rows.mask, given)


def has_unconditional_rows(rows: Batch | None) -> bool:
    """Return whether any row has the class `UNCONDITIONAL`."""
    return rows is not None and LABEL in rows.given and bool((rows.given[LABEL] < 0).any())
