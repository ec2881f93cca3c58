"""Laws of Gaussian paths and of the flow clock."""

import math

import pytest
import torch

from pushforward.models.paths.clock import FlowClock, display_scale, display_scale_slope
from pushforward.models.paths.gaussian import PATHS, GaussianPath, VarianceExploding
from pushforward.verify.points.diffusion_paths import end_of_path
from pushforward.verify.points.diffusion_ring import latents, rms

U = torch.linspace(0.01, 0.99, 41, dtype=torch.float64)
VARIANCE_PRESERVING = ("vp-linear", "vp-cosine", "vp-angle")


@pytest.fixture(params=sorted(PATHS))
def path(request: pytest.FixtureRequest) -> GaussianPath:
    return PATHS[request.param]()


def test_derivatives_are_those_of_autograd(path):
    for value, slope in ((path.alpha, path.d_alpha), (path.sigma, path.d_sigma)):
        u = U.clone().requires_grad_(True)
        total = value(u).sum()
        expected = torch.zeros_like(U)
        if total.requires_grad and total.grad_fn is not None:
            found = torch.autograd.grad(total, u, allow_unused=True)[0]
            expected = torch.zeros_like(U) if found is None else found
        torch.testing.assert_close(slope(U), expected, rtol=1e-9, atol=1e-12)


def test_log_level_slope_is_that_of_autograd(path):
    u = U.clone().requires_grad_(True)
    (expected,) = torch.autograd.grad(path.s(u).log().sum(), u)
    torch.testing.assert_close(path.d_log_s(U), expected, rtol=1e-9, atol=1e-12)


def test_time_inverts_the_level(path):
    torch.testing.assert_close(path.time(path.s(U)), U, rtol=1e-10, atol=1e-12)
    levels = torch.logspace(-4, 2, 30, dtype=torch.float64)
    torch.testing.assert_close(path.s(path.time(levels)), levels, rtol=1e-8, atol=0)


def test_level_rises_with_noise_time(path):
    s = path.s(U)
    assert torch.all(s[1:] > s[:-1])
    assert s[0] < 0.2
    assert s[-1] > 20


@pytest.mark.parametrize("name", VARIANCE_PRESERVING)
def test_variance_is_preserved(name):
    path = PATHS[name]()
    torch.testing.assert_close(path.alpha(U) ** 2 + path.sigma(U) ** 2, torch.ones_like(U))


def test_single_precision_keeps_small_levels(path):
    """Near the data sigma is a small difference in the textbook form, and must not cancel."""
    u = torch.tensor([1e-5, 1e-4, 1e-3], dtype=torch.float64)
    torch.testing.assert_close(path.sigma(u.float()).double(), path.sigma(u), rtol=2e-5, atol=0)


def test_cosine_is_clipped_in_log_snr():
    end = PATHS["vp-cosine"]().s(torch.ones((), dtype=torch.float64))
    assert math.log(float(end)) == pytest.approx(5.1, abs=1e-9)


@pytest.mark.parametrize("name", [n for n in sorted(PATHS) if n != "ve"])
def test_every_path_carries_the_same_noise_to_the_same_points(name):
    """Claim A1 in small; 'schedule equivalence'."""
    noise = latents(0, 60)
    reference = end_of_path(VarianceExploding(0.01, 80.0), noise, 0.01, 80.0)
    assert rms(end_of_path(PATHS[name](), noise, 0.01, 80.0) - reference) <= 2e-3


def test_clock_inverts_itself_and_has_the_right_slope():
    clock = FlowClock(0.002, 80.0)
    assert clock.s(0.0) == pytest.approx(80.0)
    assert clock.s(1.0) == pytest.approx(0.002)
    for t in (0.0, 0.2, 0.5, 0.9, 1.0):
        assert clock.t(clock.s(t)) == pytest.approx(t, abs=1e-12)
    for t in (0.2, 0.5, 0.9):
        slope = (clock.s(t + 1e-6) - clock.s(t - 1e-6)) / 2e-6
        assert clock.ds_dt(t) == pytest.approx(slope, rel=1e-6)
    assert clock.t(0.0) == 1.0
    assert clock.t(1000.0) == 0.0


@pytest.mark.parametrize("name", ["variance-preserving", "straight"])
def test_display_slope_is_that_of_autograd(name):
    s = torch.logspace(-3, 2, 20, dtype=torch.float64).requires_grad_(True)
    (expected,) = torch.autograd.grad(display_scale(name, s).log().sum(), s)
    torch.testing.assert_close(display_scale_slope(name, s.detach()), expected)
