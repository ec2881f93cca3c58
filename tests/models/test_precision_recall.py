"""Precision and recall where they are known."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.kinds.images import ImageSet
from pushforward.models.kinds.points import PointSet
from pushforward.models.metrics.base import NotApplicable
from pushforward.models.metrics.samples.precision_recall import (
    ManifoldConfig,
    Precision,
    Recall,
    radii,
    share_inside,
)
from pushforward.models.tensors import make_generator
from tests.models.measuring import figure, value


def line(*places: float) -> Tensor:
    return torch.tensor(places)[:, None]


def cloud(n: int, seed: int, at: float = 0.0) -> Tensor:
    return at + torch.randn((n, 2), generator=make_generator(seed))


def points(x: Tensor) -> PointSet:
    return PointSet(x, ("x", "y"))


def both(samples: Tensor, reference: Tensor, config: ManifoldConfig | None = None) -> list[float]:
    config = config or ManifoldConfig()
    return [value(metric(config), samples, points(reference)) for metric in (Precision, Recall)]


def test_balls_reach_to_the_kth_neighbour():
    x = line(0.0, 1.0, 3.0, 7.0)
    assert radii(x, 1).tolist() == [1.0, 1.0, 2.0, 4.0]
    assert radii(x, 2).tolist() == [3.0, 2.0, 3.0, 6.0]
    # Another point at the same place is a neighbour; a point is none of its own.
    assert radii(line(5.0, 5.0, 9.0), 1).tolist() == [0.0, 0.0, 4.0]
    with pytest.raises(ValueError, match="at least 4 rows are needed for 3 neighbours"):
        radii(x[:3], 3)


def test_blocks_make_no_difference():
    x = cloud(2500, 1)
    exact = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    expected = exact.sort(dim=1).values[:, 3]  # the nearest is the point itself
    torch.testing.assert_close(radii(x, 3), expected)


@pytest.mark.parametrize(
    ("place", "inside"),
    [(0.5, True), (-1.0, True), (-1.01, False), (4.9, True), (11.0, True), (11.1, False)],
)
def test_a_point_is_inside_where_any_ball_is(place: float, inside: bool):
    # Balls around 0 (1), 1 (1), 3 (2), 7 (4).
    assert share_inside(line(place), line(0.0, 1.0, 3.0, 7.0), 1) == float(inside)


def test_a_set_is_inside_itself_and_far_ones_are_not():
    x = cloud(500, 0)
    assert both(x, x) == [1.0, 1.0]
    assert both(x, x + 1000.0) == [0.0, 0.0]


def test_a_lost_half_costs_recall_only():
    here, there = cloud(400, 0), cloud(400, 1, at=100.0)
    precision, recall = both(here, torch.cat([here, there]))
    assert precision == 1.0
    assert recall == 0.5


def test_junk_costs_precision_only():
    data, junk = cloud(400, 0), torch.linspace(1e3, 1e5, 400)[:, None].expand(400, 2)
    precision, recall = both(torch.cat([data, junk]), data)
    assert precision == 0.5
    assert recall == 1.0


def test_one_good_thing_again_and_again_is_precise_and_recalls_nothing():
    data = cloud(400, 0)
    precision, recall = both(data[:1].expand(400, 2), data)
    assert precision == 1.0
    assert recall == 1 / 400


def test_more_neighbours_forgive_more():
    one, many = (both(cloud(300, 0), cloud(300, 1), ManifoldConfig(neighbours=k)) for k in (1, 10))
    assert all(a < b for a, b in zip(one, many, strict=True))


def test_large_sets_are_subsampled_by_the_passed_generator():
    metric = Precision(ManifoldConfig(most=60))
    x, y = cloud(500, 0), cloud(500, 1)
    one, same, other = (value(metric, x, points(y), seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one != other


@dataclass(frozen=True)
class Eyes:
    """A judge that sees the mean and the spread of an image."""

    def features(self, x: Rows) -> Tensor:
        flat = Batch.of(x).x.flatten(1)
        return torch.stack([flat.mean(dim=1), flat.std(dim=1)], dim=1)

    def logits(self, x: Rows) -> Tensor:
        return self.features(x)


def test_images_are_compared_as_the_judge_sees_them():
    x = torch.rand((80, 1, 4, 4), generator=make_generator(0))
    images = ImageSet(x)
    for metric in (Precision(ManifoldConfig()), Recall(ManifoldConfig())):
        # Turned around, an image looks the same to this judge.
        assert value(metric, x.flip(-1), images, judge=Eyes()) == 1.0
        assert value(metric, x + 5.0, images, judge=Eyes()) == 0.0
        with pytest.raises(NotApplicable, match="no judge: the images"):
            value(metric, x, images)


def test_the_interval_holds_a_share_nineteen_times_in_twenty():
    """Of draws against balls that stay: those around four points of a line."""
    real = PointSet(line(0.0, 1.0, 2.0, 3.0), ("x",))
    config = ManifoldConfig(neighbours=1)
    true = 5.0 / 8.0  # of the line from -1 to 7, the balls hold -1 to 4
    held = 0
    for seed in range(400):
        x = 8.0 * torch.rand((60, 1), generator=make_generator(seed)) - 1.0
        found = figure(Precision(config), x, real)
        assert found.low is not None
        assert found.high is not None
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0
        assert found.n == 60
        held += found.low <= true <= found.high
    assert 0.92 <= held / 400 <= 0.98
