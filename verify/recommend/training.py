"""Trains recommenders for claims: a few epochs, the best of which validation data choose.

Users of similar history length share a batch. Models that count are fitted in one pass. The model
of the best validation epoch is evaluated with whole training histories, as a recommender is used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.state import State
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.pick import filled
from pushforward.models.ranking.evaluation import Catalogue, UserMetrics, rank_users
from pushforward.models.ranking.protocols import Protocol
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator

__all__ = ["Lesson", "evaluate", "fit_recommender"]

_ORDER = 40  # a stream of the seed
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Lesson:
    """How a network is trained.

    Attributes:
        family: slug.
        config: settings that are not the defaults, as (path, value); the family's others stay.
        epochs: at most.
        patience: epochs without a better NDCG@10 on validation data after which training ends.
        batch: users in a batch.
    """

    family: str
    config: Mapping[str, Any]
    epochs: int = 12
    patience: int = 4
    batch: int = 24


def fit_recommender(lesson: Lesson, split: Protocol, seed: int = 0) -> Learner[Any]:
    """Return a trained model: of networks the weights of the best validation epoch."""
    entry = registry.get("family", lesson.family)
    config = decode(entry.config, filled(entry, lesson.config, "interactions"))
    data = split.train if entry.passes else split.learning
    steps = max(1, -(-len(data) // lesson.batch) * lesson.epochs)
    learner: Learner[Any] = entry.make(
        config, split.test.spec(), horizon=steps, seed=seed, device=_CPU
    )
    if entry.passes:
        for batch in data.rows(slice(None)).split(256):
            learner.step(batch)
        return learner
    held, best, state, since = split.validation.held_out(), -1.0, learner.state(), 0
    for epoch in range(lesson.epochs):
        for rows in _batches(data, lesson.batch, seed + 1000 * epoch):
            learner.step(_trimmed(data.rows(rows)))
        value = rank_users(learner, held, (10,)).mean("ndcg@10")  # type: ignore[arg-type]
        since += 1
        if value > best:
            best, state, since = value, learner.state(), 0
        if since >= lesson.patience:
            break
    learner.load_state(_copied(state))
    return learner


def _trimmed(rows: Batch) -> Batch:
    """Return histories without the places that are padding in all of them."""
    longest = int((rows.x != PADDING).sum(dim=1).max())
    return rows.each(lambda values: values[:, :longest] if values.ndim > 1 else values)


def _copied(state: State) -> State:
    return State({name: x.clone() for name, x in state.tensors.items()}, dict(state.values))


def _batches(data: InteractionSet, size: int, seed: int) -> Iterator[Tensor]:
    """Yield the rows of each batch of an epoch: users of similar length, in random order."""
    generator = make_generator(seed, _ORDER)
    wanted = data.size + torch.rand(len(data), generator=generator)
    groups = list(torch.split(wanted.argsort(), size))
    for i in torch.randperm(len(groups), generator=generator).tolist():
        if int(data.size[groups[i]].max()) > 1:
            yield groups[i]


def evaluate(model: Learner[Any], split: Protocol, *, validation: bool = False) -> UserMetrics:
    """Return the metrics per user of the test targets, or of the validation targets."""
    held = (split.validation if validation else split.test).held_out()
    return rank_users(model, held, catalogue=Catalogue.of(split.train))  # type: ignore[arg-type]
