"""Metrics of each user's list, with those of popularity as a null model."""

from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Recommends
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.operators.base import Operation, Outcome, Progress, Work
from pushforward.models.popularity import Counts
from pushforward.models.ranking.evaluation import Catalogue, UserMetrics, rank_users
from pushforward.models.registry import operator

__all__ = ["RecommendUsers", "RecommendUsersConfig"]

_KS = (10, 20)
_FLOOR = "popularity: "
_PIECE = 256


class RecommendUsersConfig(Config, frozen=True):
    """Of how many users lists are measured."""

    users: Annotated[
        int, param("Users", "Number of held-out users, the first ones.", low=1, high=1_000_000)
    ] = 5000
    split: Annotated[
        Literal["validation", "test"],
        param(
            "Split",
            "Validation users choose settings and the best step; test users choose nothing.",
            choices={"validation": "Validation", "test": "Test"},
        ),
    ] = "validation"


class _Popularity:
    """Scores all items by how often they were taken."""

    def __init__(self, shares: Tensor) -> None:
        self._shares = shares

    def recommend(self, histories: Rows) -> Tensor:
        return self._shares.expand(len(Batch.of(histories)), -1)


@operator(
    "recommend-users",
    title="Metrics by user",
    summary="Measures the list of each held-out user, next to that of popularity.",
    source="by definition: the metrics of the quality page, for each user",
    kinds=("interactions",),
    needs=("recommend",),
    reads_data=True,
    config=RecommendUsersConfig,
)
class RecommendUsers:
    """Ranks all items for each held-out user."""

    def __init__(self, config: RecommendUsersConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Measure. The outcome is "user" (n,), the users' numbers; "x" (n, L), whole histories, of
        which the last "targets" (n,) are held out; "length" (n,), items before these; a metric (n,)
        by its name, such as "ndcg@10", and that of popularity under "popularity: ndcg@10"; "list"
        (n, 10), items from 1; "taken" (V,), how often each item was taken in training; and "total"
        (1,), users of the split.

        Raises:
            ValueError: no user is held out.
        """
        learner = operation.learner
        assert isinstance(learner, Recommends)
        train = operation.data() if operation.data is not None else None
        read = operation.test if self.config.split == "test" else operation.held
        real = read() if read is not None else None
        if not isinstance(real, InteractionSet) or not isinstance(train, InteractionSet):
            which = "in the test split" if self.config.split == "test" else "held out"
            raise ValueError(f"no users are {which} of this training.")
        total = len(real)
        real = real.take(slice(self.config.users))
        wanted = _targets(real)
        real = real.take((wanted > 0) & (real.size > wanted))
        if not len(real):
            raise ValueError("no held-out user has two items.")
        catalogue = Catalogue.of(train)
        counts = Counts(len(train.titles), torch.device("cpu"))
        counts.add(train.x)
        floor = _Popularity(counts.log_shares())
        found: list[tuple[UserMetrics, UserMetrics, int]] = []
        for start in range(0, len(real), _PIECE):
            some = real.take(slice(start, start + _PIECE)).held_out()
            own = rank_users(learner, some, _KS, catalogue=catalogue)
            found.append((own, rank_users(floor, some, _KS), start))
            yield Progress(min(start + _PIECE, len(real)), len(real))
        rows = torch.cat([own.users + start for own, _, start in found])
        arrays = {
            "user": real.numbers[rows],
            "length": (real.lengths - _targets(real))[rows],
            "targets": _targets(real)[rows],
            "x": real.x[rows].int(),
            "list": torch.cat([own.lists[:, :10] for own, _, _ in found]),
            "taken": counts.seen,
            "total": torch.tensor([total]),
        }
        for name in found[0][0].values:
            arrays[name] = torch.cat([own.values[name] for own, _, _ in found])
            if name in found[0][1].values:
                null = torch.cat([other.values[name] for _, other, _ in found])
                arrays[f"{_FLOOR}{name}"] = null
        return Outcome(arrays=arrays)


def _targets(data: InteractionSet) -> Tensor:
    """Return how many items of each user are held out."""
    return torch.ones(len(data), dtype=torch.int64) if data.targets is None else data.targets
