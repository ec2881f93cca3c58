"""Full ranking, its metrics and the three protocols, against loops written by hand."""

import math
from dataclasses import replace

import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.metrics.base import Evidence
from pushforward.models.ranking.evaluation import (
    Catalogue,
    best_items,
    find_largest,
    rank_users,
)
from pushforward.models.ranking.pair_counts import PairCounts
from pushforward.models.ranking.protocols import break_ties, split_histories
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator
from pushforward.observables.histories.user_means import compare_models, estimate_mean, holm

discover()
ITEMS, KS = 40, (3, 10)


def people(n: int = 60, longest: int = 20, seed: int = 0) -> InteractionSet:
    """Return users with 3 to 20 different items each, with times and categories."""
    g = make_generator(seed)
    x = torch.stack([torch.randperm(ITEMS, generator=g)[:longest] + 1 for _ in range(n)])
    size = torch.randint(3, longest + 1, (n,), generator=g)
    real = torch.arange(longest) < size[:, None]
    start = torch.randint(0, 5_000_000, (n, 1), generator=g)
    step = torch.randint(0, 400_000, (n, longest), generator=g).cumsum(1)
    categories = tuple("|".join({"ABC"[i % 3], "XY"[i % 2]}) for i in range(ITEMS))
    titles = tuple(f"Item {i}" for i in range(ITEMS))
    times = (1 + start + step) * real
    return InteractionSet(x * real, titles, times=times, categories=categories)


class Scores:
    """Scores that depend on the history alone."""

    def recommend(self, histories):
        x = Batch.of(histories).x
        g = torch.arange(1, ITEMS + 1)
        return torch.sin((x.sum(dim=1, keepdim=True) * g % 97).double()) + 1e-3 * g


def by_hand(scores, history, targets, k):
    """Return recall, NDCG, MRR and hit of one user, in plain Python."""
    items = [i for i in range(1, ITEMS + 1) if i not in history]
    items.sort(key=lambda i: -scores[i - 1])
    top, wanted = items[:k], set(targets) - set(history)
    ranks = [r for r, item in enumerate(top, 1) if item in wanted]
    ideal = sum(1 / math.log2(r + 1) for r in range(1, min(k, len(wanted)) + 1))
    return (
        len(ranks) / len(wanted),
        sum(1 / math.log2(r + 1) for r in ranks) / ideal,
        1 / ranks[0] if ranks else 0.0,
        float(bool(ranks)),
        top,
    )


@pytest.mark.parametrize("name", ["ratio", "last-item", "time"])
def test_metrics_equal_a_loop_by_hand(name):
    held = split_histories(people(), name).test.held_out()
    found = rank_users(Scores(), held, KS, block=7)
    scores = Scores().recommend(held.histories).tolist()
    ends = held.targets.lengths.cumsum(0).tolist()
    for k in KS:
        for u, end in enumerate(ends):
            history = [i for i in held.histories.x[u].tolist() if i]
            targets = held.targets.values[end - int(held.targets.lengths[u]) : end].tolist()
            *expected, top = by_hand(scores[u], history, targets, k)
            names = ("recall", "ndcg", "mrr", "hit")
            got = [float(found.values[f"{metric}@{k}"][u]) for metric in names]
            assert got == pytest.approx(expected, abs=1e-9)
            assert found.lists[u, :k].tolist() == top


def test_descriptions_equal_a_loop_by_hand():
    split = split_histories(people(), "ratio")
    catalogue = Catalogue.of(split.train)
    held = split.test.held_out()
    found = rank_users(Scores(), held, (5,), catalogue=catalogue)
    sets = [set(row) - {0} for row in split.train.x.tolist()]
    share = [sum(i in s for s in sets) / len(sets) for i in range(1, ITEMS + 1)]
    genres = [set(text.split("|")) for text in split.train.categories]
    names = sorted({g for each in genres for g in each})
    for u in range(len(found.users)):
        top = [i - 1 for i in found.lists[u].tolist()]
        mean = sum(share[i] for i in top) / 5
        assert float(found.values["popularity@5"][u]) == pytest.approx(mean, abs=1e-9)
        pairs = [(i, j) for i in top for j in top if i < j]
        apart = [
            1 - len(genres[i] & genres[j]) / math.sqrt(len(genres[i]) * len(genres[j]))
            for i, j in pairs
        ]
        expected = sum(apart) / len(apart)
        assert float(found.values["diversity@5"][u]) == pytest.approx(expected, abs=1e-9)
        history = [i - 1 for i in held.histories.x[u].tolist() if i]
        p, q = (
            [sum((g in genres[i]) / len(genres[i]) for i in its) / len(its) for g in names]
            for its in (history, top)
        )
        kl = sum(a * math.log(a / (0.99 * b + 0.01 * a)) for a, b in zip(p, q, strict=True) if a)
        assert float(found.values["calibration@5"][u]) == pytest.approx(kl, abs=1e-9)
    lists = found.lists.flatten().tolist()
    assert found.coverage(5) == len(set(lists)) / ITEMS


def test_equal_scores_are_ordered_at_random_and_the_same_for_a_seed():
    scores = torch.zeros(400, ITEMS)
    lists = best_items(scores, 10, seed=3)
    assert torch.equal(lists, best_items(scores, 10, seed=3))
    assert not torch.equal(lists, best_items(scores, 10, seed=4))
    partly = torch.tensor([[1.0, 2.0, 2.0, 2.0, 0.0]])
    seen = {tuple(best_items(partly, 2, seed=s)[0].tolist()) for s in range(40)}
    assert seen == {(i, j) for i in (2, 3, 4) for j in (2, 3, 4) if i != j}


def test_seen_items_are_left_out_or_not_and_never_found_twice():
    held = people().held_out()
    masked = rank_users(Scores(), held, (ITEMS,))
    for row, history in zip(masked.lists, held.histories.x, strict=True):
        listed = [i for i in row.tolist() if i]
        assert sorted(listed + [i for i in history.tolist() if i]) == list(range(1, ITEMS + 1))
    whole = rank_users(Scores(), held, (ITEMS,), mask_seen=False)
    assert (whole.lists > 0).all()
    assert whole.mean(f"recall@{ITEMS}") == 1.0


def test_protocols_never_let_a_target_into_training():
    data = people()
    for name in ("ratio", "last-item", "time"):
        split = split_histories(data, name)
        for part, targets in ((split.learning, split.validation), (split.train, split.test)):
            held = targets.held_out()
            known = {tuple(row[row > 0].tolist()) for row in part.x}
            before = [tuple(row[row > 0].tolist()) for row in held.histories.x]
            assert set(before) <= known
        latest = split.train.times.max()
        first = [
            int(split.test.times[u][split.test.size[u] - split.test.targets[u]])
            for u in range(len(split.test))
        ]
        if name == "time":
            assert min(first) > latest
            assert (split.test.size - split.test.targets >= 5).all()
        else:
            assert min(first) <= latest, "other protocols see the future of others"
    share = split_histories(data, "ratio").test
    assert torch.equal(share.targets, (0.2 * share.size).long().clamp_min(1))
    with pytest.raises(ValueError, match="needs the times"):
        split_histories(replace(data, times=None), "time")


def test_ties_in_time_are_broken_at_random_within_each_time():
    data = people(4)
    data = replace(data, times=torch.where(data.x > 0, data.times // 100_000, 0))
    mixed = break_ties(data, seed=1)
    assert torch.equal(mixed.x, break_ties(data, seed=1).x)
    assert not torch.equal(mixed.x, data.x)
    for row in range(len(data)):
        n = int(data.size[row])
        times = mixed.times[row, :n]
        assert torch.equal(times, times.sort().values)
        pairs = set(zip(data.x[row].tolist(), data.times[row].tolist(), strict=True))
        assert pairs == set(zip(mixed.x[row].tolist(), mixed.times[row].tolist(), strict=True))


def test_comparisons_are_paired_and_corrected():
    g = make_generator(5)
    users = torch.rand(300, generator=g, dtype=torch.float64)
    noise = 0.05 * torch.randn(300, generator=g, dtype=torch.float64)
    found = compare_models({"better": users + 0.03 + noise, "same": users + noise}, users)
    assert found["better"].is_significant
    assert not found["same"].is_significant
    assert found["better"].low < 0.03 < found["better"].high
    assert estimate_mean(users).high - estimate_mean(users).low > 0.04, "users differ more"
    seeds = [users, users + 0.1]
    assert estimate_mean(seeds).spread == pytest.approx(0.1 / math.sqrt(2))
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_pair_counts_add_up():
    g = make_generator(2)
    row, column = torch.randint(5, (2, 300), generator=g)
    weight = torch.rand(300, generator=g, dtype=torch.float64)
    counts, dense = PairCounts(5, torch.device("cpu")), torch.zeros(5, 5, dtype=torch.float64)
    for some in torch.arange(300).split(70):
        counts.add(row[some], column[some], weight[some])
        dense.index_put_((row[some], column[some]), weight[some], accumulate=True)
    asked = torch.tensor([3, 0, 3])
    of, columns, values = counts.rows(asked)
    found = torch.zeros(3, 5, dtype=torch.float64)
    torch.testing.assert_close(found.index_put_((of, columns), values), dense[asked])
    torch.testing.assert_close(counts.over_rows(2), dense[2:].sum(dim=0))


@pytest.mark.parametrize("entry", [
    entry for entry in registry.all("metric") if "interactions" in entry.kinds
], ids=lambda entry: entry.slug)  # fmt: skip
@pytest.mark.parametrize("name", ["ratio", "last-item"])
def test_every_metric_measures_a_model_and_popularity(entry, name):
    split = split_histories(people(200), name)
    counting = registry.get("family", "markov")
    model = counting.make(
        counting.config(), split.test.spec(), horizon=1, seed=0, device=torch.device("cpu")
    )
    model.step(split.train.rows(slice(None)))
    evidence = Evidence(split.test, make_generator(0), model=model, train=split.train)
    metric = entry.make(entry.config())
    found, bar = metric.measure(evidence), metric.bar(evidence)
    assert found.n > 100
    assert found.low is None or found.low <= found.value <= found.high
    assert bar.n == found.n
    # All of the small catalogue is in a list of a hundred.
    assert found.value != bar.value or entry.slug == "recall-at-100"


@pytest.mark.parametrize("entry", [
    entry for entry in registry.all("metric") if "interactions" in entry.kinds
], ids=lambda entry: entry.slug)  # fmt: skip
@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_no_metric_has_a_value_of_scores_that_are_not_finite(entry, broken):
    """Of a list metric, users with such scores were left out of the mean."""

    class Diverged(Scores):
        def recommend(self, histories):
            scores = super().recommend(histories)
            scores[1, 7] = broken
            return scores

    model = Diverged()
    split = split_histories(people(), "ratio")
    evidence = Evidence(split.test, make_generator(0), model=model, train=split.train)
    with pytest.raises(ArithmeticError, match=r"of 1 of \d+ histories are not finite"):
        entry.make(entry.config()).measure(evidence)


@pytest.mark.parametrize("columns", [1, 11, 60, 200, 1447])
@pytest.mark.parametrize("k", [1, 11, 100])
def test_the_largest_of_groups_are_the_largest(columns, k):
    g = make_generator(columns + k)
    scores = torch.randint(-50, 50, (30, columns), generator=g).double()
    scores[torch.rand(scores.shape, generator=g) < 0.3] = -math.inf
    k = min(k, columns)
    values, places = find_largest(scores, k)
    assert torch.equal(values, scores.sort(dim=1, descending=True).values[:, :k])
    assert torch.equal(scores.gather(1, places), values)
    assert all(len(set(row)) == k for row in places.tolist())
    scores[3, columns // 2] = math.nan
    assert find_largest(scores, k)[0][3, 0].isnan()
