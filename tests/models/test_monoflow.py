"""MonoFlow: what moves, by how much, when; and that it gets there."""

import math

import pytest
import torch

from pushforward.models.config import ConfigError, decode, encode
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.monoflow import MonoFlow, MonoFlowConfig
from pushforward.models.metrics.samples.sliced import sliced_wasserstein
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
POINTS = eight_gaussians(EightGaussiansConfig(), 4000, 0)
SPEC = POINTS.spec()
DATA = SPEC.standardise(POINTS.x)


def build(seed: int = 0, **settings: object) -> MonoFlow:
    small = {"critic": {"width": 32, "depth": 2}, "population": 128}
    config = decode(MonoFlowConfig, {**small, **settings})
    return MonoFlow(config, SPEC, horizon=100, seed=seed, device=CPU)


def train(family: MonoFlow, start: int, stop: int, size: int = 64) -> None:
    for i in range(start, stop):
        rows = torch.randint(len(DATA), (size,), generator=make_generator(i, 9))
        family.step(DATA[rows])


def test_an_arrow_is_the_next_move():
    """The layer at the particles, after the critic has learned, is how far they go."""
    family = build(rescaling="non-saturated", reach=0.0)
    train(family, 0, 3)
    walk = family.walk(DATA[:64])
    for name, scene in walk:
        if name == "velocity":
            arrows = family.layer("next-move", scene["particles"], 1.0)
            h = family.layer("rescaling", scene["particles"], 1.0)
            slope = torch.sigmoid(-family.critic(scene["particles"]))
            torch.testing.assert_close(h, slope)
        if name == "move":
            torch.testing.assert_close(scene["moved"] - scene["particles"], arrows)
            assert torch.equal(scene["moved"], family.carrier.x)


def test_the_number_of_particles_does_not_change_their_steps():
    """Each moves by speed times velocity, not by the gradient of a mean over all."""
    few, many = build(population=64), build(population=256)
    z = few.carrier.x
    for family in (few, many):
        family.carrier.follow(family.field, family.carrier.x)
    torch.testing.assert_close(few.carrier.x - z, many.carrier.x[:64] - z)


def test_the_particles_move_once_in_so_many_critic_steps():
    family = build(critic_steps=3)
    moved = []
    for i in range(7):
        before = family.carrier.x
        train(family, i, i + 1)
        moved.append(not torch.equal(before, family.carrier.x))
    assert moved == [False, False, True, False, False, True, False]
    assert family.carrier.count == 2


@pytest.mark.parametrize("settings", [{"noise": 0.2}, {"start": "eight-gaussians"}, {"reach": 0.1}])
def test_a_resumed_population_goes_on_exactly(settings: dict):
    straight, first, second = build(**settings), build(**settings), build(seed=5, **settings)
    train(straight, 0, 8)
    train(first, 0, 4)
    second.load_state(first.state())
    train(second, 4, 8)
    assert torch.equal(straight.carrier.x, second.carrier.x)
    assert torch.equal(straight.carrier.start, second.carrier.start)


def test_batches_larger_and_smaller_than_the_population_work():
    for size in (1, 64, 128, 300):
        family = build()
        train(family, 0, 2, size)
        assert family.carrier.x.isfinite().all()


def test_settings_change_in_a_run():
    family = build()
    train(family, 0, 2)
    settings = {**encode(family.config), "rescaling": "vanilla", "shift": 5.0, "noise": 0.3}
    family.reconfigure(decode(MonoFlowConfig, {**settings, "speed": 0.5, "critic_steps": 2}))
    assert family.field.rescaling.title == "Vanilla (saturating), shifted by 5"
    assert (family.carrier.noise, family.carrier.speed) == (0.3, 0.5)
    with pytest.raises(ConfigError, match="middle of a training"):
        family.reconfigure(decode(MonoFlowConfig, {**settings, "population": 64}))


def test_an_h_that_leads_away_is_said_to():
    assert build().warnings() == []
    assert "away from the data" in build(rescaling="plugged-chi2").warnings()[0]


def test_an_exploding_field_does_no_harm():
    family = build(rescaling="exp-1.5", shift=20.0, start_width=4.0)
    train(family, 0, 5)
    steps = (family.carrier.x - family.carrier.start).norm(dim=1)
    assert steps.max() <= 5 * family.config.reach + 1e-4
    assert family.carrier.x.isfinite().all()


@pytest.mark.parametrize("rescaling", ["logit", "non-saturated"])
def test_particles_reach_eight_gaussians(rescaling: str):
    family = build(rescaling=rescaling, population=512, speed=0.03, penalty=0.0)
    unseen = eight_gaussians(EightGaussiansConfig(), 4000, 1).x
    before = sliced_wasserstein(SPEC.restore(family.carrier.x), unseen, 1)
    train(family, 0, 500, 256)
    x = SPEC.restore(family.carrier.x)
    after = sliced_wasserstein(x, unseen, 1)
    assert after < 0.4 * before
    sector = (torch.atan2(x[:, 1], x[:, 0]) / (math.pi / 4)).round().long() % 8
    assert torch.bincount(sector, minlength=8).min() > 0.05 * len(x)


def test_a_divergence_plugged_in_does_not_bring_them_there():
    """The same training, with the chi-squared divergence of the held ratio for h."""
    unseen = eight_gaussians(EightGaussiansConfig(), 4000, 1).x
    ends = {}
    for h in ("logit", "plugged-chi2"):
        family = build(rescaling=h, population=256, speed=0.03, start_width=2.0)
        train(family, 0, 300, 128)
        ends[h] = sliced_wasserstein(SPEC.restore(family.carrier.x), unseen, 1)
    assert ends["plugged-chi2"] > 2 * ends["logit"]
