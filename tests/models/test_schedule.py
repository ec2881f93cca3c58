"""The schedule that a setup draws: signal, noise and their ratio, and where the sampler stops."""

import math
from itertools import pairwise

import numpy as np
import pytest

from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.paths.gaussian import PATHS
from pushforward.models.paths.schedule import schedule_of
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.samplers.heun import Heun
from pushforward.models.samplers.langevin import AnnealedLangevin, AnnealedLangevinConfig

discover(["pushforward.models.samplers"])
S_MIN, S_MAX = 0.002, 20.0


@pytest.mark.parametrize("name", [None, *sorted(PATHS)])
def test_the_ratio_falls_from_the_largest_noise_to_the_smallest(name) -> None:
    path = PATHS[name]() if name else None
    levels = make_grid(GridConfig(kind="edm-rho"), 12, S_MIN, S_MAX).tolist()
    found = schedule_of(path, S_MIN, S_MAX, levels)
    ratio = np.array(found.sigma) / np.array(found.alpha)
    np.testing.assert_allclose(ratio[[0, -1]], [S_MAX, S_MIN], rtol=1e-6)
    np.testing.assert_allclose(found.log_snr, -2 * np.log(ratio), atol=1e-6)
    assert all(a < b for a, b in pairwise(found.log_snr))
    assert found.grid[0] == 0.0
    assert found.grid[-1] == pytest.approx(1.0)
    assert all(a < b for a, b in pairwise(found.grid))
    # The grid stands where the curve has those levels; near its ends it is too steep to tell.
    at = np.interp(found.grid, found.t, found.log_snr)
    inner = [place for place, level in enumerate(levels) if 0.05 < level < 5]
    np.testing.assert_allclose(at[inner], -2 * np.log(np.array(levels)[inner]), atol=0.05)


def test_a_grid_that_is_even_in_time_is_even() -> None:
    levels = make_grid(GridConfig(kind="time-uniform", path="vp-linear"), 8, S_MIN, S_MAX)
    found = schedule_of(PATHS["vp-linear"](), S_MIN, S_MAX, levels.tolist())
    np.testing.assert_allclose(found.grid, np.arange(8) / 8, atol=1e-9)


def test_levels_above_the_path_stand_at_its_end() -> None:
    found = schedule_of(PATHS["ve"](), 0.01, 10.0, [80.0, 10.0, 1.0, 0.0])
    assert found.grid[:2] == [0.0, 0.0]


def test_a_family_draws_the_path_that_it_is_trained_on() -> None:
    plain = Edm.schedule(EdmConfig())
    assert len(plain.grid) == Heun().nfe() // 2 + 1
    uniform = Edm.schedule(EdmConfig(density="uniform-time", path="rectified-flow"))
    np.testing.assert_allclose(np.add(uniform.alpha, uniform.sigma), 1.0, atol=1e-9)
    walked = Edm.schedule(EdmConfig(), AnnealedLangevin(AnnealedLangevinConfig(levels=5)))
    assert len(walked.grid) == 5
    assert math.isclose(plain.alpha[-1], 1.0, abs_tol=1e-5)


@pytest.mark.parametrize(
    "entry",
    [entry for entry in registry.all("sampler") if entry.needs == ("denoiser",)],
    ids=lambda entry: entry.slug,
)
def test_every_sampler_of_a_denoiser_is_drawn(entry) -> None:
    found = Edm.schedule(EdmConfig(), entry.make(entry.config()))
    assert all(0.0 <= t <= 1.0 for t in found.grid)
    assert all(a <= b for a, b in pairwise(found.grid))
