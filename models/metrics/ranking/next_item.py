"""What metrics of the next item share: the rank of what came next, among all items."""

from abc import abstractmethod
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Recommends
from pushforward.models.contracts.data import RowSource
from pushforward.models.kinds.interactions import HeldOut, InteractionSet
from pushforward.models.layouts.histories import without_seen
from pushforward.models.metrics.base import Evidence, Figure, Metric, NotApplicable
from pushforward.models.metrics.intervals import of_mean, wilson
from pushforward.models.popularity import Counts
from pushforward.models.ranking.evaluation import check_scores, score_lists

__all__ = ["AT", "NextItem", "RankingConfig", "gained"]

AT = 10
"""Default length of a list."""
_FEW = 30


class RankingConfig(Config, frozen=True):
    """What is in a list."""

    leave_out_seen: Annotated[
        bool,
        param(
            "Exclude seen items",
            "Never recommends items of the history: right for films, wrong for repeated purchases.",
        ),
    ] = True


def gained(scores: Tensor, item: Tensor, gains: Tensor) -> Tensor:
    """Return what each list gains (n,): that of the rank of its item (n,), from 1, among scores
    (n, V); ``gains`` (V,) are those of the ranks from 1 on.

    Items of one score may stand in any order, so that the gain is the mean over the places that
    they share: a model that scores all items alike gains what a list at random does. An item that
    was left out gains nothing.
    """
    own = scores.gather(1, item[:, None] - 1)
    above, same = ((scores > own).sum(dim=1), (scores == own).sum(dim=1))
    sums = torch.cat([gains.new_zeros(1), gains.cumsum(0)])
    mean = (sums[above + same] - sums[above]) / same
    return torch.where(own.squeeze(1).isfinite(), mean, 0.0)


class NextItem(Metric[RankingConfig]):
    """The mean over users of a gain that depends on the rank of what came next."""

    @abstractmethod
    def gain(self, rank: Tensor) -> Tensor:
        """Return the gain of each rank (n,), from 0 to 1."""

    def measure(self, evidence: Evidence) -> Figure:
        """Rank what came next of all items; "chance" among the parts is a list at random."""
        held, model = _held_out(evidence.real), evidence.model
        assert model is not None
        assert isinstance(model, Recommends)
        return self._figure(model.recommend(held.histories).cpu(), held)

    @property
    def name(self) -> str:
        """The metric of `models.ranking.evaluation` that this is where users have more targets."""
        return "ndcg@10"

    def score(self, real: RowSource, model: Recommends) -> Figure:
        """Return the metric of anything that recommends, such as counts; raises as `measure`."""
        held = _held_out(real)
        return self._figure(model.recommend(held.histories).cpu(), held)

    def bar(self, evidence: Evidence) -> Figure:
        """The same of popularity, counted in what the model has learned from."""
        held, learned = _held_out(evidence.real), evidence.train
        if not isinstance(learned, InteractionSet):
            raise NotApplicable("popularity needs the histories that were learned from")
        counts = Counts(len(learned.titles), torch.device("cpu"))
        counts.add(learned.x)
        return self._figure(counts.log_shares().expand(len(held.item), -1), held)

    def _figure(self, scores: Tensor, held: HeldOut) -> Figure:
        check_scores(scores)
        if int(held.targets.lengths.max()) > 1:
            return self._of_sets(scores, held)
        item = held.item
        if self.config.leave_out_seen:
            x = held.histories.x
            # What a user took again is no answer that such a list could give.
            fresh = (x != item[:, None]).all(dim=1)
            if held.earlier is not None:
                rows, taken = held.earlier.rows, held.earlier.values
                fresh[rows[taken == item[rows]]] = False
            scores, item = without_seen(scores, x, held.earlier)[fresh], item[fresh]
            if not len(item):
                raise NotApplicable("everybody took last what they had taken before")
        gains = self.gain(torch.arange(1, scores.shape[1] + 1).double())
        each = gained(scores, item, gains)
        mean, n = float(each.mean()), len(each)
        low, high = _interval(each)
        alike = torch.where(scores.isfinite(), 0.0, scores)
        chance = float(gained(alike, item, gains).mean())
        return Figure(mean, low, high, n, {"chance": chance})

    def _of_sets(self, scores: Tensor, held: HeldOut) -> Figure:
        """Measure where users have several targets, as one set each."""
        found = score_lists(
            scores,
            held.histories,
            held.targets,
            (AT,),
            earlier=held.earlier,
            mask_seen=self.config.leave_out_seen,
        )
        each = found.values[self.name]
        if not len(each):
            raise NotApplicable("all users took last what they had taken before")
        low, high = _interval(each)
        return Figure(float(each.mean()), low, high, len(each))


def _interval(each: Tensor) -> tuple[float, float]:
    """Return the interval of the mean of gains (n,) in [0, 1]: of many that of a normal law, and of
    few, or where all are alike, that of a share, which nothing in [0, 1] spreads more than; no gain
    in the sample does not exclude a gain in general.
    """
    if len(each) < _FEW or bool((each == each[0]).all()):
        return wilson(float(each.mean()), len(each))
    low, high = of_mean(each)
    return max(0.0, low), min(1.0, high)


def _held_out(real: RowSource) -> HeldOut:
    if not isinstance(real, InteractionSet):
        raise NotApplicable("it ranks the next item of histories")
    try:
        return real.held_out()
    except ValueError as error:
        raise NotApplicable(str(error)) from error
