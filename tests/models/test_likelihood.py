"""The likelihood of the probability-flow ODE against exact densities (claim A8 in small)."""

import math

import pytest
import torch

from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.kinds.points import in_data_units
from pushforward.models.likelihood import log_prob, log_prob_adaptive
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_likelihood import ring, window
from pushforward.verify.points.diffusion_ring import mixture

S_MIN, S_MAX = 0.002, 80.0


def test_adaptive_likelihood_of_the_mixture_is_exact():
    law = mixture()
    x = law.sample(60, make_generator(0), s=S_MIN)
    found, evaluations = log_prob_adaptive(law.denoise, x, S_MIN, S_MAX)
    exact = law.log_prob(x, torch.tensor(S_MIN, dtype=x.dtype))
    assert float((found - exact).abs().mean()) <= 1e-3
    assert 50 < evaluations < 130


@pytest.mark.parametrize("spread", [0.3, 1.0, 4.0])
def test_adaptive_likelihood_of_a_gaussian_of_the_spread_has_no_error_and_costs_nothing(spread):
    x = spread * torch.randn(20, 2, generator=make_generator(10), dtype=torch.float64)
    found, evaluations = log_prob_adaptive(
        lambda x, s: spread**2 / (spread**2 + s**2) * x, x, S_MIN, S_MAX, spread=spread
    )
    variance = spread**2 + S_MIN**2
    exact = -0.5 * x.square().sum(dim=1) / variance - math.log(2 * math.pi * variance)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-9)
    assert evaluations < 50


def test_hutchinson_s_trace_has_no_bias_and_less_noise_with_more_probes():
    """Claim A9 in small: in 2 dimensions one probe is off by a nat, and all of them by nothing."""
    law = mixture()
    x = law.sample(400, make_generator(8), s=S_MIN)
    exact, _ = log_prob_adaptive(law.denoise, x, S_MIN, S_MAX, tolerance=1e-4)
    one, many = (
        log_prob_adaptive(law.denoise, x, S_MIN, S_MAX, tolerance=1e-4, probes=n)[0] - exact
        for n in (1, 16)
    )
    assert 0.5 < float(one.std()) < 1.5
    assert abs(float(one.mean())) <= 3 * float(one.std()) / 20
    assert float(many.std()) == pytest.approx(float(one.std()) / 4, rel=0.3)


def test_where_axes_do_not_mix_every_probe_is_exact():
    """Signs square to 1: only what lies off the diagonal of the slope is noise."""
    x = torch.randn(20, 3, generator=make_generator(9), dtype=torch.float64)
    each, one = (
        log_prob_adaptive(lambda x, s: x / (1 + s**2), x, S_MIN, 20.0, probes=n)[0] for n in (0, 1)
    )
    torch.testing.assert_close(each, one, rtol=0, atol=1e-9)


def test_fixed_steps_agree_with_the_exact_density_also_off_the_data():
    law = mixture()
    x = torch.cat([law.sample(40, make_generator(1), s=S_MIN), torch.zeros(1, 2).double()])
    exact = law.log_prob(x, torch.tensor(S_MIN, dtype=x.dtype))
    found = log_prob(law.denoise, x, S_MIN, S_MAX, steps=128)
    torch.testing.assert_close(found, exact, rtol=1e-2, atol=5e-3)


def test_fixed_steps_converge():
    law = mixture()
    x = law.sample(40, make_generator(2), s=S_MIN)
    exact = log_prob_adaptive(law.denoise, x, S_MIN, S_MAX, tolerance=1e-9)[0]
    errors = [
        float((log_prob(law.denoise, x, S_MIN, S_MAX, steps=n) - exact).abs().mean())
        for n in (64, 128)
    ]
    assert errors[1] < errors[0] / 6


def test_gaussian_in_three_dimensions_and_any_shape():
    """N(0, 0.3^2 I) of shape (3, 1): the closed formula, less what the prior rounds off."""
    std = 0.3
    x = std * torch.randn(20, 3, 1, generator=make_generator(3), dtype=torch.float64)
    found = log_prob(
        lambda x, s: std**2 / (std**2 + s**2) * x, x, S_MIN, S_MAX, steps=100, spread=std
    )
    variance = std**2 + S_MIN**2
    exact = -0.5 * (x.flatten(1).square().sum(1) / variance + 3 * math.log(2 * math.pi * variance))
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-4)


def test_no_graph_is_left_behind():
    law = mixture()
    x = law.sample(3, make_generator(4))
    assert not log_prob(law.denoise, x, 0.01, 10.0, steps=4).requires_grad


def test_a_failing_integration_says_so():
    with pytest.raises(ArithmeticError, match="could not be integrated"):
        log_prob_adaptive(lambda x, s: x * float("nan"), torch.ones(1, 1), 0.01, 10.0)


def test_the_family_draws_the_density_of_the_data(monkeypatch):
    """With its own levels and steps, at the data and over the plane that is drawn: an s_max of 20
    is no reason to forget the data's own variance.
    """
    law = ring()
    family = Edm(EdmConfig(), in_data_units(2), horizon=1, seed=0, device=torch.device("cpu"))
    monkeypatch.setattr(family.field, "denoiser", lambda like: law.denoise)
    level = torch.tensor(EdmConfig().s_min, dtype=torch.float64)
    x = law.sample(200, make_generator(5), s=float(level))
    near, far = ((family.log_prob(y) - law.log_prob(y, level)).abs() for y in (x, window()))
    assert float(near.mean()) <= 1e-3
    assert float(far.mean()) <= 0.05
    assert float(far.max()) <= 0.5


@pytest.mark.parametrize("s_max", [3.0, 20.0])
def test_where_the_prior_is_put_does_not_matter_to_a_gaussian(s_max: float):
    x = torch.randn(50, 2, generator=make_generator(6), dtype=torch.float64)
    found = log_prob(lambda x, s: x / (1 + s**2), x, S_MIN, s_max)
    exact = -0.5 * x.square().sum(dim=1) - math.log(2 * math.pi)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-4)


def test_padded_places_have_no_density():
    """A row of two real numbers and a padded one is as likely as the row of those two."""
    x = torch.randn(50, 3, generator=make_generator(6), dtype=torch.float64)
    real = torch.tensor([1.0, 1.0, 0.0]).expand(50, 3).double()
    found = log_prob(lambda x, s: x / (1 + s**2), x * real, S_MIN, 20.0, real=real)
    exact = -0.5 * x[:, :2].square().sum(dim=1) - math.log(2 * math.pi)
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-4)
