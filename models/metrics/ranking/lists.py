"""What metrics of whole lists share: all items are ranked, and users averaged."""

from typing import ClassVar

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Recommends
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.data import RowSource
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.metrics.intervals import of_mean
from pushforward.models.metrics.ranking.next_item import RankingConfig
from pushforward.models.popularity import Counts
from pushforward.models.ranking.evaluation import Catalogue, UserMetrics, rank_users

__all__ = ["ListMetric", "Popular", "measure_lists"]


class Popular:
    """Recommends what is most frequent in training histories, to all users."""

    def __init__(self, train: InteractionSet) -> None:
        counts = Counts(len(train.titles), torch.device("cpu"))
        counts.add(train.x)
        self._log_p = counts.log_shares()

    def recommend(self, histories: Rows) -> Tensor:
        """Return log p of each item, the same for all, (n, L) -> (n, V)."""
        return self._log_p.expand(len(Batch.of(histories)), -1)


def measure_lists(
    model: Recommends, real: RowSource, train: RowSource | None, k: int, *, mask_seen: bool
) -> UserMetrics:
    """Return the metrics of each user's list of k items.

    Raises:
        NotApplicable: the data are no histories, or no user has a target left.
    """
    if not isinstance(real, InteractionSet):
        raise NotApplicable("it ranks the next items of histories")
    try:
        held = real.held_out()
    except ValueError as error:
        raise NotApplicable(str(error)) from error
    known = Catalogue.of(train) if isinstance(train, InteractionSet) else None
    found = rank_users(model, held, (k,), catalogue=known, mask_seen=mask_seen)
    if not len(found.users):
        raise NotApplicable("all users took last what they had taken before")
    return found


class ListMetric(Metric[RankingConfig]):
    """The mean over users of a metric of `models.ranking.evaluation`.

    Attributes:
        name: of the metric there, without its K.
        k: length of the list.
    """

    name: ClassVar[str]
    k: ClassVar[int] = 10

    def measure(self, evidence: Evidence) -> Figure:
        """Rank all items for each user."""
        model = evidence.model
        assert model is not None
        assert isinstance(model, Recommends)
        return self._measure(model, evidence)

    def bar(self, evidence: Evidence) -> Figure:
        """The same of popularity, counted in what the model has learned from."""
        if not isinstance(evidence.train, InteractionSet):
            raise NotApplicable("popularity needs the histories that were learned from")
        return self._measure(Popular(evidence.train), evidence)

    def _measure(self, model: Recommends, evidence: Evidence) -> Figure:
        mask = self.config.leave_out_seen
        found = measure_lists(model, evidence.real, evidence.train, self.k, mask_seen=mask)
        return self.figure(found)

    def figure(self, found: UserMetrics) -> Figure:
        """Return the mean over users with its interval.

        Raises:
            NotApplicable: the data do not have what the metric needs.
        """
        values = found.values.get(f"{self.name}@{self.k}")
        if values is None or not values.isfinite().any():
            raise NotApplicable("the items have no categories")
        values = values[values.isfinite()]
        if len(values) < 2:
            return Figure(float(values.mean()), n=len(values))
        low, high = of_mean(values)
        return Figure(float(values.mean()), low, high, len(values))
