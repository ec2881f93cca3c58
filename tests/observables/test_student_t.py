"""Student's t distribution against SciPy's."""

import math

import numpy as np
import pytest
from scipy import stats

from pushforward.observables.student_t import half_interval, quantile, tail


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 6, 7, 8, 19, 20, 49])
def test_the_tail_is_that_of_the_distribution(freedom: int) -> None:
    for t in (0.0, 0.3, 1.0, 2.5, 9.0):
        assert tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 20])
@pytest.mark.parametrize("share", [0.5, 0.1, 0.025, 0.001])
def test_a_quantile_is_exceeded_as_often_as_asked(share: float, freedom: int) -> None:
    assert quantile(share, freedom) == pytest.approx(
        stats.t.isf(share, freedom), rel=1e-8, abs=1e-9
    )


def test_the_interval_of_a_mean_covers_it_as_often_as_said() -> None:
    draws = np.random.default_rng(0).standard_normal((4000, 3))
    covered = [abs(row.mean()) <= half_interval(row) for row in draws]
    assert np.mean(covered) == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 4000))
    normal = [abs(row.mean()) <= 1.96 * row.std(ddof=1) / math.sqrt(3) for row in draws]
    assert np.mean(normal) < 0.9


def test_one_value_has_no_interval() -> None:
    assert half_interval([1.0]) == math.inf
