"""Precision and recall where they are known."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from models.kinds.images import ImageSet
from models.metrics.base import NotApplicable
from models.metrics.precision_recall import (
    ManifoldConfig,
    Precision,
    Recall,
    radii,
    share_inside,
)
from models.tensors import make_generator


def line(*places: float) -> Tensor:
    return torch.tensor(places)[:, None]


def cloud(n: int, seed: int, at: float = 0.0) -> Tensor:
    return at + torch.randn((n, 2), generator=make_generator(seed))


def both(samples: Tensor, reference: Tensor, config: ManifoldConfig | None = None) -> list[float]:
    points = ring_of_five(RingOfFiveConfig(), 5, 0)
    return [
        metric(config)(samples, reference, points=points, generator=make_generator(0))
        for metric in (Precision, Recall)
    ]


def test_balls_reach_to_the_kth_neighbour():
    x = line(0.0, 1.0, 3.0, 7.0)
    assert radii(x, 1).tolist() == [1.0, 1.0, 2.0, 4.0]
    assert radii(x, 2).tolist() == [3.0, 2.0, 3.0, 6.0]
    # Another point at the same place is a neighbour; a point is none of its own.
    assert radii(line(5.0, 5.0, 9.0), 1).tolist() == [0.0, 0.0, 4.0]
    with pytest.raises(ValueError, match="at least 4 points are needed for 3 neighbours"):
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
    points = ring_of_five(RingOfFiveConfig(), 5, 0)
    one, same, other = (metric(x, y, points=points, generator=make_generator(s)) for s in (0, 0, 1))
    assert one == same
    assert one != other


@dataclass(frozen=True)
class Eyes:
    """A judge that sees the mean and the spread of an image."""

    def features(self, x: Tensor) -> Tensor:
        flat = x.flatten(1)
        return torch.stack([flat.mean(dim=1), flat.std(dim=1)], dim=1)

    def logits(self, x: Tensor) -> Tensor:
        return self.features(x)


def test_images_are_compared_as_the_judge_sees_them():
    x = torch.rand((80, 1, 4, 4), generator=make_generator(0))
    seen = ImageSet(x=x, labels=None, names=(), judge=Eyes())
    blind = ImageSet(x=x, labels=None, names=())
    for metric in (Precision(), Recall()):
        # Turned around, an image looks the same to this judge.
        assert metric(x.flip(-1), x, points=seen, generator=make_generator(0)) == 1.0
        assert metric(x + 5.0, x, points=seen, generator=make_generator(0)) == 0.0
        with pytest.raises(NotApplicable, match="no judge"):
            metric(x, x, points=blind, generator=make_generator(0))
