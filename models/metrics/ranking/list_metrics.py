"""Metrics of lists besides NDCG and recall at 10: deeper, of their variety, of their popularity.

Coverage, novelty and diversity are highest for random lists; their reference is popularity, and the
text of each says to read them next to an accuracy.
"""

from pushforward.models.metrics.base import Figure
from pushforward.models.metrics.ranking.lists import ListMetric
from pushforward.models.metrics.ranking.next_item import RankingConfig
from pushforward.models.ranking.evaluation import UserMetrics
from pushforward.models.registry import metric

__all__ = [
    "Coverage",
    "HitAtTen",
    "ListDiversity",
    "Miscalibration",
    "MrrAtTen",
    "NoveltyAtTen",
    "PopularityLift",
    "RecallAtHundred",
    "RecallAtTwenty",
]

_BAR = "popularity (POP), counted in the training histories"


@metric(
    "recall-at-20",
    title="Recall at 20",
    summary="Share of the held-out items of a user that are among the first 20 of all items.",
    source="Krichene and Rendle 2020, doi:10.1145/3394486.3403226, section 3 (full ranking)",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is=_BAR,
    config=RankingConfig,
)
class RecallAtTwenty(ListMetric):
    """recall@20, see `models.ranking.evaluation`."""

    name = "recall"
    k = 20


@metric(
    "recall-at-100",
    title="Recall at 100",
    summary="Share of the held-out items of a user that are among the first 100 of all items. It "
    "separates models with fewer users than NDCG.",
    source="Krichene and Rendle 2020, doi:10.1145/3394486.3403226, section 3 (full ranking)",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is=_BAR,
    config=RankingConfig,
)
class RecallAtHundred(ListMetric):
    """recall@100, see `models.ranking.evaluation`."""

    name = "recall"
    k = 100


@metric(
    "mrr-at-10",
    title="MRR at 10",
    summary="Mean reciprocal rank: 1 over the rank of the first held-out item, 0 beyond the first"
    " ten.",
    source="Voorhees 1999 (TREC-8), section 2; full ranking",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is=_BAR,
    config=RankingConfig,
)
class MrrAtTen(ListMetric):
    """mrr@10, see `models.ranking.evaluation`."""

    name = "mrr"
    k = 10


@metric(
    "hit-at-10",
    title="Hit rate at 10",
    summary="Share of users with at least one held-out item among the first ten.",
    source="Deshpande and Karypis 2004, doi:10.1145/963770.963776, section 5",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is=_BAR,
    config=RankingConfig,
)
class HitAtTen(ListMetric):
    """hit@10, see `models.ranking.evaluation`."""

    name = "hit"
    k = 10


@metric(
    "novelty-at-10",
    title="Novelty at 10",
    summary="Mean of -log2 of the share of users who took a recommended item. Random lists have "
    "the highest novelty: read it next to NDCG.",
    source="Zhou et al. 2010, doi:10.1073/pnas.1000488107",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is=_BAR,
    config=RankingConfig,
)
class NoveltyAtTen(ListMetric):
    """novelty@10, see `models.ranking.evaluation`."""

    name = "novelty"
    k = 10


@metric(
    "popularity-lift",
    title="Popularity bias",
    summary="How much more popular recommended items are than those of the history: 0 means as "
    "popular, 1 twice as popular. Random lists have a negative bias.",
    source="Abdollahpouri et al. 2019, arXiv:1907.13286, equation 4",
    kinds=("interactions",),
    needs=("recommend",),
    better="lower",
    bar_is=_BAR,
    config=RankingConfig,
)
class PopularityLift(ListMetric):
    """lift@10, see `models.ranking.evaluation`."""

    name = "lift"
    k = 10


@metric(
    "list-diversity",
    title="List diversity",
    summary="Mean of 1 - cosine of the categories of two items of a list. Random lists are the "
    "most diverse: read it next to NDCG.",
    source="Ziegler et al. 2005, doi:10.1145/1060745.1060754, section 3.2",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is=_BAR,
    config=RankingConfig,
)
class ListDiversity(ListMetric):
    """diversity@10, see `models.ranking.evaluation`."""

    name = "diversity"
    k = 10


@metric(
    "calibration",
    title="Miscalibration",
    summary="Kullback-Leibler divergence of the categories of a list from those of the history, "
    "in nats; 0 if a list has the mix of the history.",
    source="Steck 2018, doi:10.1145/3240323.3240372, equations 2 to 5",
    kinds=("interactions",),
    needs=("recommend",),
    better="lower",
    bar_is=_BAR,
    config=RankingConfig,
)
class Miscalibration(ListMetric):
    """calibration@10, see `models.ranking.evaluation`."""

    name = "calibration"
    k = 10


@metric(
    "catalogue-coverage",
    title="Catalogue coverage",
    summary="Share of all items that are in at least one list of ten. Random lists cover all.",
    source="Ge et al. 2010, doi:10.1145/1864708.1864761, section 3.2",
    kinds=("interactions",),
    needs=("recommend",),
    better="higher",
    bar_is=_BAR,
    config=RankingConfig,
)
class Coverage(ListMetric):
    """Number of different recommended items over the size of the catalogue."""

    name = "hit"

    def figure(self, found: UserMetrics) -> Figure:
        """Return the coverage; it has no interval, since it is of all users together."""
        return Figure(found.coverage(self.k), n=len(found.users))
