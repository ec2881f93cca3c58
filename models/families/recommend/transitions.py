"""Recommenders that count which item follows which: a Markov chain, and windowed transitions."""

from collections.abc import Mapping
from typing import TypeVar, Unpack

import torch
from torch import Tensor

from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Training
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.recommend.counting import CountingRecommender, last_items
from pushforward.models.layouts.histories import PADDING
from pushforward.models.ranking.pair_counts import PairCounts
from pushforward.models.registry import family
from pushforward.models.settings.transitions import MarkovConfig, WindowedConfig

__all__ = ["Markov", "MarkovConfig", "Windowed", "WindowedConfig"]

C = TypeVar("C", bound=Config)
_MOST_DENSE = 4000  # items of an exported matrix of counts


class _Transitions(CountingRecommender[C]):
    """Weighted counts C[i, j] of item j after item i."""

    def __init__(self, config: C, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        self.follow = PairCounts(self.items + 1, self.device)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "transitions": self.follow}

    def largest_lag(self) -> int:
        """Return how many places apart the items of a pair may be."""
        return 1

    def needs_dense_counts(self) -> bool:
        """Return whether a graph is exported, which cannot look entries up, and may be dense."""
        return torch.compiler.is_compiling() and self.items <= _MOST_DENSE

    def count(self, rows: Batch) -> None:
        """Add 1/lag for each pair of items."""
        for lag in range(1, min(self.largest_lag(), rows.x.shape[1] - 1) + 1):
            before, after = rows.x[:, :-lag], rows.x[:, lag:]
            real = after != PADDING
            weight = torch.full((int(real.sum()),), 1.0 / lag, device=self.device)
            self.follow.add(before[real], after[real], weight)


@family(
    "markov",
    config=MarkovConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend",),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class Markov(_Transitions[MarkovConfig]):
    """p(j | last item i) = (C[i, j] + a p(j)) / (sum_j C[i, j] + a), a the smoothing."""

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p of each item, item i at i - 1: (n, L) -> (n, V)."""
        return self.scores(Batch.of(histories).to(self.device).x).log().float()

    def scores(self, x: Tensor) -> Tensor:
        size = (x != PADDING).sum(dim=1, keepdim=True)
        last = x.gather(1, (size - 1).clamp_min(0)).squeeze(1)
        shares = self.popular.log_shares().double().exp()
        if self.needs_dense_counts():
            found = self.config.smoothing * shares + self.follow.dense()[last, 1:]
            return found / found.sum(dim=1, keepdim=True)
        of, item, count = self.follow.rows(last)
        found = (self.config.smoothing * shares).repeat(len(x), 1)
        found.index_put_((of, item - 1), count, accumulate=True)
        return found / found.sum(dim=1, keepdim=True)


@family(
    "windowed",
    config=WindowedConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend", "score-shares"),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class Windowed(_Transitions[WindowedConfig]):
    """score(j) = sum over the last items i of exp(-decay age) C[i, j] / (sum_j C[i, j] + shrink),
    with C[i, j] the sum of 1/lag over the pairs at most ``lags`` places apart.
    """

    def largest_lag(self) -> int:
        return self.config.lags

    def scores(self, x: Tensor) -> Tensor:
        if self.needs_dense_counts():
            counts = self.follow.dense()
            return self._weights(x, counts) @ counts[:, 1:]
        user, of, item, value = self._terms(x)
        found = torch.zeros(len(x), self.items, dtype=torch.float64, device=x.device)
        return found.index_put_((user[of], item - 1), value, accumulate=True)

    def score_shares(self, histories: Rows, items: Tensor) -> Tensor:
        """See `models.contracts.abilities.ExplainsScores`."""
        x, items = Batch.of(histories).to(self.device).x, items.to(self.device)
        user, of, item, value = self._terms(x)
        place = last_items(x, self.config.last)[0].nonzero()[:, 1]
        found = torch.zeros(*x.shape, len(items), dtype=torch.float64, device=x.device)
        term, column = (item[:, None] == items).nonzero(as_tuple=True)
        at = of[term]
        found.index_put_((user[at], place[at], column), value[term], accumulate=True)
        return found.float()

    def _weights(self, x: Tensor, counts: Tensor) -> Tensor:
        """Return the weight of each item of histories (n, L) in the sum, (n, items + 1)."""
        kept, age = last_items(x, self.config.last)
        total = counts.sum(dim=1)[x]
        each = (-self.config.decay * age).double().exp() / (total + self.config.shrink)
        nothing = torch.zeros(len(x), self.items + 1, dtype=torch.float64, device=x.device)
        return nothing.scatter_add(1, x, torch.where(kept, each, 0.0))

    def _terms(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the terms of the sum: the user of each place that counts, and of each term the
        place, the item and the value.
        """
        kept, age = last_items(x, self.config.last)
        user, _ = kept.nonzero(as_tuple=True)
        read = x[kept]
        of, item, count = self.follow.rows(read)
        total = torch.zeros(len(read), dtype=torch.float64, device=x.device)
        total.index_add_(0, of, count)
        weight = (-self.config.decay * age[kept]).double().exp() / (total + self.config.shrink)
        return user, of, item, weight[of] * count
