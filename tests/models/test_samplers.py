"""Samplers have their order and exact cost, and reach the data (claims A2-A5, A7 in small)."""

import math
from functools import lru_cache
from itertools import pairwise

import pytest
import torch
from torch import Tensor

import pushforward.models.samplers as package
from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.registry import discover, registry
from pushforward.models.samplers import base
from pushforward.models.samplers.base import GridSampler, Sampler, SamplerConfig
from pushforward.models.samplers.ddim import Ddim, DdimConfig
from pushforward.models.samplers.dpmpp2m import DpmSolverPlusPlus2M, DpmSolverPlusPlus2MConfig
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.samplers.plms import Plms, PlmsConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import S_MAX, S_MIN, latents, mixture, rms
from pushforward.verify.points.diffusion_samplers import ddpm, good, members, run

discover([package.__name__])
GAUSSIAN = [e for e in registry.all("sampler") if "posterior" not in e.needs]
SLUGS = [e.slug for e in GAUSSIAN]
# Those that know beforehand what they cost.
ON_GRID = [e.slug for e in GAUSSIAN if isinstance(e.make(e.config()), GridSampler)]
GRIDS = ("edm-rho", "log-snr", "time-uniform", "time-quadratic", "ddpm", "iddpm")
N = 300


@lru_cache(maxsize=1)
def reference() -> Tensor:
    return Heun(HeunConfig(steps=800)).sample(mixture().denoise, latents(0, N), S_MIN, S_MAX)


def error(sampler: Sampler) -> float:
    return rms(sampler.sample(mixture().denoise, latents(0, N), S_MIN, S_MAX) - reference())


def make(slug: str, **settings: object) -> Sampler:
    entry = registry.get("sampler", slug)
    built: Sampler = entry.make(decode(entry.config, settings))
    return built


def test_the_samplers_are_registered():
    assert {"ddim", "heun", "dpmpp-2m", "plms"} <= set(SLUGS)
    assert set(SLUGS) - set(ON_GRID) == {"rk45", "adaptive-sde"}


@pytest.mark.parametrize("kind", ["log-snr", "time-quadratic"])
def test_ddim_is_first_order(kind):
    grid = GridConfig(kind=kind)
    coarse, fine = (error(Ddim(DdimConfig(steps=n, grid=grid))) for n in (50, 100))
    assert 1.8 <= coarse / fine <= 2.2


def test_dpm_solver_is_second_order():
    errors = {
        n: error(DpmSolverPlusPlus2M(DpmSolverPlusPlus2MConfig(steps=n))) for n in (20, 50, 100)
    }
    assert errors[50] / errors[100] >= 3
    assert errors[20] <= 0.02


def test_plms_is_accurate_in_fifty():
    assert error(Plms(PlmsConfig(steps=50))) <= 0.002


def test_heun_is_second_order():
    errors = [error(Heun(HeunConfig(steps=n))) for n in (18, 35, 70)]
    assert errors[0] / errors[1] >= 3.2
    assert errors[1] / errors[2] >= 3.2
    assert errors[0] <= 0.05


def test_last_step_of_dpm_solver_is_first_order():
    """Extrapolating into a last step of infinite log-SNR would fly away."""
    grid = GridConfig(kind="time-uniform")
    assert error(DpmSolverPlusPlus2M(DpmSolverPlusPlus2MConfig(steps=20, grid=grid))) < 0.13


@pytest.mark.parametrize("slug", ON_GRID)
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_cost_is_exact(slug, steps):
    fields = registry.get("sampler", slug).config.__struct_fields__
    sampler = make(slug, **({"steps": steps} if "steps" in fields else {"levels": steps}))
    calls = 0

    def denoise(x: Tensor, s: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        assert s.ndim == 0
        assert s > 0
        return x / (1 + s**2)

    frames = list(sampler.frames(denoise, latents(0, 5), 0.01, 10.0, make_generator(0)))
    assert calls == sampler.nfe() == frames[-1].nfe
    assert frames[0].nfe == 0
    assert all(a.nfe < b.nfe for a, b in pairwise(frames))
    arrived = [f for n, f in enumerate(frames) if n == 0 or f.s < frames[n - 1].s]
    assert [f.s for f in arrived] == sampler.levels(0.01, 10.0)
    assert len(arrived) == steps + 1
    # Whoever follows it can stop between any two steps, also of a walk at one level.
    assert max(b.nfe - a.nfe for a, b in pairwise(frames)) <= 3


@pytest.mark.parametrize("slug", SLUGS)
def test_a_single_datum_is_always_reached(slug):
    """Where the data are one point the denoiser is constant, and every sampler ends there."""
    datum = torch.tensor([0.3, -2.0], dtype=torch.float64)
    sampler = make(slug)
    ends = sampler.sample(
        lambda x, s: datum.expand_as(x), latents(0, 10), S_MIN, S_MAX, make_generator(0)
    )
    torch.testing.assert_close(ends, datum.expand(10, 2), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("slug", "settings"),
    [
        ("ddim", {"steps": 400, "eta": 1.0}),
        ("ddim", {"steps": 400, "eta": 0.5}),
        ("ancestral", {"steps": 400, "variance": "large"}),
        ("ancestral", {"steps": 10, "variance": "analytic"}),
        ("adaptive-sde", {}),
        ("heun", {"steps": 200, "churn": 40.0, "churn_noise": 1.0}),
        ("predictor-corrector", {"steps": 400}),
        ("annealed-langevin", {"step": 0.1, "walk": 200, "levels": 20}),
    ],
)
def test_added_noise_keeps_the_law(slug, settings):
    """Gaussian data N(1, 0.5^2): the exact denoiser must give back mean and deviation."""
    g = make_generator(7)
    z = torch.randn(8000, 1, generator=g, dtype=torch.float64)
    x = make(slug, **settings).sample(
        lambda x, s: 1 + 0.25 / (0.25 + s**2) * (x - 1), z, 0.01, 20.0, g
    )
    assert float(x.mean()) == pytest.approx(1, abs=0.02)
    assert float(x.std()) == pytest.approx(0.5, rel=0.03)


def test_a_walk_in_large_steps_keeps_its_level_by_noise_that_is_consistent_with_it():
    """Around one datum particles are to spread by the level; by Langevin's noise they spread by
    sqrt(s^2 step / (1 - (1 - step/2)^2)), a third more in variance with a step of 1.
    """
    seen: dict[str, list[float]] = {"langevin": [], "consistent": []}
    for noise, spreads in seen.items():

        def denoise(x, s, spreads=spreads):
            spreads.append(float(x.std() / s))
            return torch.zeros_like(x)

        sampler = make("annealed-langevin", step=1.0, walk=20, levels=1, noise=noise)
        sampler.sample(denoise, latents(0, 20_000), 0.1, 0.5, make_generator(1))
    assert seen["consistent"][-1] == pytest.approx(1.0, abs=0.015)
    assert seen["langevin"][-1] == pytest.approx((4.0 / 3.0) ** 0.5, abs=0.015)


@pytest.mark.parametrize("slug", SLUGS)
def test_noise_comes_from_the_generator_only(slug):
    sampler = make(slug)
    before = torch.random.get_rng_state()
    a, b = (
        sampler.sample(lambda x, s: x / (1 + s**2), latents(0, 4), 0.01, 10.0, make_generator(1))
        for _ in range(2)
    )
    assert torch.equal(a, b)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("slug", SLUGS)
def test_padded_places_are_0_on_the_whole_way_and_change_nothing(slug):
    """Rows with two padded places go where rows without them go, and the corrector's norms too."""
    sampler = make(slug)
    mask = torch.tensor([True, True, True, False, False]).expand(6, 5)
    z = torch.randn((6, 5, 2), generator=make_generator(0), dtype=torch.float64)

    def denoise(x: Tensor, s: Tensor) -> Tensor:
        return x / (1 + s**2)

    class Same:
        """The same noise for the real places, however many padded ones there are."""

        def __init__(self) -> None:
            self.rng = make_generator(1)

        def like(self, x: Tensor, generator: torch.Generator | None) -> Tensor:
            real = torch.randn((6, 3, 2), generator=self.rng)
            return torch.cat([real, torch.ones((6, x.shape[1] - 3, 2))], dim=1).to(x)

    ends = []
    with pytest.MonkeyPatch.context() as patch:
        for latents in (Batch(z, mask), Batch(z[:, :3])):
            patch.setattr(base, "noise_like", Same().like)
            frames = list(sampler.frames(denoise, latents, 0.01, 10.0))
            assert all(torch.equal(latents.zeroed(frame.x), frame.x) for frame in frames)
            ends.append(frames[-1].x[:, :3])
    torch.testing.assert_close(*ends)


def test_a_noisy_sampler_without_a_generator_says_so():
    with pytest.raises(ValueError, match=r"pass a torch\.Generator"):
        make("ddim", eta=1.0).sample(lambda x, s: x, latents(0, 2), 0.01, 10.0)


@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize("n", [1, 2, 18, 3000])
def test_grids_fall_from_s_max_to_zero(kind, n):
    grid = make_grid(GridConfig(kind=kind), n, 0.002, 80.0)
    assert len(grid) == n + 1
    assert grid[0] == 80.0
    assert grid[-1] == 0.0
    assert torch.all(grid[1:] < grid[:-1])
    if n > 1:
        assert grid[-2] >= 0.002


@pytest.mark.parametrize("kind", ["edm-rho", "log-snr"])
@pytest.mark.parametrize("n", [2, 7, 18, 50])
@pytest.mark.parametrize(("low", "high"), [(0.002, 20.0), (0.01, 80.0), (0.03, 7.0)])
def test_the_last_level_above_zero_is_s_min_exactly(kind, n, low, high):
    assert float(make_grid(GridConfig(kind=kind), n, low, high)[-2]) == low


def test_edm_grid_is_that_of_the_paper():
    grid = make_grid(GridConfig(), 18, 0.002, 80.0)
    i = torch.arange(18, dtype=torch.float64)
    expected = (80 ** (1 / 7) + i / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    torch.testing.assert_close(grid[:-1], expected)


def test_the_iddpm_grid_is_that_of_edm_s_table():
    """u_(j-1) = sqrt((u_j^2 + 1)/max(abar_(j-1)/abar_j, .001) - 1), from u_1000 = 0."""
    bars = [math.sin(0.5 * math.pi * j / (1000 * 1.008)) ** 2 for j in range(1001)]
    u = [0.0]
    for j in range(1000, 0, -1):
        u.insert(0, math.sqrt((u[0] ** 2 + 1) / max(bars[j - 1] / bars[j], 0.001) - 1))
    inside = [s for s in u if 0.01 < s < 80.0]
    grid = make_grid(GridConfig(kind="iddpm"), len(inside) + 1, 0.01, 80.0)
    torch.testing.assert_close(grid[1:-1], torch.tensor(inside, dtype=torch.float64))


def test_the_ddpm_grid_strides_through_its_levels():
    bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), dim=0)
    levels = ((1 - bar) / bar).sqrt()
    grid = make_grid(GridConfig(kind="ddpm"), 25, 0.011, 80.0)
    near = (grid[1:-1, None] / levels - 1).abs().min(dim=1)
    assert float(near.values.max()) < 1e-12
    strides = -near.indices.diff()
    assert int(strides.max() - strides.min()) <= 1


def test_log_snr_grid_is_geometric():
    grid = make_grid(GridConfig(kind="log-snr"), 9, 0.01, 50.0)[:-1]
    torch.testing.assert_close(grid[1:] / grid[:-1], torch.full((8,), 5000 ** (-1 / 8)).double())


@pytest.mark.parametrize(("n", "low", "high"), [(0, 0.1, 1.0), (5, 0.0, 1.0), (5, 2.0, 1.0)])
def test_impossible_grids_are_refused(n, low, high):
    with pytest.raises(ValueError, match="0 < s_min < s_max"):
        make_grid(GridConfig(), n, low, high)


@pytest.mark.parametrize("name", sorted(members()))
def test_every_sampler_reaches_the_data(name):
    assert good(run(name, members()[name], 3))


def test_ancestral_sampling_in_ten_steps_fails_and_is_seen_to():
    assert not good(run("DDPM 10", ddpm(10), 3))


def test_base_sampler_takes_one_step_at_a_time():
    """The loop gives each step the evaluations it asks to remember, oldest first."""
    seen: list[list[float]] = []

    class Spy(GridSampler):
        memory = 2

        def nfe(self) -> int:
            return self.settings.steps

        def step(self, at):
            seen.append([e.s for e in at.history])
            return at.x, at.denoise(at.x, at.s)

    Spy(SamplerConfig(steps=4)).sample(lambda x, s: x, latents(0, 2), 0.01, 10.0)
    levels = Spy(SamplerConfig(steps=4)).levels(0.01, 10.0)
    assert seen == [[], levels[:1], levels[:2], levels[1:3]]
    assert math.isclose(levels[0], 10.0)
