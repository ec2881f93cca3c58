"""Which of all rows of a source are nearest to some others, found block by block: a source may be
larger than the memory.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL

__all__ = ["Compared", "Found", "nearest"]

Floats = NDArray[np.float64]
Compared = Callable[[Batch], Floats]
"""Compared features of rows, (n, k); distances are Euclidean."""

BLOCK = 4096  # rows that are held against the others at once
USUAL_OF = 64  # rows of a class of which it is found how far they are from their nearest
USUAL_AMONG = 4096  # rows, evenly spaced, that these are chosen from


@dataclass(frozen=True, eq=False)
class Found:
    """The k nearest rows of the same class for each of m query rows, nearest first.

    Attributes:
        number: (m, k), their row numbers in the source.
        far: (m, k), their distances; infinite if a class has fewer than k rows.
        among: (m,), number of rows searched.
        usual: (m,), median distance of rows of that class to their nearest neighbour; NaN if not
            requested or undefined.
    """

    number: NDArray[np.int64]
    far: Floats
    among: NDArray[np.int64]
    usual: Floats


def nearest(
    source: RowSource, asked: Batch, compared: Compared, k: int, *, usual: bool = False
) -> Generator[bool, None, Found]:
    """Find the k nearest rows of a source to each of those ``asked`` about, of its class where both
    have one; ``usual`` also finds how far rows of the source are from each other. Yields False
    between two blocks.
    """
    m = len(asked)
    own = _spaced(source, asked) if usual else np.empty(0, np.int64)
    rows = source.rows(torch.from_numpy(own))
    wanted = np.concatenate([compared(asked), compared(rows)])
    labels = [each for each in map(_label, (asked, rows)) if each is not None]
    label = np.concatenate(labels) if len(labels) == 2 else None
    own = np.concatenate([np.full(m, -1), own])  # a row is not its own nearest
    number, far = np.zeros((len(wanted), k), np.int64), np.full((len(wanted), k), np.inf)
    among = np.zeros(len(wanted), np.int64)
    for start in range(0, len(source), BLOCK):
        block = source.rows(slice(start, start + BLOCK))
        apart = _pairwise_distances(wanted, compared(block))
        if label is not None and (theirs := _label(block)) is not None:
            apart[label[:, None] != theirs] = np.inf
        among += np.isfinite(apart).sum(axis=1)
        mine = np.flatnonzero((own >= start) & (own < start + len(block)))
        apart[mine, own[mine] - start] = np.inf
        places = np.broadcast_to(np.arange(start, start + len(block)), apart.shape)
        far, number = _least(np.hstack([far, apart]), np.hstack([number, places]), k)
        yield False
    return Found(number[:m], far[:m], among[:m], _usual(far[m:, 0], label, m))


def _label(rows: Batch) -> NDArray[np.int64] | None:
    label: Tensor | None = rows.given.get(LABEL)
    return None if label is None else label.numpy()


def _spaced(source: RowSource, asked: Batch) -> NDArray[np.int64]:
    """Return the numbers of some rows of each class that is asked about, all over the source."""
    spaced = np.arange(0, len(source), max(1, len(source) // USUAL_AMONG))
    label, theirs = _label(asked), _label(source.rows(torch.from_numpy(spaced)))
    if label is None or theirs is None:
        return spaced[:: max(1, len(spaced) // USUAL_OF)][:USUAL_OF]
    found = (spaced[theirs == each] for each in np.unique(label))
    return np.concatenate([each[:: max(1, len(each) // USUAL_OF)][:USUAL_OF] for each in found])


def _pairwise_distances(some: Floats, others: Floats) -> Floats:
    """Return how far each of some (m, d) is from each of others (n, d), (m, n)."""
    squares = np.square(some).sum(axis=1)[:, None] + np.square(others).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares - 2.0 * some @ others.T, 0.0)))


def _least(far: Floats, number: NDArray[np.int64], k: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return the k least of each row, in order, with their numbers; of equals the first ones."""
    order = np.argsort(far, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(far, order, axis=1), np.take_along_axis(number, order, axis=1)


def _usual(far: Floats, label: NDArray[np.int64] | None, m: int) -> Floats:
    """Return the median of what was found of the rows after the first m, by their class."""
    found = np.full(m, np.nan)
    for row in range(m):
        same = far if label is None else far[label[m:] == label[row]]
        same = same[np.isfinite(same)]
        if len(same):
            found[row] = np.median(same)
    return found
