"""Recommenders without personalisation: random, popularity, and recent popularity."""

from collections.abc import Mapping
from typing import Annotated, Unpack

import torch
from torch import Tensor

from pushforward.models.config import Config, NoConfig, param
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.learner import Learner, Training, Walk
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.contracts.state import Packed
from pushforward.models.families.recommend.counting import CountingRecommender
from pushforward.models.layouts.histories import PADDING, TIME
from pushforward.models.ranking.pair_counts import PairCounts
from pushforward.models.registry import family

__all__ = ["Pop", "RandomItems", "RecentPop", "RecentPopConfig"]

_MIX = (0x5851F42D4C957F2D, 0x14057B7EF767814F)


@family(
    "pop",
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend",),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class Pop(CountingRecommender[NoConfig]):
    """p(item) = (count + 1) / (all + V), for any history."""

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p of each item, item i at i - 1, the same for all: (n, L) -> (n, V)."""
        return self.popular.log_shares().expand(len(Batch.of(histories)), -1)

    def scores(self, x: Tensor) -> Tensor:
        return self.popular.log_shares().double().expand(len(x), -1)


class RecentPopConfig(Config, frozen=True):
    """Settings of recent popularity."""

    days: Annotated[
        float,
        param(
            "Window",
            "Number of last days of the training data that are counted.",
            above=0.0,
            high=100_000.0,
            unit="days",
        ),
    ] = 30.0


@family(
    "recent-pop",
    config=RecentPopConfig,
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend",),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class RecentPop(CountingRecommender[RecentPopConfig]):
    """p(item) = (count in the last days + share of all) / (sum + 1), for any history."""

    def __init__(
        self, config: RecentPopConfig, spec: DataSpec, **training: Unpack[Training]
    ) -> None:
        super().__init__(config, spec, **training)
        self.by_day = PairCounts(self.items + 1, self.device)

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {**super().parts, "days": self.by_day}

    def warnings(self) -> list[str]:
        """Say whether the data have no times."""
        if TIME in self.spec.given:
            return []
        return ["The data have no times, so recent popularity is the same as popularity."]

    def count(self, rows: Batch) -> None:
        real = rows.x != PADDING
        times = rows.given.get(TIME, torch.zeros(rows.x.shape, device=self.device))
        day, item = times[real].floor().long().clamp_min(0), rows.x[real]
        self.by_day.add(day, item, torch.ones(len(item), device=self.device))

    def scores(self, x: Tensor) -> Tensor:
        first = max(0, self.by_day.last_row + 1 - int(self.config.days))
        counts = self.by_day.over_rows(first)[1:] + self.popular.log_shares().double().exp()
        return (counts / counts.sum()).expand(len(x), -1)

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p of each item, item i at i - 1, the same for all: (n, L) -> (n, V)."""
        return self.scores(Batch.of(histories).x).log().float()


@family(
    "random-items",
    needs=("symbols", "sequence", "items"),
    capabilities=("recommend",),
    group="recommend",
    units={"loss": "nats"},
    passes=1,
)
class RandomItems(Learner[NoConfig]):
    """Items in an order that is random, and fixed by the seed and the history: chance."""

    UNSHARED = "It counts or solves in closed form: no gradient is shared."

    def __init__(self, config: NoConfig, spec: DataSpec, **training: Unpack[Training]) -> None:
        super().__init__(config, spec, **training)
        assert spec.symbols is not None
        self.items = spec.symbols - 1

    @property
    def parts(self) -> Mapping[str, Packed]:
        return {}

    def walk(self, batch: Rows) -> Walk:
        """Learn nothing; the loss is log V, that of a uniform distribution."""
        x = Batch.of(batch).x
        yield "count", {"real": x}
        return {"loss": torch.tensor(float(self.items), device=self.device).log()}

    def recommend(self, histories: Rows) -> Tensor:
        """Return pseudo-random scores in [0, 1), item i at i - 1: (n, L) -> (n, V)."""
        x = Batch.of(histories).to(self.device).x
        places = torch.arange(1, x.shape[1] + 1, device=x.device)
        users = (x * _mixed(places)).sum(dim=1) + self.seed
        items = torch.arange(1, self.items + 1, device=x.device)
        return (_mixed(_mixed(users)[:, None] + items) & 0xFFFFFF).float() / 2.0**24


def _mixed(values: Tensor) -> Tensor:
    """Return well mixed whole numbers, as a multiplicative hash with shifts does."""
    for factor in _MIX:
        values = values * factor
        values = values ^ (values >> 29)
    return values
