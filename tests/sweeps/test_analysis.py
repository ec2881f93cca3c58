"""What is said of the runs of a sweep, against closed forms and null fields."""

import itertools
import math

import numpy as np
import pytest

from pushforward.studio.sweeps.analysis import (
    Outcome,
    best_so_far,
    budgets,
    expected_best,
    find_importance,
)


def outcomes(scores: list[float], **fields: list[str]) -> list[Outcome]:
    return [
        Outcome(f"run {k}", {key: values[k] for key, values in fields.items()}, each, each)
        for k, each in enumerate(scores)
    ]


def test_the_best_so_far_never_rises() -> None:
    assert best_so_far([3.0, 4.0, 1.0, 2.0]).tolist() == [3, 3, 1, 1]
    assert budgets(6) == [1, 2, 4, 6]


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_the_value_of_a_budget_is_the_mean_over_all_choices(k: int) -> None:
    scores = [3.0, 1.0, 4.0, 1.5, 9.0]
    best = [min(chosen) for chosen in itertools.combinations(scores, k)]
    assert expected_best(scores, k) == pytest.approx((np.mean(best), np.std(best)))


def test_failed_runs_count_in_a_budget_unless_they_are_never_the_best() -> None:
    assert expected_best([1.0, math.inf], 2) == (1.0, 0.0)
    assert expected_best([1.0, math.inf], 1)[0] == math.inf
    with pytest.raises(ValueError, match="1 to 2"):
        expected_best([1.0, 2.0], 3)


def test_importance_is_the_share_of_variance_and_a_null_field_has_none() -> None:
    generator = np.random.default_rng(3)
    n = 120
    a, b, seed = (generator.integers(3, size=n) for _ in range(3))
    noise = generator.normal(size=n)
    # Variances: 4 * 2/3 of a, 2/3 of b, 1 of noise.
    scores = 2.0 * a + 1.0 * b + noise
    texts = {
        key: [str(each) for each in values] for key, values in (("a", a), ("b", b), ("s", seed))
    }
    found = {each.key: each for each in find_importance(outcomes(list(scores), **texts))}
    total = 8 / 3 + 2 / 3 + 1
    for key, share in (("a", 8 / 3 / total), ("b", 2 / 3 / total), ("s", 0.0)):
        assert found[key].low <= share <= found[key].high
        assert found[key].share == pytest.approx(share, abs=0.15)
    assert found["a"].p < 0.01
    assert found["b"].p < 0.05 < found["s"].p
    assert found["s"].share < 0.05


def test_a_number_that_was_drawn_is_important_where_it_matters() -> None:
    generator = np.random.default_rng(4)
    lr, other = generator.uniform(size=60), generator.uniform(size=60)
    scores = (lr - 0.5) ** 2 * 10 + 0.1 * generator.normal(size=60)  # not monotonic
    fields = {"lr": [f"{x:.6g}" for x in lr], "other": [f"{x:.6g}" for x in other]}
    first, second = find_importance(outcomes(list(scores), **fields))
    assert (first.key, second.key) == ("lr", "other")
    assert first.share > 0.6
    assert first.p < 0.01 < second.p


def test_p_values_of_a_null_field_are_uniform() -> None:
    generator = np.random.default_rng(5)
    field = [str(k % 3) for k in range(18)]
    p = [
        find_importance(outcomes(list(generator.normal(size=18)), field=field), seed, 99)[0].p
        for seed in range(60)
    ]
    assert sum(each <= 0.1 for each in p) <= 13
    assert sum(each > 0.5 for each in p) >= 20


def test_too_few_runs_say_nothing() -> None:
    assert find_importance(outcomes([1.0, 2.0, 3.0], a=["1", "2", "1"])) == []
    # Each run has a value of its own: nothing to compare with.
    assert find_importance(outcomes([1.0, 2.0, 3.0, 4.0], a=["1", "2", "3", "4"])) == []
