"""NDCG@10 of the next item: how far up it stands among the ten that are recommended."""

import torch
from torch import Tensor

from pushforward.models.metrics.ranking.next_item import AT, NextItem, RankingConfig
from pushforward.models.registry import metric

__all__ = ["NdcgAtTen"]


@metric(
    "ndcg-at-10",
    title="NDCG at 10",
    summary="Normalised discounted cumulative gain: rank of the user's next item in the first "
    "ten of all items; 1 for the first, 1/log2(rank + 1) for others, 0 beyond.",
    source="Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418; Krichene and Rendle 2020, "
    "doi:10.1145/3394486.3403226, section 3 (full ranking, one relevant item)",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is="popularity (POP), counted in the training histories",
    config=RankingConfig,
)
class NdcgAtTen(NextItem):
    """1/log2(rank + 1) where the rank is at most 10; the best list has 1."""

    def gain(self, rank: Tensor) -> Tensor:
        return torch.where(rank <= AT, 1.0 / torch.log2(rank + 1.0), 0.0)
