"""The EDM family: it learns, resumes bit for bit, and watching it changes nothing."""

from itertools import product
from typing import get_args

import pytest
import torch
from torch import Tensor

from pushforward.models.config import ConfigError, decode
from pushforward.models.contracts.abilities import HasDenoiser, HasLikelihood, HasVelocity
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.denoisers.precond import PrecondName
from pushforward.models.denoisers.times import TimesName
from pushforward.models.denoisers.weights import WeightName
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.families.flow_matching import FlowMatching, FlowMatchingConfig
from pushforward.models.fields.score import ScoreField
from pushforward.models.kinds.points import in_data_units
from pushforward.models.oracle import GaussianMixture
from pushforward.models.paths.clock import display_scale
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.tensors import make_generator
from tests.tiers import tiered

CPU = torch.device("cpu")
POINTS = eight_gaussians(EightGaussiansConfig(), 4096, 0)
SPEC = POINTS.spec()
DATA = SPEC.standardise(POINTS.x)
SMALL = {"net": {"width": 32, "depth": 2}}


def build(seed: int = 0, horizon: int = 200, **settings: object) -> Edm:
    config = decode(EdmConfig, {**SMALL, **settings})
    return Edm(config, SPEC, horizon=horizon, seed=seed, device=CPU)


def batch(step: int, size: int = 128) -> Tensor:
    index = torch.randint(len(DATA), (size,), generator=make_generator(step, 9))
    return DATA[index]


def losses(family: Edm, start: int, stop: int) -> list[float]:
    return [float(family.step(batch(i))["loss"]) for i in range(start, stop)]


def test_training_brings_the_denoiser_to_the_oracle():
    """The loss keeps an irreducible part; the distance from the exact denoiser does not."""
    rate = {"lr": 5e-3, "schedule": "cosine"}
    family = build(horizon=800, net={"width": 64, "depth": 3}, optimizer=rate, ema=0.99)
    law = GaussianMixture.ring(8, 1.3, 0.12, dtype=torch.float32)
    g = make_generator(4)

    def gap() -> float:
        total = 0.0
        for level in (0.3, 0.6, 1.2):
            x = DATA[:1000] + level * torch.randn(1000, 2, generator=g)
            # The ring is round, so one standard deviation serves both axes.
            s = torch.tensor(level)
            exact = SPEC.standardise(law.denoise(SPEC.restore(x), s * SPEC.std.mean()))
            total += float((family.denoiser()(x, s) - exact).square().mean())
        return total

    before = gap()
    found = losses(family, 0, 800)
    assert gap() < 0.2 * before
    assert sum(found[-100:]) / 100 < 0.9 * sum(found[:20]) / 20


LEARNS_MORE = {
    "weight": "likelihood",
    "density": "uniform-time",
    "path": "learned",
    "times": "importance",
    "variance": "learned",
    "variance_steps": 50,
}


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"weight": "min-snr", "optimizer": {"clip": 1.0}}, 200),
        (LEARNS_MORE, 40),
        ({**LEARNS_MORE, "ends": "learned", "objective": "sliced-vr"}, 20),
    ],
    ids=["min-snr", "schedule, variance and importance", "free ends, sliced"],
)
def test_so_many_steps_equal_half_of_them_resumed(settings, steps):
    straight = build(**settings)
    expected = losses(straight, 0, steps)

    first = build(**settings)
    found = losses(first, 0, steps // 2)
    second = build(seed=5, **settings)
    second.load_state(first.state())
    found += losses(second, steps // 2, steps)

    assert found == expected
    one, two = straight.state(), second.state()
    assert one.values == two.values
    assert one.tensors.keys() == two.tensors.keys()
    for name, tensor in one.tensors.items():
        assert torch.equal(tensor, two.tensors[name]), name
    latents = straight.prior(64, make_generator(1))
    for a, b in zip(straight.flow(latents), second.flow(latents), strict=True):
        assert torch.equal(a.x, b.x)


def test_watching_changes_nothing():
    plain, watched = build(), build()
    expected = losses(plain, 0, 30)
    found = []
    for i in range(30):
        found += losses(watched, i, i + 1)
        generator = make_generator(i)
        latents = watched.prior(16, generator)
        list(watched.flow(latents, sampler=Ddim(DdimConfig(steps=3, eta=1.0)), generator=generator))
        watched.layer("velocity", latents, 0.5)
        if i % 10 == 0:
            watched.layer("log-density", latents, 1.0)
    assert found == expected


def test_training_touches_no_global_random_numbers():
    before = torch.random.get_rng_state()
    losses(build(), 0, 3)
    assert torch.equal(before, torch.random.get_rng_state())


def test_seeds_differ_and_repeat():
    a, b, c = (losses(build(seed=s), 0, 3) for s in (0, 0, 1))
    assert a == b
    assert a != c


@pytest.mark.parametrize(
    ("precond", "weight"), [*product(get_args(PrecondName), get_args(WeightName))]
)
def test_every_prediction_and_weight_trains(precond, weight):
    family = build(precond=precond, weight=weight)
    before = [p.clone() for p in family.field.trained.net.parameters()]
    assert all(torch.isfinite(torch.tensor(losses(family, 0, 3))))
    for p, old in zip(family.field.trained.net.parameters(), before, strict=True):
        assert torch.all(torch.isfinite(p))
        assert not torch.equal(p, old)


@pytest.mark.parametrize("precond", tiered(get_args(PrecondName), ["edm", "v"]))
def test_every_prediction_learns_the_same_denoiser(precond):
    """One Gaussian, whose denoiser is known: D = x / (1 + s^2)."""
    weight = {"x0": "x0", "velocity": "velocity", "eps": "simple", "score": "simple"}
    settings = {"precond": precond, "weight": weight.get(precond, "edm"), "s_max": 10.0}
    config = decode(EdmConfig, {"net": {"width": 64}, "ema": 0.99, **settings})
    family = Edm(config, in_data_units(1), horizon=400, seed=0, device=CPU)
    g = make_generator(3)
    for _ in range(400):
        family.step(torch.randn(256, 1, generator=g))
    x = torch.linspace(-1.5, 1.5, 31)[:, None]
    for s in (0.2, 0.5, 1.0):
        denoised = family.denoiser()(x, torch.tensor(s))
        torch.testing.assert_close(denoised, x / (1 + s**2), rtol=0, atol=0.05)


@pytest.mark.parametrize("path", ["ve", "vp-linear", "vp-cosine", "sub-vp", "rectified-flow"])
def test_uniform_time_trains_on_every_path(path):
    family = build(density="uniform-time", path=path, weight="likelihood")
    assert all(torch.isfinite(torch.tensor(losses(family, 0, 3))))


@pytest.mark.parametrize("times", get_args(TimesName))
def test_every_way_to_draw_times_trains(times):
    family = build(times=times, weight="p2", density="log-uniform")
    assert all(torch.isfinite(torch.tensor(losses(family, 0, 3))))


def test_free_ends_are_the_range_of_the_sampler():
    family = build(density="uniform-time", path="learned", ends="learned", weight="likelihood")
    before = family.field.clock
    losses(family, 0, 20)
    after = family.field.clock
    assert (after.s_min, after.s_max) != (before.s_min, before.s_max)
    first, *_ = family.flow(family.prior(8, make_generator(1)))
    assert first.t == 0.0
    assert family.parameter_count() > build().parameter_count()


def test_the_likelihood_integrates_to_one_whatever_the_weights():
    """A flow of an untrained network is still a density: exact change of variables."""
    family = build(s_max=5.0, s_min=0.05)
    line = torch.linspace(-6, 6, 61)
    with torch.no_grad():
        density = family.log_prob(torch.cartesian_prod(line, line)).exp()
    assert float(density.sum() * (line[1] - line[0]) ** 2) == pytest.approx(1, abs=0.01)


def test_it_satisfies_what_it_says():
    family = build()
    assert isinstance(family, HasVelocity)
    assert isinstance(family, HasDenoiser)
    assert isinstance(family, HasLikelihood)
    x = DATA[:7]
    for layer in family.layers:
        value = family.layer(layer.name, x, 0.5)
        assert value.shape == ((7, 2) if layer.kind == "vector" else (7,))
        assert not value.requires_grad
    with pytest.raises(KeyError, match="no layer 'wind'"):
        family.layer("wind", x, 0.5)
    assert family.parameter_count() == sum(p.numel() for p in family.field.trained.net.parameters())


def test_a_density_outside_the_levels_is_a_config_error():
    with pytest.raises(ConfigError, match=r"density_mean: .*no mass"):
        build(density_mean=6.0, density_std=0.1, s_max=2.0)


def test_a_state_of_another_config_is_refused():
    state = build().state()
    with pytest.raises(ValueError, match="field/"):
        build(net={"width": 16, "depth": 2}).load_state(state)


def test_averaged_weights_are_what_samples():
    family = build()
    losses(family, 0, 20)
    field: ScoreField = family.field
    x, s = DATA[:5], torch.tensor(0.5)
    torch.testing.assert_close(family.denoiser()(x, s), field.trained.averaged(x, s))
    assert not torch.equal(family.denoiser()(x, s), field.trained.net(x, s))


def test_the_score_layer_is_the_score_times_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exact denoiser it is s grad log p_s, at the place that the screen shows."""
    family, oracle = build(), GaussianMixture.ring(3, 1.0, 0.2, dtype=torch.float32)
    monkeypatch.setattr(family.field, "denoiser", lambda like: oracle.denoise)
    straight = torch.randn(50, 2, generator=make_generator(0))
    for t in (0.1, 0.5, 0.9):
        s = torch.tensor(family.field.clock.s(t))
        shown = straight * display_scale(family.config.display, s)
        exact = s * oracle.score(straight, s)
        assert torch.allclose(family.layer("score", shown, t), exact, rtol=1e-3, atol=1e-4)


def test_a_stage_says_the_noise_that_is_in_its_particles():
    """What is added to the data, over the level that is told, is standard noise; of a flow what is
    left of its noise at the time that is told. Levels of other rows do not fit.
    """
    scenes = dict(build().walk(batch(0, 4000)))
    told = scenes["fit"]
    rest = told["particles"] - told["real"]
    assert float((rest / told["level"][:, None]).square().mean()) == pytest.approx(1.0, abs=0.06)
    assert float((rest / told["level"].flip(0)[:, None]).square().mean()) > 2.0
    flow = FlowMatching(decode(FlowMatchingConfig, SMALL), SPEC, horizon=9, seed=0, device=CPU)
    told = dict(flow.walk(batch(0, 4000)))["fit"]
    time = told["time"][:, None]
    start = told["particles"] - time * told["velocity"]  # x_t = z + t (x - z)
    assert float(start.square().mean()) == pytest.approx(1.0, abs=0.06)
    torch.testing.assert_close(start + told["velocity"], told["real"], rtol=1e-3, atol=1e-4)
