"""Null models repeat or look up the training data, and second metrics tell them from learning."""

import pytest
import torch

from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.verify.null_models import (
    copy_rows,
    mix_with_neighbours,
    sample_annulus,
    sample_centres,
    sample_marginals,
    turn_ring,
)
from pushforward.verify.points import few_step_ring
from pushforward.verify.points.few_step_ring import AUTHENTIC, SEPARABLE, null_quality, ring_nulls
from pushforward.verify.sample_tests import (
    find_neighbours,
    measure_authenticity,
    measure_separability,
)
from pushforward.verify.series.series_nulls import look_up_series

N = 1000


def ring(seed, n=N):
    return eight_gaussians(EightGaussiansConfig(), n, 800_000 + seed)


TRAIN = ring(0, 5000)
MAKES = {
    "annulus": lambda: sample_annulus(TRAIN.x, N, 1),
    "turned": lambda: turn_ring(TRAIN.x, N, 1, 8),
    "centres": lambda: sample_centres(TRAIN.modes, N, 1),
    "marginals": lambda: sample_marginals(TRAIN.x, N, 1),
}


@pytest.mark.parametrize("name", MAKES)
def test_a_two_sample_test_tells_what_has_no_modes(name):
    assert measure_separability(MAKES[name](), ring(1).x) > 0.68


def test_a_two_sample_test_does_not_tell_fresh_points_or_copies():
    for samples in (ring(2).x, copy_rows(TRAIN.x, N, 1)):
        assert measure_separability(samples, ring(1).x) == pytest.approx(0.5, abs=0.04)


def test_equal_rows_are_told_from_spread_ones():
    """All at one place: a row's own place among its neighbours is not one of them."""
    assert measure_separability(torch.zeros(100, 2), torch.randn(100, 2)) > 0.85


def test_copies_and_mixtures_are_not_authentic():
    assert measure_authenticity(copy_rows(TRAIN.x, N, 1), TRAIN.x) == 0.0
    assert measure_authenticity(mix_with_neighbours(TRAIN.x, N, 1), TRAIN.x) < 0.12
    assert measure_authenticity(mix_with_neighbours(TRAIN.x, N, 1, 0.1), TRAIN.x) < 0.01
    assert 0.3 < measure_authenticity(ring(3).x, TRAIN.x) < 0.6


def test_null_models_keep_what_they_should():
    angle = torch.atan2(*sample_annulus(TRAIN.x, 20_000, 1).T.flip(0))
    counts = torch.histc(angle, 16, -torch.pi, torch.pi) / 20_000
    assert counts.tolist() == pytest.approx(16 * [1 / 16], abs=0.01)
    turned = turn_ring(TRAIN.x, N, 1, 8)
    assert turned.norm(dim=1).sort().values.tolist() == pytest.approx(
        copy_rows(TRAIN.x, N, 1).norm(dim=1).sort().values.tolist(), abs=0.1
    )
    marginals = sample_marginals(TRAIN.x, N, 1)
    assert set(marginals[:, 0].tolist()) <= set(TRAIN.x[:, 0].tolist())
    assert len(copy_rows(TRAIN.x, N, 1).unique(dim=0)) == N
    assert len(copy_rows(TRAIN.x[:10], N, 1)) == N


def test_neighbours_are_the_nearest():
    x, among = torch.randn(50, 3), torch.randn(70, 3)
    distance, index = find_neighbours(x, among, 2)
    expected = torch.cdist(x.double(), among.double()).topk(2, largest=False)
    assert torch.equal(index, expected.indices)
    assert torch.allclose(distance, expected.values)
    assert find_neighbours(x, among, 1)[1].shape == (50, 1)


def test_a_look_up_fills_in_from_the_series_that_agree():
    train = torch.randn(30, 8, 2)
    hidden = torch.zeros(5, 8, 2, dtype=torch.bool)
    hidden[:, 4:] = True
    x = train[:5].clone()
    found = look_up_series(torch.where(hidden, 99.0, x), hidden, train, 3)
    assert found.shape == (3, 5, 8, 2)
    assert torch.equal(found[0], x)
    assert torch.equal(found[1][~hidden], x[~hidden])
    assert not torch.equal(found[1], x)


@pytest.fixture
def _one_draw(monkeypatch):
    monkeypatch.setattr(few_step_ring, "DRAWS", 1)
    monkeypatch.setattr(few_step_ring, "floors", lambda repeats: "")
    null_quality.cache_clear()
    yield
    null_quality.cache_clear()


@pytest.mark.usefixtures("_one_draw")
def test_the_ring_s_line_is_missed_by_each_null_model():
    """Without any line on a distance: the two-sample test and the authentic share suffice."""
    for null in ring_nulls(lambda quality: quality.is_learned):
        assert null.measure().passed is False, null.title
    assert null_quality("copies of training points").separability < SEPARABLE
    assert null_quality("an annulus without modes").authenticity > AUTHENTIC
