"""The nearest training samples of others, by the declared distance of their data type."""

from collections.abc import Generator

import torch
from torch import Tensor

from models.contracts.batch import Batch
from models.contracts.data import RowSource
from models.metrics.base import Evidence, NotApplicable, check_finite
from models.metrics.memory.distance import features_of

__all__ = ["features", "nearest_two", "some_of", "trained_on"]

_ROWS, _COLUMNS = 256, 2048
_SHORTLIST = 4
"""Candidates whose distance is computed once more: the quick one loses digits where it is small."""


def trained_on(evidence: Evidence) -> RowSource:
    """Return what was learned from.

    Raises:
        NotApplicable: nobody knows, or there are fewer than two.
    """
    if evidence.train is None or len(evidence.train) < 2:
        raise NotApplicable("it looks for the nearest training samples, and needs two of them")
    return evidence.train


def features(rows: Batch, train: RowSource) -> Tensor:
    """Return the features (n, d) by which samples are compared with training data.

    Raises:
        ValueError: the samples have another shape than the training data.
        ArithmeticError: a feature is not finite.
    """
    spec = train.spec()
    if tuple(rows.x.shape[1:]) != tuple(spec.shape):
        raise ValueError(
            f"samples and training data must have one shape, got {tuple(rows.x.shape[1:])} and "
            f"{tuple(spec.shape)}"
        )
    found = features_of(spec)(rows)
    check_finite(found, "samples")
    return found


def some_of(rows: Batch, most: int, generator: torch.Generator) -> Batch:
    """Return at most so many samples, chosen at random."""
    if len(rows) <= most:
        return rows
    return rows.take(torch.randperm(len(rows), generator=generator)[:most])


def nearest_two(x: Tensor, train: RowSource) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Return the distances of each of x, `features` (n, d), to its two nearest training samples,
    (n, 2), the nearest first, and which they are, (n, 2); yields between pieces.

    Training data are read a piece at a time.
    """
    compared = features_of(train.spec())
    distances, rows = [], []
    for start in range(0, len(x), _ROWS):
        some = x[start : start + _ROWS].cpu()
        best = torch.full((len(some), _SHORTLIST), torch.inf)
        which = torch.zeros((len(some), _SHORTLIST), dtype=torch.int64)
        for first in range(0, len(train), _COLUMNS):
            there = compared(train.rows(slice(first, first + _COLUMNS)))
            far = torch.cdist(some, there, compute_mode="use_mm_for_euclid_dist")
            all_far = torch.cat([best, far], dim=1)
            all_rows = torch.cat([which, (first + torch.arange(len(there))).expand_as(far)], dim=1)
            best, kept = all_far.topk(_SHORTLIST, dim=1, largest=False)
            which = all_rows.gather(1, kept)
            yield
        # In the order of the training data, so that of equally near ones the first is named.
        found = which[:, : min(_SHORTLIST, len(train))].sort(dim=1).values
        exact = torch.stack(
            [
                (some - compared(train.rows(column))).double().norm(dim=1)
                for column in found.unbind(dim=1)
            ],
            dim=1,
        )
        order = exact.argsort(dim=1, stable=True)[:, :2]
        distances.append(exact.gather(1, order))
        rows.append(found.gather(1, order))
    return torch.cat(distances), torch.cat(rows)
