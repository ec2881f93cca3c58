"""Shares, their spread and distances: what must hold exactly, or within what chance allows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushforward.studio.app.charts.distribution_bins import (
    RESAMPLES,
    WassersteinDistance,
    _resampled,
    beyond,
    edges_of,
    inside,
    shares_of,
    spread_of,
    spread_within,
    wasserstein,
    wasserstein_distance,
)

NORMAL = np.random.default_rng(0).normal(size=4000)


def test_shares_are_of_all_values_and_sum_to_one_where_all_are_inside() -> None:
    edges = np.linspace(-6, 6, 25)
    assert shares_of(NORMAL, edges).sum() == pytest.approx(1.0)
    some = np.concatenate([NORMAL, np.full(4000, np.nan)])
    assert shares_of(some, edges).sum() == pytest.approx(0.5)


def test_bins_cover_nearly_all_that_is_real_and_are_not_stretched_by_what_is_far_off() -> None:
    edges = edges_of(NORMAL)
    assert shares_of(NORMAL, edges).sum() > 0.99
    near, far = edges_of(NORMAL, NORMAL + 2.0), edges_of(NORMAL, NORMAL * 1e6)
    assert near[-1] > edges[-1]
    assert far[-1] - far[0] <= 3.001 * (edges[-1] - edges[0])


@pytest.mark.parametrize(("n", "beyond_it"), [(40, 0), (150, 2), (800, 4), (20_000, 40)])
def test_an_axis_ends_before_a_tail_of_single_values(n: int, beyond_it: int) -> None:
    """A tail of five of 800 took half of it."""
    values = np.random.default_rng(5).pareto(2.0, size=n)
    _, above = beyond(values, edges_of(values))
    assert above == pytest.approx(beyond_it, abs=1)


def test_a_distance_is_written_to_two_digits_of_what_varies() -> None:
    assert (
        WassersteinDistance(2.0966, 1.7443, 0.3, 500, 0.4623).format("GeV")
        == "2.10 ± 0.46 GeV, floor 1.74"
    )
    assert (
        WassersteinDistance(8.6, 6.52, 1.0, 500, 1.67).format("GeV") == "8.6 ± 1.7 GeV, floor 6.5"
    )
    small = WassersteinDistance(0.000143, 0.000136, 3e-5, 500, 5.06e-5)
    assert small.format() == "(1.43 ± 0.51, floor 1.36) ×10⁻⁴"
    assert (
        WassersteinDistance(1234.5, 1200.0, 0.0, 500, 24.0).format("GeV")
        == "1,234 ± 24 GeV, floor 1,200"
    )
    assert WassersteinDistance(0.0, 0.0, 0.0, 500).format() == "0.0, floor 0.0"


def test_whole_numbers_have_a_bin_each() -> None:
    edges = edges_of(np.array([3.0, 4.0, 4.0, 7.0]))
    assert edges.tolist() == [2.5, 3.5, 4.5, 5.5, 6.5, 7.5]
    assert shares_of(np.array([3.0, 4.0, 4.0, 7.0]), edges).tolist() == [0.25, 0.5, 0, 0, 0.25]


def test_the_axis_of_what_is_the_same_in_all_real_data_is_one_of_such_numbers() -> None:
    none = np.zeros(40)
    assert edges_of(none, none, share=True)[[0, -1]].tolist() == [0.0, 1.0]
    assert edges_of(none, none + 0.3, share=True)[[0, -1]].tolist() == [0.0, 1.0]
    assert edges_of(none, none).tolist() == [-0.5, 0.5, 1.5, 2.5]
    assert edges_of(none + 7, none + 7).tolist() == [5.5, 6.5, 7.5, 8.5]
    low, high = edges_of(none, np.linspace(0.1, 0.5, 50))[[0, -1]]
    assert low <= 0.0
    assert high > 0.4, "generated ones are seen, too"


@pytest.mark.parametrize(("n", "fewest", "most"), [(40, 8, 12), (400, 12, 22), (40_000, 60, 64)])
def test_there_are_as_many_bins_as_the_values_bear(n: int, fewest: int, most: int) -> None:
    """For a normal law of n values the rule of Freedman and Diaconis has 3.49 sigma / n^(1/3)."""
    values = np.random.default_rng(3).normal(size=n)
    edges = edges_of(values)
    bins = len(edges) - 1
    assert fewest <= bins <= most
    if 8 < bins < 64:
        assert np.diff(edges)[0] == pytest.approx(2.7 * n ** (-1 / 3), rel=0.25)
    few = edges_of(np.random.default_rng(3).normal(size=40_000), values[:40])
    assert len(few) - 1 <= 12  # of the smaller sample nothing finer can be said


def test_whole_numbers_share_bins_where_there_are_few_rows_and_many_numbers() -> None:
    rng = np.random.default_rng(0)
    few, many = (rng.integers(0, 60, size=n).astype(float) for n in (50, 20_000))
    for values, least, most in ((few, 2, 8), (many, 1, 1)):
        wide = np.diff(edges_of(values))
        assert least <= wide[0] <= most
        assert (wide == wide[0]).all()
        assert wide[0] == int(wide[0])
        assert shares_of(values, edges_of(values)).sum() == pytest.approx(1.0)


def test_values_beyond_the_bins_are_counted_at_each_end() -> None:
    edges = edges_of(NORMAL)
    far = np.array([edges[0] - 1.0, edges[0], edges[-1], edges[-1] + 1.0, 9e9, np.nan, -np.inf])
    assert beyond(far, edges) == (1, 2)
    kept = shares_of(far, edges).sum() * len(far)
    assert kept + 3 == 5  # all that is finite is in a bin or beyond them


def test_bins_of_a_logarithm_are_even_there_and_only_where_all_is_positive() -> None:
    edges = edges_of(np.exp(NORMAL), log=True)
    assert np.allclose(np.diff(np.log(edges)), np.diff(np.log(edges))[0])
    assert np.allclose(np.diff(edges_of(NORMAL, log=True)), np.diff(edges_of(NORMAL))[0])


@pytest.mark.parametrize("values", [[], [np.nan], [2.0, 2.0], [0.5, np.inf]])
def test_edges_rise_whatever_is_asked(values: list[float]) -> None:
    assert (np.diff(edges_of(np.array(values))) > 0).all()


def test_the_spread_is_what_chance_makes_of_counts() -> None:
    rng, edges = np.random.default_rng(1), np.linspace(-3, 3, 13)
    draws = np.array([shares_of(rng.normal(size=1000), edges) for _ in range(400)])
    told = spread_of(draws.mean(axis=0), 1000)
    assert np.allclose(draws.std(axis=0), told, rtol=0.2, atol=2e-4)
    assert spread_of(np.zeros(1), 100)[0] == pytest.approx(0.01)


@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=20),
    st.lists(st.floats(-100, 100), min_size=1, max_size=20),
)
def test_wasserstein_is_a_distance(first: list[float], second: list[float]) -> None:
    a, b = np.array(first), np.array(second)
    assert wasserstein(a, b) == pytest.approx(wasserstein(b, a), abs=1e-9)
    assert wasserstein(a, a) == 0
    assert wasserstein(a, a + 3) == pytest.approx(3)
    # Each value twice is the same distribution, of another number of values.
    assert wasserstein(np.repeat(a, 2), b) == pytest.approx(wasserstein(a, b), abs=1e-9)


def test_what_is_as_the_data_is_good_and_what_is_off_is_warm() -> None:
    rng = np.random.default_rng(2)
    same = wasserstein_distance(rng.normal(size=1000), NORMAL)
    moved = rng.normal(size=1000) + 0.3
    off = wasserstein_distance(moved, NORMAL)
    assert same is not None
    assert off is not None
    assert (same.n, same.level, off.level) == (1000, "good", "warm")
    assert off.value == pytest.approx(moved.mean() - NORMAL.mean(), abs=0.03)
    assert same.floor == pytest.approx(off.floor, rel=0.3)
    assert wasserstein_distance(rng.normal(size=10), NORMAL) is None
    assert wasserstein_distance(np.empty(0), NORMAL) is None


def test_nan_is_in_no_range() -> None:
    assert inside(np.array([0.0, 1.0, np.nan, 0.5]), 0.0, 1.0).tolist() == [
        True,
        False,
        False,
        True,
    ]


def test_elements_of_one_datum_count_as_one_where_their_spread_is_told() -> None:
    rng = np.random.default_rng(5)
    edges = np.linspace(-3, 3, 7)

    def draw(n: int) -> np.ndarray:
        """Return data of up to eight elements that are all near each other."""
        middle, size = rng.normal(size=(n, 1)), rng.integers(1, 9, n)
        x = middle + 0.1 * rng.normal(size=(n, 8))
        return np.where(np.arange(8) < size[:, None], x, np.nan)

    flat = [each[np.isfinite(each)] for each in (draw(300) for _ in range(200))]
    seen = np.std([shares_of(each, edges) for each in flat], axis=0)
    some = draw(300)
    told = spread_within(some, edges)
    assert told == pytest.approx(seen, rel=0.35)
    values = some[np.isfinite(some)]
    alone = spread_of(shares_of(values, edges), len(values))
    assert alone.sum() < 0.6 * seen.sum(), "counted each by itself they seem to vary far less"
    # Of data of one element each it is what counts vary by.
    single = rng.normal(size=4000)
    of_one = spread_within(single[:, None], edges)
    assert of_one == pytest.approx(spread_of(shares_of(single, edges), 4000), rel=1e-6)


def test_data_are_drawn_with_all_of_their_elements() -> None:
    rng = np.random.default_rng(6)
    middle = rng.normal(size=(2000, 1))
    x = middle + 0.1 * rng.normal(size=(2000, 5))
    x[rng.random(x.shape) < 0.3] = np.nan
    same, other = (
        wasserstein_distance(x[:1000], x[1000:]),
        wasserstein_distance(x[:1000] + 0.5, x[1000:]),
    )
    assert same is not None
    assert other is not None
    assert same.level == "good"
    assert (
        same.floor > 1.5 * wasserstein_distance(rng.normal(size=4000), rng.normal(size=4000)).floor
    )
    assert other.value == pytest.approx(0.5, abs=0.1)
    assert other.bar < 0.1


@pytest.mark.parametrize(("made", "real"), [(100, 4000), (1500, 4000)])
def test_the_bar_of_a_distance_is_that_of_both_sides(made: int, real: int) -> None:
    """Of two normal laws far apart W1 is the difference of the means: it varies by sigma (2 / n)^½.
    Draws alone had all that was generated in each, and said less than half of it.
    """
    rng = np.random.default_rng(made)
    found = wasserstein_distance(rng.normal(9.0, 2.0, size=made), rng.normal(size=real))
    assert found is not None
    assert found.value == pytest.approx(9.0, abs=4 * (5.0 / made) ** 0.5)
    assert found.bar == pytest.approx((5.0 / made) ** 0.5, rel=0.25)


def test_one_value_far_off_makes_a_distance_as_uncertain_as_it_is_large() -> None:
    """It is drawn again 0, 1, 2, ... times: by the law of Poisson, of mean and deviation 1."""
    made = NORMAL[:64].copy()
    made[7] = 64e3
    found = wasserstein_distance(made, NORMAL)
    assert found is not None
    assert found.value == pytest.approx(1000, rel=0.01)
    assert found.bar == pytest.approx(1000, rel=0.25)


def test_the_bar_of_elements_is_that_of_the_data_that_they_are_of() -> None:
    """Thirty elements of a datum that are alike say no more than one of it."""
    rng = np.random.default_rng(2)
    made, real = rng.normal(9.0, size=400), rng.normal(size=2000)
    one = wasserstein_distance(made, real)
    many = wasserstein_distance(
        np.repeat(made[:, None], 30, axis=1), np.repeat(real[:, None], 30, axis=1)
    )
    assert one is not None
    assert many is not None
    assert many.bar == pytest.approx(one.bar, rel=1e-9)


def test_resampled_weights_are_resampled_values() -> None:
    """By brute force: values drawn again, and sorted again."""
    rng = np.random.default_rng(4)
    made, real = rng.gumbel(size=50), rng.normal(size=90)
    fast = _resampled(made, real, 40, np.random.default_rng(7))
    again, slow = np.random.default_rng(7), []
    for _ in range(RESAMPLES):
        sides = [each[again.integers(len(each), size=40)] for each in (made, real)]
        slow.append(wasserstein(*sides))
    assert fast == pytest.approx(np.array(slow), rel=1e-9)
