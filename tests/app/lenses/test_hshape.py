"""What an h does to particles, in figures and in words."""

import numpy as np
import pytest

from pushforward.studio.app.charts.rescaling_shape import Shape, bars, judge, span_of, values_at

U = np.linspace(-10, 10, 201)


def sigmoid(u):
    return 1 / (1 + np.exp(-u))


VANILLA = Shape.of("vanilla", U, np.logaddexp(0, U), sigmoid(U))
LOGIT = Shape.of("logit", U, U, np.ones_like(U))
LIKELIHOOD = Shape.of("ml", U, np.exp(U), np.exp(U))
FORWARD = Shape.of("plugged", U, -U * np.exp(U), -(1 + U) * np.exp(U))


def shifted(shape, c):
    return Shape(shape.title, shape.u, shape.h, shape.slope, c)


def test_the_table_is_read_between_its_points_and_beyond_its_ends():
    d = np.array([-25.0, -10.0, 0.03, 10.0, 14.0])
    assert VANILLA.pull(d) == pytest.approx(sigmoid(d), rel=2e-3)
    assert LIKELIHOOD.pull(d) == pytest.approx(np.exp(d), rel=2e-3)
    assert VANILLA.height(d) == pytest.approx(np.logaddexp(0, d), abs=1e-3)
    assert FORWARD.pull(np.array([20.0]))[0] < -1e9


def test_a_shift_moves_the_argument():
    d = np.array([-6.0, 0.0, 2.0])
    assert shifted(VANILLA, 3.0).pull(d) == pytest.approx(sigmoid(d + 3), rel=2e-3)
    assert shifted(LOGIT, 3.0).height(d) == pytest.approx(d + 3)


@pytest.mark.parametrize(
    ("shape", "centre", "word"),
    [
        (VANILLA, -8.0, "vanishing"),
        (shifted(VANILLA, 5.0), -4.0, "well scaled"),
        (LOGIT, -8.0, "well scaled"),
        (LIKELIHOOD, -8.0, "vanishing"),
        (FORWARD, 0.0, "leads away"),
    ],
)
def test_the_verdict(shape, centre, word):
    d = np.random.default_rng(0).normal(centre, 0.4, 2000)
    found = judge(shape, d)
    assert found.word == word
    assert found.median == pytest.approx(np.median(shape.pull(d)))
    assert found.text


def test_a_part_that_is_left_behind_is_counted():
    d = np.concatenate([np.full(850, 0.2), np.full(150, -15.0)])
    found = judge(VANILLA, d)
    assert found.word == "vanishing for some"
    assert "15 % of the particles" in found.text


def test_a_few_that_are_thrown_far_make_it_explosive():
    d = np.concatenate([np.full(960, 0.0), np.full(40, 9.0)])
    found = judge(LIKELIHOOD, d)
    assert found.word == "explosive"
    assert "times the median" in found.text


def test_without_particles_there_is_nothing_to_judge():
    assert judge(LOGIT, np.empty(0)) is None
    assert span_of(np.empty(0)) == (-4.0, 4.0)


def test_values_follow_the_flow_clock_and_leave_out_what_is_not_finite():
    extra = np.array([[0, 0, np.nan], [2, 4, 1]], dtype=np.float32)
    t = np.array([0.0, 1.0], dtype=np.float32)
    assert values_at(extra, t, 0.5).tolist() == [1.0, 2.0]
    assert values_at(extra, t, 1.0).tolist() == [2.0, 4.0]
    assert values_at(extra, t, 2.0).tolist() == [2.0, 4.0]
    assert values_at(extra[1:], t[1:], 0.3).tolist() == [2.0, 4.0, 1.0]


def test_the_bars_hold_all_particles_that_are_shown():
    d = np.random.default_rng(1).normal(-9, 2, 5000)
    low, high = span_of(d)
    assert low < -12
    assert high == 4.0
    made = bars(d, (low, high))
    assert made.share.sum() == pytest.approx(1.0, abs=0.005)
    assert len(made.edges) == len(made.share) + 1
