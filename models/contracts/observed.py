"""Conditions of a model that completes rows: the observed numbers and where they are."""

from dataclasses import replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec, Given

__all__ = ["OBSERVED", "VALUES", "add_observed_inputs", "fill_observed", "set_observed"]

OBSERVED = "observed"
"""The name under which it is given which numbers of a row are known, (n, *shape), 0 or 1."""

VALUES = "values"
"""The name under which these numbers are given, standardised, 0 where they are not known."""


def set_observed(rows: Batch, values: Tensor, observed: Tensor) -> Batch:
    """Return rows conditioned on ``values`` where ``observed``, both (n, *shape)."""
    seen = observed.to(rows.x)
    # What is not known may be any number, and none.
    known = torch.where(observed > 0, values.to(rows.x), 0.0)
    return replace(rows, given={**rows.given, OBSERVED: seen, VALUES: known})


def fill_observed(rows: Batch) -> Batch:
    """Return rows with the conditions of `set_observed`; nothing is observed unless they say so."""
    if OBSERVED in rows.given:
        return rows
    nothing = torch.zeros_like(rows.x)
    return set_observed(rows, nothing, nothing)


def add_observed_inputs(spec: DataSpec) -> DataSpec:
    """Return the spec with the observed numbers as further conditions."""
    known = Given(shape=spec.shape)
    return replace(spec, given={**spec.given, OBSERVED: known, VALUES: known})
