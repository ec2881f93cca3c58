"""The oracle is checked against autograd, quadrature and its own samples, never against itself."""

import pytest
import torch

from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import make_generator

LEVELS = (0.01, 0.3, 5.0)


@pytest.fixture
def mixture() -> GaussianMixture:
    """Three modes, unequal in every way."""
    return GaussianMixture(
        torch.tensor([[0.0, 1.0], [-1.5, 0.2], [0.7, -0.8]], dtype=torch.float64),
        torch.tensor([0.2, 0.5, 0.1], dtype=torch.float64),
        torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64),
    )


def level(s: float) -> torch.Tensor:
    return torch.tensor(s, dtype=torch.float64)


@pytest.mark.parametrize("s", LEVELS)
def test_score_is_the_gradient_of_log_prob(mixture, s):
    x = (2 * torch.randn(200, 2, generator=make_generator(0)).double()).requires_grad_(True)
    (expected,) = torch.autograd.grad(mixture.log_prob(x, level(s)).sum(), x)
    torch.testing.assert_close(mixture.score(x.detach(), level(s)), expected)


@pytest.mark.parametrize("s", LEVELS)
def test_denoiser_obeys_tweedie(mixture, s):
    x = 2 * torch.randn(200, 2, generator=make_generator(1)).double()
    expected = x + s**2 * mixture.score(x, level(s))
    torch.testing.assert_close(mixture.denoise(x, level(s)), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("s", [0.0, 0.3])
def test_density_integrates_to_one(mixture, s):
    line = torch.linspace(-6, 6, 601, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    mass = mixture.log_prob(grid, level(s)).exp().sum() * (line[1] - line[0]) ** 2
    assert float(mass) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("s", [0.0, 0.7])
def test_samples_have_the_moments_of_the_mixture(mixture, s):
    x = mixture.sample(100_000, make_generator(2), s)
    w = mixture.weights[:, None]
    mean = (w * mixture.means).sum(0)
    spread = (w * (mixture.means**2 + (mixture.std**2 + s**2)[:, None])).sum(0) - mean**2
    torch.testing.assert_close(x.mean(0), mean, rtol=0, atol=0.02)
    torch.testing.assert_close(x.var(0), spread, rtol=0.03, atol=0)


def test_denoiser_is_the_best_guess(mixture):
    """No other guess has a smaller squared error: here D against its shrunken and shifted self."""
    g = make_generator(3)
    x0 = mixture.sample(50_000, g)
    x = x0 + 0.5 * torch.randn(x0.shape, generator=g, dtype=x0.dtype)
    denoised = mixture.denoise(x, level(0.5))
    best = (denoised - x0).square().mean()
    for other in (0.97 * denoised, denoised + 0.03, x):
        assert (other - x0).square().mean() > best


def test_a_level_for_each_point(mixture):
    x = torch.randn(3, 2, generator=make_generator(4)).double()
    levels = torch.tensor([0.1, 0.5, 2.0], dtype=torch.float64)
    together = mixture.denoise(x, levels)
    for i, s in enumerate(levels):
        torch.testing.assert_close(together[i : i + 1], mixture.denoise(x[i : i + 1], s))


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="one number per mean"):
        GaussianMixture(torch.zeros(3, 2), torch.ones(2), torch.ones(3) / 3)


def test_a_standardised_mixture_is_the_law_of_standardised_samples(mixture):
    """The densities differ by the volume of a unit, and noise that is round stays round."""
    mean, std = torch.tensor([0.3, -2.0]).double(), torch.tensor([2.0, 0.25]).double()
    view = mixture.standardised(mean, std)
    x = 2 * torch.randn(100, 2, generator=make_generator(5)).double()
    expected = mixture.log_prob(x, level(0.0)) + std.log().sum()
    torch.testing.assert_close(view.log_prob((x - mean) / std, level(0.0)), expected)
    moments = view.sample(100_000, make_generator(6), 0.5)
    whole = (mixture.sample(100_000, make_generator(7)) - mean) / std
    torch.testing.assert_close(moments.mean(0), whole.mean(0), rtol=0, atol=0.05)
    torch.testing.assert_close(moments.var(0), whole.var(0) + 0.25, rtol=0.03, atol=0)
    assert view.standardised(-mean / std, 1 / std).means.allclose(mixture.means)


@pytest.mark.parametrize("s", LEVELS)
def test_an_oval_mixture_obeys_the_same_laws(mixture, s):
    oval = mixture.standardised(torch.zeros(2).double(), torch.tensor([1.5, 0.2]).double())
    x = (2 * torch.randn(200, 2, generator=make_generator(8)).double()).requires_grad_(True)
    (expected,) = torch.autograd.grad(oval.log_prob(x, level(s)).sum(), x)
    x = x.detach()
    torch.testing.assert_close(oval.score(x, level(s)), expected)
    torch.testing.assert_close(oval.denoise(x, level(s)), x + s**2 * expected, rtol=1e-9, atol=1e-9)


def test_a_single_precision_view_for_training(mixture):
    like = torch.zeros(1, dtype=torch.float32)
    x = torch.randn(50, 2, generator=make_generator(9))
    found = mixture.to(like).denoise(x, torch.tensor(0.3))
    assert found.dtype == torch.float32
    torch.testing.assert_close(
        found.double(), mixture.denoise(x.double(), level(0.3)), rtol=1e-4, atol=1e-5
    )
