"""Metrics of recommendation lists, per user, by ranking all items.

No metric here samples negatives: sampled metrics order models wrongly (Krichene and Rendle 2020,
doi:10.1145/3394486.3403226). Items with equal scores are ordered at random with a stated seed.
Notation: T targets of a user, h_r = 1 if the item of rank r is a target, g the categories.

- recall@K = sum of h_r up to K, over T (Xie et al. call it HR);  hit@K = 1 if any h_r is 1
- ndcg@K = sum of h_r / log2(r + 1), over that of min(K, T) first ranks (Järvelin and Kekäläinen
  2002, doi:10.1145/582415.582418);  mrr@K = 1 / rank of the first target, 0 beyond K
- popularity@K = mean share of training users who took the item; lift@K = that over the same of the
  history, less 1 (Abdollahpouri et al. 2019, arXiv:1907.13286);  novelty@K = mean of -log2 share
  (Zhou et al. 2010, doi:10.1073/pnas.1000488107)
- diversity@K = mean of 1 - cosine of the categories of two items (Ziegler et al. 2005,
  doi:10.1145/1060745.1060754)
- calibration@K = KL(p(g|history) || 0.99 q(g|list) + 0.01 p) (Steck 2018,
  doi:10.1145/3240323.3240372, equations 2 to 5), 0 is best
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Recommends
from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.interactions import HeldOut, InteractionSet
from pushforward.models.layouts.histories import PADDING, without_seen
from pushforward.models.layouts.ragged import Ragged
from pushforward.models.tensors import make_generator

__all__ = [
    "ACCURACY",
    "KS",
    "Catalogue",
    "UserMetrics",
    "best_items",
    "check_scores",
    "find_largest",
    "rank_users",
    "score_lists",
]

KS = (10, 20, 100)
ACCURACY = ("recall", "ndcg", "mrr", "hit")
"""Metrics that compare a list with the targets; the others describe the list."""
_BLOCK = 256
_ALPHA = 0.01
_LEAST_GROUP = 4  # columns that are searched together
_TIES = 31  # a stream of the seed


@dataclass(frozen=True)
class Catalogue:
    """What metrics know of the items besides the lists.

    Attributes:
        share: (V,) float64, share of training users who took each item.
        categories: (V, G) float64, 1 where an item belongs to a category; None if unknown.
        names: of the categories.
    """

    share: Tensor
    categories: Tensor | None = None
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, train: InteractionSet) -> "Catalogue":
        """Return the popularity in training histories, and the categories of the items."""
        items = len(train.titles)
        pairs = torch.arange(len(train))[:, None] * (items + 1) + train.x
        unique = torch.unique(pairs) % (items + 1)
        counts = torch.bincount(unique, minlength=items + 1)[1:].double()
        names, table = _category_table(train.categories)
        return cls(counts / max(1, len(train)), table, names)


def _category_table(categories: Sequence[str]) -> tuple[tuple[str, ...], Tensor | None]:
    split = [[name for name in text.split("|") if name] for text in categories]
    names = tuple(sorted({name for each in split for name in each}))
    if not names:
        return (), None
    place = {name: i for i, name in enumerate(names)}
    table = torch.zeros(len(split), len(names), dtype=torch.float64)
    for item, each in enumerate(split):
        table[item, [place[name] for name in each]] = 1.0
    return names, table


@dataclass(frozen=True)
class UserMetrics:
    """Metrics of each user's list.

    Attributes:
        values: (n,) float64 by name, such as "recall@10"; NaN if a metric does not apply to a user.
        lists: (n, K) int64, the recommended items from 1, best first; 0 if none is left.
        users: (n,) int64, the rows of the `HeldOut` that these are of.
        items: size of the catalogue.
    """

    values: dict[str, Tensor]
    lists: Tensor
    users: Tensor
    items: int

    def mean(self, name: str) -> float:
        """Return the mean of a metric over users."""
        return float(self.values[name].nanmean())

    def coverage(self, k: int) -> float:
        """Return the share of the catalogue that is in at least one of the lists of k items."""
        some = self.lists[:, :k]
        return len(torch.unique(some[some != PADDING])) / self.items


def rank_users(
    model: Recommends,
    held: HeldOut,
    ks: Sequence[int] = KS,
    *,
    catalogue: Catalogue | None = None,
    mask_seen: bool = True,
    seed: int = 0,
    block: int = _BLOCK,
) -> UserMetrics:
    """Rank all items for each user and measure the lists.

    Args:
        model: scores all items after a history.
        held: histories and their targets.
        ks: lengths of the lists.
        catalogue: popularity and categories, for the metrics that describe lists.
        mask_seen: whether items of the history are left out of lists. Targets that were seen before
            are then no targets, and users without others are left out.
        seed: of the order of items with equal scores.
        block: users whose scores are computed at once.
    """
    parts = []
    for start in range(0, len(held.item), block):
        rows = torch.arange(start, min(start + block, len(held.item)))
        histories = held.histories.take(rows)
        scores = model.recommend(histories).cpu()
        seen = None if held.earlier is None else held.earlier.take(rows)
        parts.append(
            score_lists(
                scores, histories, held.targets.take(rows), ks, catalogue=catalogue,
                earlier=seen, mask_seen=mask_seen, seed=seed, first=start,
            )
        )  # fmt: skip
    values = {name: torch.cat([part.values[name] for part in parts]) for name in parts[0].values}
    lists, users = (torch.cat([getattr(p, name) for p in parts]) for name in ("lists", "users"))
    return UserMetrics(values, lists, users, parts[0].items)


def score_lists(
    scores: Tensor,
    histories: Batch,
    targets: Ragged,
    ks: Sequence[int] = KS,
    *,
    catalogue: Catalogue | None = None,
    earlier: Ragged | None = None,
    mask_seen: bool = True,
    seed: int = 0,
    first: int = 0,
) -> UserMetrics:
    """Measure the lists of scores (n, V); arguments as `rank_users`, ``first`` is the number of the
    first row.

    Raises:
        ArithmeticError: a score is NaN or +inf.
    """
    n, items = scores.shape
    row, target = _without_repeats(targets, items)
    wanted = torch.zeros(n, items + 1, dtype=torch.bool)
    wanted[row, target] = True
    if mask_seen:
        scores = without_seen(scores, histories.x, earlier)
        wanted.scatter_(1, histories.x, torch.zeros_like(histories.x, dtype=torch.bool))
        if earlier is not None:
            wanted[earlier.rows, earlier.values] = False
    wanted[:, PADDING] = False
    number = torch.bincount(row[wanted[row, target]], minlength=n)
    lists = best_items(scores, min(max(ks), items), seed)
    hits = wanted.gather(1, lists)
    values = _accuracy(hits, number, ks)
    if catalogue is not None:
        values |= _descriptions(lists, histories.x, catalogue, ks)
    kept = number > 0
    users = torch.arange(first, first + n)[kept]
    return UserMetrics({k: v[kept] for k, v in values.items()}, lists[kept], users, items)


def _without_repeats(targets: Ragged, items: int) -> tuple[Tensor, Tensor]:
    """Return users and items of targets, each pair once."""
    pairs = torch.unique(targets.rows * (items + 1) + targets.values)
    return pairs // (items + 1), pairs % (items + 1)


def check_scores(scores: Tensor) -> None:
    """Refuse scores (n, V) that rank nothing; -inf leaves an item out and is allowed.

    Raises:
        ArithmeticError: a score is NaN or +inf.
    """
    broken = (scores.isnan() | scores.isposinf()).any(dim=1)
    if broken.any():
        raise ArithmeticError(
            f"the scores of {int(broken.sum()):,} of {len(broken):,} histories are not finite"
        )


def best_items(scores: Tensor, k: int, seed: int = 0) -> Tensor:
    """Return the k best items of each row of scores (n, V), from 1, 0 where the score is -inf. The
    order of items with equal scores is that of a random permutation of the items, from the seed.

    Raises:
        ArithmeticError: a score is NaN or +inf.
    """
    count = min(k + 1, scores.shape[1])
    values, columns = find_largest(scores, count)
    check_scores(values)  # what is no score sorts above all that are
    found = columns[:, :k].clone()
    tied = (values[:, 1:] == values[:, :-1]) & values[:, 1:].isfinite()
    rows = tied.any(dim=1)
    if rows.any():
        found[rows] = _with_ties(scores[rows], k, seed)
    reachable = scores.gather(1, found).isfinite()
    return torch.where(reachable, found + 1, PADDING)


def find_largest(scores: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k largest values of each row of scores (n, V), and their columns; NaN is larger
    than all numbers.

    The columns are put into groups, and only those with the k largest maxima are searched: together
    they hold the k largest values.
    """
    n, columns = scores.shape
    size = math.isqrt(columns // max(1, k))
    if size < _LEAST_GROUP:
        found = scores.topk(k, dim=1)
        return found.values, found.indices
    groups = columns // size
    parts = torch.split(scores[:, : size * groups], groups, dim=1)
    maxima = functools.reduce(torch.maximum, parts)  # faster than amax over a middle axis
    chosen = maxima.topk(k, dim=1, sorted=False).indices
    within = chosen[:, None, :] + groups * torch.arange(size, device=scores.device)[:, None]
    rest = torch.arange(size * groups, columns, device=scores.device).expand(n, -1)
    places = torch.cat([within.flatten(1), rest], dim=1)
    best = scores.gather(1, places).topk(k, dim=1)
    return best.values, places.gather(1, best.indices)


def _with_ties(scores: Tensor, k: int, seed: int) -> Tensor:
    """Return the k best columns; columns in the order of the permutation, sorted stably."""
    order = torch.randperm(scores.shape[1], generator=make_generator(seed, _TIES))
    return order[scores[:, order].argsort(dim=1, descending=True, stable=True)[:, :k]]


def _accuracy(hits: Tensor, number: Tensor, ks: Sequence[int]) -> dict[str, Tensor]:
    """Return the metrics of hits (n, K) bool of users with a number of targets (n,)."""
    found = hits.double()
    ranks = torch.arange(1, hits.shape[1] + 1, dtype=torch.float64)
    gains = 1.0 / torch.log2(ranks + 1.0)
    ideal = torch.cat([gains.new_zeros(1), gains.cumsum(0)])
    several = number.clamp_min(1)
    first = torch.where(hits, ranks, torch.inf).amin(dim=1)
    values = {}
    for k in ks:
        top = found[:, :k]
        best = ideal[several.clamp_max(min(k, hits.shape[1]))]
        values[f"recall@{k}"] = top.sum(dim=1) / several
        values[f"ndcg@{k}"] = (top * gains[:k]).sum(dim=1) / best
        values[f"mrr@{k}"] = torch.where(first <= k, 1.0 / first, 0.0)
        values[f"hit@{k}"] = (first <= k).double()
    return values


def _descriptions(
    lists: Tensor, x: Tensor, catalogue: Catalogue, ks: Sequence[int]
) -> dict[str, Tensor]:
    """Return the metrics of lists (n, K) of users with histories x (n, L)."""
    share = torch.cat([catalogue.share.new_zeros(1), catalogue.share])
    taken = _mean(share[x], x != PADDING)
    table = catalogue.categories
    values = {}
    for k in ks:
        some = lists[:, :k]
        real = some != PADDING
        popularity = _mean(share[some], real)
        values[f"popularity@{k}"] = popularity
        values[f"lift@{k}"] = popularity / taken - 1.0
        # An item that nobody took has the novelty of one in a catalogue's worth of users.
        surprise = -share.clamp_min(1.0 / (len(share) * 10)).log2()
        values[f"novelty@{k}"] = _mean(surprise[some], real)
        if table is not None:
            padded = torch.cat([table.new_zeros(1, table.shape[1]), table])
            values[f"diversity@{k}"] = _diversity(padded[some], real)
            values[f"calibration@{k}"] = _miscalibration(padded, x, some)
    return values


def _mean(values: Tensor, real: Tensor) -> Tensor:
    return (values * real).sum(dim=1) / real.sum(dim=1)


def _diversity(categories: Tensor, real: Tensor) -> Tensor:
    """Return the mean of 1 - cosine over the pairs of items in lists, categories (n, K, G)."""
    unit = categories / categories.norm(dim=2, keepdim=True).clamp_min(1e-12)
    both = unit.sum(dim=1).square().sum(dim=1) - unit.square().sum(dim=(1, 2))
    count = real.sum(dim=1).double()
    found: Tensor = 1.0 - both / (count * (count - 1))
    return found


def _miscalibration(padded: Tensor, x: Tensor, lists: Tensor) -> Tensor:
    """Return the divergence of the categories of lists from those of histories."""
    each = padded / padded.sum(dim=1, keepdim=True).clamp_min(1.0)  # p(g | item)
    p, q = (_shares_of(each, items) for items in (x, lists))
    mixed = (1 - _ALPHA) * q + _ALPHA * p
    terms = torch.where(p > 0, p * (p / mixed.clamp_min(1e-300)).log(), 0.0)
    return terms.sum(dim=1)


def _shares_of(each: Tensor, items: Tensor) -> Tensor:
    total: Tensor = each[items].sum(dim=1)
    return total / total.sum(dim=1, keepdim=True)
