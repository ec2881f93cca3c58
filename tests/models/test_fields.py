"""Score field and particles: one motion, whether a sampler takes it or the velocity is followed."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from pushforward.models.carriers.base import Carrier
from pushforward.models.carriers.particles import Particles
from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.fields.base import Field
from pushforward.models.kinds.points import in_data_units
from pushforward.models.paths.clock import display_scale
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator

SPEC = in_data_units(2)


def build(**settings: object) -> Edm:
    config = decode(EdmConfig, settings)
    return Edm(config, SPEC, horizon=10, seed=0, device=torch.device("cpu"))


def test_the_protocols_are_met():
    family = build()
    assert isinstance(family.field, Field)
    assert isinstance(family.carrier, Carrier)
    assert family.carrier.follow(family.field, torch.zeros(1, 2)) == {}


@pytest.mark.parametrize("display", ["variance-preserving", "straight"])
def test_following_the_velocity_ends_where_the_sampler_does(display):
    family = build(display=display)
    z = family.prior(50, make_generator(1))
    frames = list(family.flow(z, sampler=Heun(HeunConfig(steps=200))))
    x, n = frames[0].x, 800
    for i in range(n):
        t, h = i / n, 1 / n
        k1 = family.velocity(x, t)
        k2 = family.velocity(x + 0.5 * h * k1, t + 0.5 * h)
        x = x + h * k2
    # The velocity ends at s_min, whose scale is not quite 1; the samples are at s = 0.
    x = x / display_scale(display, torch.tensor(family.config.s_min))
    torch.testing.assert_close(x, frames[-1].x, rtol=0, atol=2e-3)


@pytest.mark.parametrize("display", ["variance-preserving", "straight"])
def test_frames_run_from_the_prior_to_the_samples(display):
    family = build(display=display)
    z = family.prior(500, make_generator(2))
    frames = list(family.flow(z))
    times = [f.t for f in frames]
    assert times[0] == 0.0
    assert times[-1] == 1.0
    assert all(a < b for a, b in pairwise(times))
    torch.testing.assert_close(frames[0].x, z.x, rtol=0.06, atol=0)
    assert frames[-1].nfe == 35
    sampled = Heun().sample(family.denoiser(), z.x, family.config.s_min, family.config.s_max)
    torch.testing.assert_close(frames[-1].x, sampled)


def test_flow_time_does_not_depend_on_the_number_of_steps():
    """Particles pass the same places at the same times in 20 and in 200 steps."""
    family = build()
    z = family.prior(50, make_generator(3))
    coarse, fine = (
        {round(f.t, 9): f.x for f in family.flow(z, sampler=Heun(HeunConfig(steps=n)))}
        for n in (41, 201)
    )
    shared = sorted(set(coarse) & set(fine))
    assert len(shared) >= 20
    for t in shared:
        torch.testing.assert_close(coarse[t], fine[t], rtol=0, atol=2e-2)


def test_any_other_field_is_integrated_in_flow_time():
    class Wind:
        def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
            return {}

        def velocity(self, x: Rows, t: float) -> Tensor:
            return torch.full_like(Batch.of(x).x, 2 * t)

    particles = Particles(SPEC, torch.device("cpu"), Heun(), steps=100)
    frames = list(particles.frames(Wind(), torch.zeros(3, 2)))
    assert [f.nfe for f in frames] == list(range(101))
    torch.testing.assert_close(frames[-1].x, torch.ones(3, 2), rtol=0, atol=0.011)


def test_noised_particles_are_data_plus_noise():
    real = torch.full((20_000, 2), 3.0)
    level = torch.linspace(0.1, 2.0, 20_000)
    noise = (Particles.noised(real, level, make_generator(0)).x - real) / level[:, None]
    assert float(noise.mean()) == pytest.approx(0, abs=0.02)
    assert float(noise.std()) == pytest.approx(1, abs=0.02)


def test_a_large_crowd_is_denoised_in_parts_with_the_same_answer():
    family = build(net={"width": 8, "depth": 1})
    x = torch.randn(40_000, 2, generator=make_generator(1))
    levels = torch.linspace(0.1, 5.0, 40_000)
    whole = family.field.trained.averaged(x, levels)
    torch.testing.assert_close(family.denoiser()(x, levels), whole)
    one = torch.tensor(0.7)
    torch.testing.assert_close(family.denoiser()(x, one), family.field.trained.averaged(x, one))


def test_a_score_needs_levels():
    with pytest.raises(ValueError, match="noise levels"):
        build().field.fit(torch.zeros(4, 2), torch.zeros(4, 2), None)
