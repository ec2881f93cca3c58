"""Consistency training: its schedules, the law of its levels, its distance, and what it learns."""

import math

import pytest
import torch

from pushforward.models.config import ConfigError, Pick
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.consistency_training import (
    ConsistencyTraining,
    ConsistencyTrainingConfig,
)
from pushforward.models.fields.consistency_schedule import level_count, target_decay
from pushforward.models.samplers.consistency import Multistep
from pushforward.models.tensors import make_generator
from pushforward.verify.points.consistency_steps import distance

CPU = torch.device("cpu")
DATA = eight_gaussians(EightGaussiansConfig(), 2000, 0)
SPEC = DATA.spec()
X = SPEC.standardise(DATA.x)
NET = Pick(slug="mlp", config={"width": 32, "depth": 2})
CT = {"schedule": "root", "first": 2, "last": 150, "distance": "l2", "density": "even",
      "weight": "even", "target": 0.95}  # fmt: skip


def made(horizon: int = 400, **settings: object) -> ConsistencyTraining:
    config = ConsistencyTrainingConfig(**{"net": NET, **settings})
    return ConsistencyTraining(config, SPEC, horizon=horizon, seed=0, device=CPU)


def batch(index: int, size: int = 128) -> torch.Tensor:
    return X[torch.randint(len(X), (size,), generator=make_generator(index, 9))]


def test_levels_rise_as_the_papers_say():
    root = [level_count("root", k, 1000, 2, 150) for k in (0, 250, 500, 1000, 5000)]
    assert root == [2, 76, 107, 151, 151]
    doubled = [level_count("doubling", k, 800, 10, 1280) for k in range(0, 900, 100)]
    assert doubled == [11, 21, 41, 81, 161, 321, 641, 1281, 1281]
    assert level_count("constant", 3, 800, 10, 18) == 19


def test_the_target_follows_the_faster_the_fewer_levels_there_are():
    assert target_decay(0.95, 2, 2) == pytest.approx(0.95)
    assert target_decay(0.95, 2, 151) == pytest.approx(math.exp(2 * math.log(0.95) / 151))
    assert target_decay(0.0, 2, 50) == 0.0


def test_levels_are_drawn_by_a_log_normal_law_of_their_gaps():
    field = made(schedule="constant", last=8).field
    low, high = field.draw(20_000, make_generator(1))
    places = torch.searchsorted(field.grid, low)
    assert torch.equal(field.grid[places + 1], high)
    found = torch.bincount(places, minlength=8) / len(low)
    normal = torch.distributions.Normal(-1.1, 2.0)
    below = normal.cdf(field.grid.log())
    expected = (below[1:] - below[:-1]) / (below[-1] - below[0])
    torch.testing.assert_close(found, expected, rtol=0, atol=0.012)


def test_the_distance_is_squared_near_by_and_plain_far_away():
    field = made(huber=0.5).field
    c = 0.5 * math.sqrt(2)
    near, far = torch.tensor([[0.02, 0.0]]), torch.tensor([[300.0, 400.0]])
    assert float(field._pseudo_huber(near.square())) == pytest.approx(4e-4 / (2 * c), rel=1e-2)
    assert float(field._pseudo_huber(far.square())) == pytest.approx(500 - c, rel=1e-3)


def test_both_points_of_a_pair_are_one_datum_with_one_noise():
    family = made()
    walk = family.walk(batch(0))
    next(walk)
    _, scene = next(walk)
    upper, lower = scene["particles"] - scene["real"], scene["moved"] - scene["real"]
    ratio = upper / lower
    torch.testing.assert_close(ratio[:, 0], ratio[:, 1], rtol=1e-2, atol=1e-2)
    assert (ratio[:, 0] > 1).all()


@pytest.mark.parametrize("settings", [{"last": 40}, {**CT, "last": 40}], ids=["iCT", "CT"])
def test_it_learns_to_go_all_the_way_without_a_teacher(settings):
    family, one = made(**settings), Multistep()
    before = distance(made(**settings), one, 0)
    levels = [float(family.step(batch(index))["levels"]) for index in range(400)]
    assert levels == sorted(levels)
    assert levels[0] <= 11
    assert levels[-1] == 41
    assert distance(family, one, 0) < 0.75 * before


def test_a_longer_run_goes_on_with_as_many_levels():
    short = made(horizon=20)
    for index in range(20):
        short.step(batch(index))
    longer = made(horizon=4000)
    longer.load_state(short.state())
    assert float(longer.step(batch(20))["levels"]) == short.config.last + 1


def test_fewer_levels_at_the_end_than_at_first_are_refused():
    with pytest.raises(ConfigError, match="at least the first"):
        made(first=20, last=10)


def test_the_distance_of_a_cloud_is_that_of_its_real_places_alone():
    field = made(huber=0.5).field
    squares = torch.rand((3, 4, 2), generator=make_generator(4))
    mask = torch.tensor([[True] * 4, [True, True, False, False], [True, False, False, False]])
    found = field._pseudo_huber(squares * mask[..., None], mask)
    for row, size in enumerate((4, 2, 1)):
        alone = field._pseudo_huber(squares[row : row + 1, :size])
        torch.testing.assert_close(found[row : row + 1], alone)
