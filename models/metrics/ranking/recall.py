"""Recall@10 of the next item: how often it is among the ten that are recommended."""

from torch import Tensor

from pushforward.models.metrics.ranking.next_item import AT, NextItem, RankingConfig
from pushforward.models.registry import metric

__all__ = ["RecallAtTen"]


@metric(
    "recall-at-10",
    title="Recall at 10",
    summary="Fraction of users whose next item is among the ten recommended, ranked over all "
    "items.",
    source="Krichene and Rendle 2020, doi:10.1145/3394486.3403226, section 3 (full ranking, one "
    "relevant item)",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is="popularity (POP), counted in the training histories",
    config=RankingConfig,
)
class RecallAtTen(NextItem):
    """1 where the rank is at most 10."""

    @property
    def name(self) -> str:
        return "recall@10"

    def gain(self, rank: Tensor) -> Tensor:
        return (rank <= AT).double()
