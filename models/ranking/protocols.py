"""Three ways to split histories into training and test data.

- *ratio*: the first 80 % of each user's history train, the rest is one set of targets (the protocol
  of ACVAE, Xie et al. 2021, arXiv:2103.10693, of the last 201 items).
- *last item*: the last item of each user is the target (leave-one-out).
- *time*: one point in time for all users; what comes after it is the target. Only this protocol
  never trains on events that are later than those it predicts (Ji et al. 2023, arXiv:2010.11060).

Validation targets are the last items of the training part, so that the test data choose nothing.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

import torch

from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.histories import PADDING, within
from pushforward.models.tensors import make_generator

__all__ = ["PROTOCOLS", "Protocol", "ProtocolName", "break_ties", "newest_items", "split_histories"]

ProtocolName: TypeAlias = Literal["ratio", "last-item", "time"]
PROTOCOLS: tuple[ProtocolName, ...] = get_args(ProtocolName)
LONGEST = 201
"""Number of last items of a history that are used, as in the released code of ACVAE."""
FEWEST = 5
"""Items before the split that a test user of the protocol "time" has at least."""
_TIES = 30  # a stream of the seed


@dataclass(frozen=True)
class Protocol:
    """Histories, split.

    Attributes:
        name: of the protocol.
        learning: training histories without the validation targets.
        validation: training histories whose last items are the validation targets.
        train: whole training histories: what the chosen model is fitted to.
        test: histories whose last items are the test targets.
    """

    name: ProtocolName
    learning: InteractionSet
    validation: InteractionSet
    train: InteractionSet
    test: InteractionSet


def split_histories(
    data: InteractionSet,
    name: ProtocolName,
    *,
    test_share: float = 0.2,
    validation_share: float = 0.1,
    longest: int = LONGEST,
    seed: int = 0,
    reorder: bool = True,
) -> Protocol:
    """Split histories by a protocol.

    Args:
        data: histories, with times for the protocol "time".
        name: of the protocol.
        test_share: share of each history, or of all events, that is the test part.
        validation_share: share of each training history that validates.
        longest: number of last items of each history that are used.
        seed: of the order of items with equal times.
        reorder: whether items with equal times are put in random order; otherwise they keep the
            order of the data.

    Raises:
        ValueError: the times are unknown, or too few users are left.
    """
    data = newest_items(break_ties(data, seed) if reorder else data, longest)
    if name == "time":
        train, test = _split_by_time(data, 1 - test_share)
        learning, validation = _split_by_time(train, 1 - validation_share)
    else:
        train, test = _split_each(data, test_share if name == "ratio" else 0.0)
        learning, validation = _split_each(train, validation_share if name == "ratio" else 0.0)
    for part, rows in (("training", learning), ("validation", validation), ("test", test)):
        if not len(rows):
            raise ValueError(f"the protocol {name!r} leaves no {part} users in these data")
    return Protocol(name, learning, validation, train, test)


def break_ties(data: InteractionSet, seed: int) -> InteractionSet:
    """Return histories in which items with equal times are in random order; the same data without
    times. File order would be arbitrary, and the order of item ids a hint.
    """
    if data.times is None:
        return data
    generator = make_generator(seed, _TIES)
    order = torch.rand(data.x.shape, generator=generator).argsort(dim=1)
    last = torch.iinfo(torch.int64).max
    times = torch.where(data.x == PADDING, last, data.times).gather(1, order)
    order = order.gather(1, times.argsort(dim=1, stable=True))
    ratings = None if data.ratings is None else data.ratings.gather(1, order)
    return replace(
        data, x=data.x.gather(1, order), times=data.times.gather(1, order), ratings=ratings
    )


def newest_items(data: InteractionSet, longest: int) -> InteractionSet:
    """Return the last items of each history, at most a number of them; those before are dropped."""
    if data.known is not None or data.x.shape[1] <= longest:
        return data  # a known distribution counts places from the beginning
    start = (data.size - longest).clamp_min(0)[:, None]
    places = (start + torch.arange(longest)).clamp_max(data.x.shape[1] - 1)
    times, ratings = (
        None if v is None else v.gather(1, places) for v in (data.times, data.ratings)
    )
    return replace(data, x=within(data.x, longest), times=times, ratings=ratings)


def _split_each(data: InteractionSet, share: float) -> tuple[InteractionSet, InteractionSet]:
    """Return each history without its last items, and whole with these as targets: a share of its
    items, at least one. Users of one item only train.
    """
    size = data.size
    targets = (share * size).long().clamp_min(1).minimum(size - 1)
    train = data.without_last(targets)
    asked = targets > 0
    return train, replace(data, targets=targets).take(asked)


def _split_by_time(data: InteractionSet, share: float) -> tuple[InteractionSet, InteractionSet]:
    """Return events up to the time before which a share of all events lie, and the users who have
    enough events before it and at least one after it, with these as targets.
    """
    if data.times is None:
        raise ValueError('the protocol "time" needs the times of the interactions')
    real = data.x != PADDING
    times = data.times[real].sort().values
    cut = times[max(0, math.ceil(share * len(times)) - 1)]
    targets = (real & (data.times > cut)).sum(dim=1)
    before = data.size - targets
    whole = replace(data, targets=targets)
    train = _cut(whole.take(before > 0))
    return train, whole.take((targets > 0) & (before >= FEWEST))


def _cut(data: InteractionSet) -> InteractionSet:
    """Return histories without their targets."""
    assert data.targets is not None
    return data.without_last(data.targets)
