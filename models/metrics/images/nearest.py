"""Which training images are nearest to others, pixel by pixel."""

from collections.abc import Generator

import torch
from torch import Tensor

from models.contracts.data import RowSource
from models.metrics.base import Evidence, NotApplicable

__all__ = ["nearest_two", "trained_on"]

_ROWS, _COLUMNS = 256, 2048
_SHORTLIST = 4
"""Candidates whose distance is computed once more: the quick one loses digits where it is small."""


def trained_on(evidence: Evidence) -> RowSource:
    """Return what was learned from.

    Raises:
        NotApplicable: nobody knows, or there are fewer than two.
    """
    if evidence.train is None or len(evidence.train) < 2:
        raise NotApplicable("it looks for the nearest training images, and needs two of them")
    return evidence.train


def nearest_two(x: Tensor, train: RowSource) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Return the distances of each of x (n, C, H, W) to its two nearest training images, (n, 2),
    the nearest first, and which they are, (n, 2); yields between pieces.

    Distances are Euclidean, over all pixels and colours, as in Gu et al. 2023, arXiv:2310.02664.
    Training images are read a piece at a time.
    """
    distances, rows = [], []
    for start in range(0, len(x), _ROWS):
        some = x[start : start + _ROWS].flatten(1).float().cpu()
        best = torch.full((len(some), _SHORTLIST), torch.inf)
        which = torch.zeros((len(some), _SHORTLIST), dtype=torch.int64)
        for first in range(0, len(train), _COLUMNS):
            there = train.rows(slice(first, first + _COLUMNS)).x.flatten(1).float()
            far = torch.cdist(some, there, compute_mode="use_mm_for_euclid_dist")
            all_far = torch.cat([best, far], dim=1)
            all_rows = torch.cat([which, (first + torch.arange(len(there))).expand_as(far)], dim=1)
            best, kept = all_far.topk(_SHORTLIST, dim=1, largest=False)
            which = all_rows.gather(1, kept)
            yield
        # In the order of the training images, so that of equally near ones the first is named.
        found = which[:, : min(_SHORTLIST, len(train))].sort(dim=1).values
        exact = torch.stack(
            [
                (some - train.rows(column).x.flatten(1).float()).double().norm(dim=1)
                for column in found.unbind(dim=1)
            ],
            dim=1,
        )
        order = exact.argsort(dim=1, stable=True)[:, :2]
        distances.append(exact.gather(1, order))
        rows.append(found.gather(1, order))
    return torch.cat(distances), torch.cat(rows)
