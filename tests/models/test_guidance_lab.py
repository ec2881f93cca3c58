"""The guidance lab on an exact denoiser: what guidance does is then known, and so is the law."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from pushforward.models.contracts.spec import LABEL
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.data.two_moons import TwoMoonsConfig, two_moons
from pushforward.models.guidance.base import BlownUp
from pushforward.models.kinds.points import PointSet
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.operators.guidance_lab import GuidanceLab, GuidanceLabConfig, Lawful
from pushforward.models.oracle import GaussianMixture
from pushforward.models.registry import discover, registry
from pushforward.models.tensors import make_generator

discover()
CLASS = 2
RING = replace(ring_of_five(RingOfFiveConfig(std=0.9), 4000, 0), told=True)


def learner(slug: str, data: PointSet, **config: Any) -> Any:
    entry = registry.get("family", slug)
    made = entry.config(conditional=True, **config)
    return entry.make(made, data.spec(), horizon=1, seed=0, device=torch.device("cpu"))


def do(family: Any, data: PointSet, label: Any = CLASS, **settings: Any) -> Outcome:
    given = {} if label is None else {LABEL: torch.as_tensor(label, dtype=torch.float32)}
    operation = Operation(family, data=lambda: data, given=given)
    work = GuidanceLab(GuidanceLabConfig(**settings)).work(operation)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def exact() -> dict[str, Any]:
    outcome = do(learner("exact-flow", RING), RING, strengths=(0.0, 1.0, 2.0, 4.0), n=2000)
    return dict(outcome.arrays)


def test_strength_one_samples_the_class_and_none_the_data(exact) -> None:
    floor = float(exact["floor"])
    assert float(exact["distance"][1]) < 2.0 * floor
    assert float(exact["distance"][0]) > 10.0 * floor
    assert float(exact["share"][0]) == pytest.approx(0.2, abs=0.03), "one of five"
    own = RING.law.of_class(CLASS).sample(2000, make_generator(9))
    right = float(Lawful(RING.law, CLASS).gives(own).float().mean())
    assert float(exact["share"][1]) == pytest.approx(right, abs=0.03)
    assert float(exact["class-spread"]) == pytest.approx(2 * 0.9**2, rel=0.08)


def test_more_is_truer_and_less_varied_and_less_so_than_the_tilted_law(exact) -> None:
    share, spread, tilted = exact["share"], exact["spread"], exact["tilted-spread"]
    assert torch.all(share.diff() >= 0.0)
    assert torch.all(spread.diff() < 0.0)
    assert torch.all(tilted.diff() < 0.0)
    assert torch.all(spread[2:] < 0.9 * tilted[2:]), "guidance is not the tilted law"
    assert torch.all(exact["tilted-distance"][2:] > 2.0 * exact["floor"])


def test_all_strengths_start_at_the_same_noise(exact) -> None:
    one, more = exact["samples"][1], exact["samples"][2]
    other = more[torch.randperm(len(more), generator=make_generator(0))]
    assert (one - more).norm(dim=1).mean() < 0.7 * (one - other).norm(dim=1).mean()


def test_the_weighed_law_is_that_of_rejection() -> None:
    law = Lawful(RING.law, CLASS)
    for strength in (0.5, 1.0, 3.0):
        x, spread = law.tilted(8000, strength, make_generator(1))
        drawn = RING.law.sample_tilted(8000, CLASS, strength, make_generator(2))
        assert spread == pytest.approx(float(drawn.var(dim=0).sum()), rel=0.08)
        torch.testing.assert_close(x.mean(dim=0), drawn.mean(dim=0), atol=0.12, rtol=0.0)


def test_maps_are_densities_whose_means_are_those_of_the_law(exact) -> None:
    x0, x1, y0, y1 = exact["bounds"].tolist()
    m = exact["map"].shape[-1]
    area = (x1 - x0) * (y1 - y0) / m**2
    at = x0 + (x1 - x0) * (torch.arange(m) + 0.5) / m
    for k, strength in enumerate((0.0, 1.0, 2.0, 4.0)):
        density = exact["map"][k].exp()
        assert float(density.sum()) * area == pytest.approx(1.0, abs=0.02)
        drawn = RING.law.sample_tilted(8000, CLASS, strength, make_generator(3))
        mean = float((density.sum(dim=0) * at).sum() * area)
        assert mean == pytest.approx(float(drawn[:, 0].mean()), abs=0.15)
    torch.testing.assert_close(exact["map"][1], exact["class-map"], atol=1e-3, rtol=0.0)


def test_a_law_in_which_nobody_is_surely_of_the_class_is_weighed_too() -> None:
    same = GaussianMixture(
        torch.zeros(2, 2), torch.ones(2), torch.full((2,), 0.5), torch.tensor([0, 1])
    )
    x, spread = Lawful(same, 0).tilted(500, 100.0, make_generator(0))
    assert len(x) == 500
    assert spread == pytest.approx(2.0, rel=0.1)


def test_what_leads_out_of_all_bounds_is_said_and_has_no_figures(monkeypatch) -> None:
    monkeypatch.setattr("pushforward.models.guidance.base.FAR", 4.0)
    family = learner("exact-flow", RING)
    with pytest.raises(BlownUp, match="too strong"):
        do(family, RING, strengths=(100.0,), steps=4, n=64)
    outcome = do(family, RING, strengths=(1.0, 100.0), steps=4, n=64)
    assert "out of all bounds" in outcome.note
    assert outcome.arrays["share"].isfinite().tolist() == [True, False]
    assert outcome.arrays["samples"][0].isfinite().all()


def test_without_a_law_the_nearest_data_judge_and_data_of_the_class_are_the_bar() -> None:
    moons = replace(two_moons(TwoMoonsConfig(), 1000, 0), told=True)
    family = learner("edm", moons, label_dropout=0.2)
    arrays = do(family, moons, label=1, strengths=(1.0,), n=64, steps=4).arrays
    assert arrays["share"].isfinite().all()
    assert arrays["tilted-distance"].isnan().all()
    assert "map" not in arrays
    own = moons.x[moons.labels == 1]
    assert float(arrays["class-spread"]) == pytest.approx(float(own.var(dim=0).sum()), rel=0.15)


def test_who_is_told_no_class_or_always_one_is_refused() -> None:
    plain = replace(RING, told=False)
    entry = registry.get("family", "edm")
    untold = entry.make(entry.config(), plain.spec(), horizon=1, seed=0, device=torch.device("cpu"))
    with pytest.raises(ValueError, match="unconditional"):
        do(untold, plain, label=None)
    with pytest.raises(ValueError, match="no unconditional prediction"):
        do(learner("edm", RING), RING)
    with pytest.raises(ValueError, match="a single one"):
        do(learner("exact-flow", RING), RING, label=[0.0, 1.0])
