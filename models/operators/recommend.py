"""What people may like next: a list of items for each."""

from typing import Annotated

import torch
from torch import Tensor

from models.config import Config, param
from models.contracts.abilities import Recommends
from models.metrics.ranking.next_item import without_seen
from models.nets.sequences.histories import PADDING
from models.operators.base import Operation, Outcome, Progress, Slot, Work
from models.registry import operator

__all__ = ["Recommend", "RecommendConfig", "chosen"]

_HISTORIES = "histories"
_PIECE = 512  # people between two looks at what else is to be done


class RecommendConfig(Config, frozen=True):
    """Whom something is recommended to, and how much."""

    k: Annotated[int, param("List", "Items that are recommended.", low=1, high=1000)] = 10
    people: Annotated[
        str,
        param(
            "People",
            "Numbers of histories, from 0, such as 3, 10-20; empty for all of them.",
        ),
    ] = ""
    leave_out_seen: Annotated[
        bool,
        param(
            "Leave out what was seen",
            "An item of the history is never recommended: right for films, wrong for what people "
            "buy again.",
        ),
    ] = True


def chosen(text: str, n: int) -> Tensor:
    """Return the numbers that a text such as "3, 10-20" names among 0..n-1, (m,); all for "".

    Raises:
        ValueError: it names others, or nothing that can be understood.
    """
    if not text.strip():
        return torch.arange(n)
    numbers: list[int] = []
    for word in text.replace(",", " ").split():
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ValueError(f"people are numbers such as 3, 10-20, and {word!r} is none.")
        start, stop = int(first), int(last if dash else first)
        if stop < start or stop >= n:
            raise ValueError(f"people are numbered from 0 to {n - 1:,}, and {word} is beyond.")
        numbers += range(start, stop + 1)
    return torch.tensor(numbers)


@operator(
    "recommend",
    title="Recommend",
    summary="Lists for each person the items with the best scores after their history.",
    source="by definition: the k best of all items",
    needs=("recommend",),
    takes=(Slot(_HISTORIES, "Histories", "Items by number, from 1, padded with 0 at the end."),),
    config=RecommendConfig,
)
class Recommend:
    """Scores all items after each history, some people at a time."""

    def __init__(self, config: RecommendConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Recommend; the outcome is "user" (m,), "item" (m, k) and "score" (m, k), best first. An
        item 0 stands where nothing is left to recommend. See `models.operators.base.Operator`.

        Raises:
            ValueError: what was handed are no histories, or nobody of such a number is in them.
        """
        learner, rows = operation.learner, operation.handed[_HISTORIES]
        assert isinstance(learner, Recommends)
        symbols = learner.spec.symbols
        assert symbols is not None
        if rows.x.min() < PADDING or rows.x.max() >= symbols:
            raise ValueError(f"items are numbered from 1 to {symbols - 1:,}.")
        gaps = (rows.x[:, :-1] == PADDING) & (rows.x[:, 1:] != PADDING)
        if gaps.any():
            raise ValueError("histories are padded at the end, and one has a gap before an item.")
        who = chosen(self.config.people, len(rows))
        k = min(self.config.k, symbols - 1)
        items: list[Tensor] = []
        scores: list[Tensor] = []
        for piece in rows.take(who).split(_PIECE):
            said = learner.recommend(piece).float().cpu()
            if self.config.leave_out_seen:
                said = without_seen(said, piece.x)
            best = said.topk(k, dim=1)
            items.append(torch.where(best.values.isfinite(), best.indices + 1, PADDING))
            scores.append(best.values)
            yield Progress(sum(map(len, items)), len(who))
        arrays = {"user": who, "item": torch.cat(items), "score": torch.cat(scores)}
        return Outcome(arrays=arrays)
