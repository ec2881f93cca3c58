"""The nearest training samples of others, by the declared distance of their data type."""

from collections.abc import Generator

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.metrics.base import check_finite
from pushforward.models.metrics.memory.distance import features_of

__all__ = ["features", "few_enough", "nearest_two", "searched", "some_of"]

_ROWS, _COLUMNS = 1024, 2048
_SHORTLIST = 4
"""Candidates whose distance is computed once more: the quick one loses digits where it is small."""
_NUMBERS = 100_000_000
"""Numbers of the training data that are read: 127,000 images of 28 x 28 pixels. Of more data
evenly spaced pieces of 2,048 rows are read."""
_PRODUCTS = 10_000_000_000
"""Products of numbers of samples and of training data. Of large data few samples are compared with
many training data: the power to detect copies of n data grows with sqrt(samples) * training / n."""
_FEWEST = 50


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
    """Return at most ``most`` samples, chosen at random."""
    if len(rows) <= most:
        return rows
    return rows.take(torch.randperm(len(rows), generator=generator)[:most])


def searched(train: RowSource) -> int:
    """Return the number of training data that samples are compared with."""
    return sum(piece.stop - piece.start for piece in _pieces(train))


def few_enough(most: int, train: RowSource) -> int:
    """Return ``most``, or fewer samples where training data are large; at least 50 of them."""
    size = _size(train) * searched(train)
    return min(most, max(_FEWEST, _PRODUCTS // size))


def _size(train: RowSource) -> int:
    """Return how many numbers a sample is."""
    return features_of(train.spec())(train.rows(slice(0, 1))).numel()


def _pieces(train: RowSource) -> list[slice]:
    """Return the pieces of the training data that are read, evenly spaced."""
    starts = range(0, len(train), _COLUMNS)
    most = max(1, _NUMBERS // (_size(train) * _COLUMNS))
    if len(starts) > most:
        starts = range(0, len(train) - _COLUMNS + 1, len(train) // most)
    return [slice(start, min(start + _COLUMNS, len(train))) for start in starts]


def nearest_two(x: Tensor, train: RowSource) -> Generator[None, None, tuple[Tensor, Tensor]]:
    """Return the distances of each of x, `features` (n, d), to its two nearest training samples,
    (n, 2), the nearest first, and their rows, (n, 2); yields between pieces.
    """
    compared, pieces = features_of(train.spec()), _pieces(train)
    distances, rows = [], []
    for start in range(0, len(x), _ROWS):
        some = x[start : start + _ROWS].cpu()
        best = torch.empty((len(some), 0))
        which = torch.empty((len(some), 0), dtype=torch.int64)
        for piece in pieces:
            there = compared(train.rows(piece))
            far = torch.cdist(some, there, compute_mode="use_mm_for_euclid_dist")
            near, place = far.topk(min(_SHORTLIST, len(there)), dim=1, largest=False)
            best = torch.cat([best, near], dim=1)
            which = torch.cat([which, piece.start + place], dim=1)
            best, kept = best.topk(min(_SHORTLIST, best.shape[1]), dim=1, largest=False)
            which = which.gather(1, kept)
            yield
        # In the order of the training data, so that of equally near ones the first is named.
        found = which.sort(dim=1).values
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
