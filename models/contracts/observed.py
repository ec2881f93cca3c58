"""What is known of the numbers of a row before it is made: some of them, and which."""

from dataclasses import replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec, Given

__all__ = ["OBSERVED", "VALUES", "beside", "observing", "telling"]

OBSERVED = "observed"
"""The name under which it is given which numbers of a row are known, (n, *shape), 0 or 1."""

VALUES = "values"
"""The name under which these numbers are given, standardised, 0 where they are not known."""


def observing(rows: Batch, values: Tensor, observed: Tensor) -> Batch:
    """Return rows of which some numbers are known: ``values`` where ``observed``, (n, *shape)."""
    seen = observed.to(rows.x)
    # What is not known may be any number, and none.
    known = torch.where(observed > 0, values.to(rows.x), 0.0)
    return replace(rows, given={**rows.given, OBSERVED: seen, VALUES: known})


def telling(rows: Batch) -> Batch:
    """Return rows that say what is known of them, nothing where they do not say."""
    if OBSERVED in rows.given:
        return rows
    nothing = torch.zeros_like(rows.x)
    return observing(rows, nothing, nothing)


def beside(spec: DataSpec) -> DataSpec:
    """Return what a network is told about data of which it also sees what is known."""
    known = Given(shape=spec.shape)
    return replace(spec, given={**spec.given, OBSERVED: known, VALUES: known})
