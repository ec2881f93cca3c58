"""Why items are recommended: what each item of a history does to their scores."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import ExplainsScores, Recommends
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
from pushforward.models.layouts.histories import PADDING, sizes, within, without_seen
from pushforward.models.operators.base import Operation, Outcome, Progress, Slot, Work
from pushforward.models.operators.recommender_scores import usable_scores
from pushforward.models.registry import operator
from pushforward.models.tensors import make_generator

__all__ = ["RecommendWhy", "RecommendWhyConfig", "leave_one_out"]

_HISTORY = "histories"
_REMOVED = 3  # items that are removed together
_DRAWS = 8  # of random ones


class RecommendWhyConfig(Config, frozen=True):
    """How many items are explained, and by how much of the history."""

    k: Annotated[int, param("List length", "Number of explained items.", low=1, high=100)] = 10
    places: Annotated[
        int, param("Items left out", "Newest items that are left out in turn.", low=1, high=200)
    ] = 50


def leave_one_out(history: Tensor, places: int) -> Tensor:
    """Return the history (L,) and, below it, the history without each of its last ``places`` items,
    the newest last: (1 + m, L), padded with 0.
    """
    length = len(history)
    m = min(places, length)
    left = torch.arange(length - m, length)
    kept = torch.arange(length - 1)
    shorter = history[kept + (kept >= left[:, None])]
    padded = torch.nn.functional.pad(shorter, (0, 1), value=PADDING)
    return torch.cat([history[None], padded])


@operator(
    "recommend-why",
    title="Explain recommendations",
    summary="Shows how much each item of a history changes the score of each recommended item.",
    source="leave-one-out influence (Koh and Liang 2017, arXiv:1703.04730, as exact refits of the "
    "input); exact shares where scores are sums over the history",
    kinds=("interactions",),
    needs=("recommend",),
    takes=(
        Slot(_HISTORY, "History", "Items of one user by title, or by number, the newest last."),
    ),
    config=RecommendWhyConfig,
)
class RecommendWhy:
    """Scores the history without each of its items, as one batch."""

    def __init__(self, config: RecommendWhyConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Explain the list of the first history.

        The outcome is "item" (k,), "score" (k,), "left" (m,) places in the history from 0, and
        "influence" (m, k): the score with the item less that without it, or its exact share.
        "exact" (1,) says which. "removal" (3,) is the score of the first item less that without the
        three most influential, the last three, and three at random (the mean of 8 draws): the last
        two are null models.

        Raises:
            ValueError: the history is empty.
        """
        learner = operation.learner
        assert isinstance(learner, Recommends)
        row = operation.handed[_HISTORY].x[:1]
        places = learner.spec.shape[0]
        history = within(row, places)[0]
        history = history[history != PADDING]
        if not len(history):
            raise ValueError("the history is empty; add an item.")
        rows = _batch(leave_one_out(history, self.config.places), places)
        scores = usable_scores(learner, rows)
        best = without_seen(scores[:1], row).topk(min(self.config.k, scores.shape[1]), dim=1)
        item = best.indices[0][best.values[0].isfinite()]
        yield Progress(1, 2)
        m = len(scores) - 1
        left = torch.arange(len(history) - m, len(history))
        influence = scores[0, item] - scores[1:][:, item]
        exact = isinstance(learner, ExplainsScores)
        if isinstance(learner, ExplainsScores):
            shares = learner.score_shares(_batch(history[None], places), item + 1)
            influence = shares[0].float().cpu()[left]
        removal = _removal(learner, history, influence[:, 0], left, int(item[0]), places)
        yield Progress(2, 2)
        return Outcome(
            arrays={
                "item": item + 1,
                "score": scores[0, item],
                "left": left + max(0, int(sizes(row)) - len(history)),
                "influence": influence,
                "exact": torch.tensor([int(exact)]),
                "removal": removal,
            }
        )


def _batch(x: Tensor, places: int) -> Batch:
    x = torch.nn.functional.pad(x, (0, places - x.shape[1]), value=PADDING)
    return Batch(x, x != PADDING, {SIZE: sizes(x)})


def _removal(
    learner: Recommends, history: Tensor, influence: Tensor, left: Tensor, item: int, places: int
) -> Tensor:
    """Return how much the score of an item falls without the three most influential items, without
    the last three, and without three at random.
    """
    length = len(history)
    count = min(_REMOVED, max(1, length - 1))
    generator = make_generator(0)
    random = [torch.randperm(length, generator=generator)[:count] for _ in range(_DRAWS)]
    top = left[influence.topk(min(count, len(left))).indices]
    last = torch.arange(length - count, length)
    rows = torch.full((3 + len(random), length), PADDING)
    rows[0] = history
    for row, gone in enumerate((top, last, *random), 1):
        keep = torch.ones(length, dtype=torch.bool)
        keep[gone] = False
        rows[row, : int(keep.sum())] = history[keep]
    found = usable_scores(learner, _batch(rows, places))[:, item]
    falls = found[0] - found[1:]
    return torch.stack([falls[0], falls[1], falls[2:].mean()])
