"""The guidance lab of images on an exact denoiser, judged by the law of its data."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import finish
from pushforward.models.contracts.spec import LABEL
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.metrics.images.density_coverage import expected_coverage
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.operators.image_guidance import ImageGuidance, ImageGuidanceConfig
from pushforward.models.registry import discover, registry

discover()
RING = replace(ring_of_five(RingOfFiveConfig(std=0.9), 4000, 0), told=True)
N = 300


class Lawful:
    """Sees in points what the law says of them, and the points themselves."""

    def features(self, x: Any) -> Tensor:
        return Batch.of(x).x

    def logits(self, x: Any) -> Tensor:
        at = Batch.of(x).x
        assert RING.law is not None
        return RING.law.log_class(at, at.new_zeros(()))


def lab(
    label: int | None = None, *, judge: Any = Lawful, told: bool = True, **settings: Any
) -> Outcome:
    data = replace(RING, told=told)
    entry = registry.get("family", "exact-flow")
    config = entry.config(conditional=told)
    family = entry.make(config, data.spec(), horizon=1, seed=0, device=torch.device("cpu"))

    def prepared() -> Any:
        yield False
        return judge() if judge is not None else None

    given = {} if label is None else {LABEL: torch.tensor(float(label))}
    operation = Operation(family, given=given, some=lambda n, seed: data, judge=prepared)
    return finish(ImageGuidance(ImageGuidanceConfig(**settings)).work(operation))


def test_fidelity_rises_and_coverage_falls_and_at_strength_one_both_are_those_of_the_data() -> None:
    found = lab(strengths=(0.0, 1.0, 4.0), n=N).arrays
    accuracy, coverage = found["accuracy"], found["coverage"]
    assert found["asked"][:7].tolist() == [0, 1, 2, 3, 4, 0, 1], "all in turn"
    # Without the class it is right by chance, with it as often as real data are.
    assert float(accuracy[0, 0]) == pytest.approx(0.2, abs=0.08)
    real = float(found["real-accuracy"])
    assert float(accuracy[1, 1]) < real < float(accuracy[1, 2])
    assert float(accuracy[2, 0]) > float(accuracy[1, 0])
    expected = float(found["real-coverage"])
    assert int(found["n-real"]) <= int(found["n"])
    assert expected == pytest.approx(expected_coverage(N, N, 5))
    assert float(coverage[1, 0]) == pytest.approx(expected, abs=0.06)
    assert float(coverage[2, 0]) < expected - 0.1
    assert bool((accuracy[:, 1] < accuracy[:, 0]).all())
    assert bool((accuracy[:, 0] <= accuracy[:, 2]).all())


def test_a_class_is_held_against_real_data_of_it_alone() -> None:
    found = lab(2, strengths=(1.0,), n=N).arrays
    assert found["asked"].eq(2).all()
    assert float(found["coverage"][0, 0]) == pytest.approx(float(found["real-coverage"]), abs=0.08)


def test_a_look_asks_no_judge_and_strengths_share_their_noise() -> None:
    found = lab(1, judge=None, measure=False, strengths=(1.0, 1.0), n=5).arrays
    assert set(found) == {"strengths", "pictures", "asked"}
    assert torch.equal(found["pictures"][0], found["pictures"][1])


def test_who_cannot_be_led_or_judged_is_refused() -> None:
    with pytest.raises(ValueError, match="no reference classifier"):
        lab(1, judge=None, n=64)
    with pytest.raises(ValueError, match="unconditional"):
        lab(told=False, n=64)
