"""The variational bound: its terms are those of a hierarchical VAE, and with the exact denoiser it
is the entropy of the data.
"""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from pushforward.models.bound import (
    continuous_bound,
    discrete_bound,
    fixed_large,
    fixed_small,
    prior_term,
    reconstruction_term,
    reverse_kl,
)
from pushforward.models.denoisers.densities import LogUniform, RhoUniform, UniformTime
from pushforward.models.oracle import GaussianMixture
from pushforward.models.paths.gaussian import VariancePreservingCosine
from pushforward.models.tensors import make_generator

RING = GaussianMixture.ring(8, 1.3, 0.12)
ENTROPY = math.log(8) + math.log(2 * math.pi * math.e * 0.12**2)


def levels(steps: int, low: float = 0.002, high: float = 20.0) -> Tensor:
    return torch.logspace(math.log10(low), math.log10(high), steps + 1, dtype=torch.float64)


def conditional(x0: Tensor, z: Tensor, s: Tensor, below: Tensor) -> Normal:
    """q(z_below | z, x0) in variance-preserving coordinates, by Bayes' rule alone: a prior
    N(a x0, v) times a likelihood N(z; r z_below, w).
    """
    a2, b2 = 1 / (1 + below**2), 1 / (1 + s**2)
    ratio = torch.sqrt(b2 / a2)
    v, w = 1 - a2, 1 - b2 / a2
    precision = 1 / v + ratio**2 / w
    mean = (a2.sqrt() * x0 / v + ratio * z / w) / precision
    return Normal(mean, precision.rsqrt())


def test_each_level_is_the_term_of_a_hierarchical_vae():
    """Luo 2022, eqs. 43-45: encoder q(z_t | z_t-1), decoder q(z_t-1 | z_t, x0 = D)."""
    g = make_generator(0)
    x = RING.sample(500, g)
    for below, s in [(0.01, 0.02), (0.2, 0.5), (1.0, 6.0)]:
        below, s = (torch.tensor(v, dtype=torch.float64) for v in (below, s))
        noised = x + s * torch.randn(500, 2, generator=g, dtype=torch.float64)
        z, guess = noised / torch.sqrt(1 + s**2), RING.denoise(noised, s)
        kl = kl_divergence(conditional(x, z, s, below), conditional(guess, z, s, below))
        found = reverse_kl(noised, guess, x, s, below)
        torch.testing.assert_close(found, kl, rtol=1e-7, atol=1e-9)
        snr = 0.5 * (1 / below**2 - 1 / s**2) * (x - guess).square()
        torch.testing.assert_close(found, snr, rtol=1e-7, atol=1e-9)
        for wide in (fixed_small, fixed_large):
            # In the coordinates of z the variance is that of xbar times alpha^2.
            variance = wide(noised, s, below)
            std = torch.sqrt(variance / (1 + below**2))
            p = Normal(conditional(guess, z, s, below).mean, std.expand_as(x))
            kl = kl_divergence(conditional(x, z, s, below), p)
            found = reverse_kl(noised, guess, x, s, below, variance)
            torch.testing.assert_close(found, kl, rtol=1e-7, atol=1e-9)


def test_the_ends_are_the_terms_of_a_hierarchical_vae():
    g = make_generator(1)
    x = RING.sample(200, g)
    s = torch.tensor(3.0, dtype=torch.float64)
    z = Normal(x / torch.sqrt(1 + s**2), s / torch.sqrt(1 + s**2))
    unit = Normal(torch.zeros_like(x), torch.ones_like(x))
    torch.testing.assert_close(prior_term(x, s), kl_divergence(z, unit).sum(dim=1))
    noise = torch.randn(200, 2, generator=g, dtype=torch.float64)
    expected = -Normal(x + s * noise, s).log_prob(x).sum(dim=1)
    torch.testing.assert_close(reconstruction_term(x, s, noise), expected)


def test_the_whole_is_the_evidence_lower_bound():
    """E log q(z_1..T | x)/p(x, z_0..T), sampled along the chain and written out as densities."""
    g = make_generator(2)
    grid = levels(6, 0.1, 10.0)
    x = RING.sample(40_000, g)
    z = x + grid[0] * torch.randn(x.shape, generator=g, dtype=x.dtype)
    ratio = -Normal(z, grid[0]).log_prob(x)
    for below, s in pairwise(grid):
        step = torch.sqrt(s**2 - below**2)
        above = z + step * torch.randn(x.shape, generator=g, dtype=x.dtype)
        guess = RING.denoise(above, s)
        shrink = (below / s) ** 2
        back = Normal(guess + shrink * (above - guess), below * torch.sqrt(1 - shrink))
        ratio = ratio + Normal(z, step).log_prob(above) - back.log_prob(z)
        z = above
    ratio = ratio.sum(dim=1) - Normal(torch.zeros_like(z), torch.sqrt(1 + grid[-1] ** 2)).log_prob(
        z
    ).sum(dim=1)
    start = -math.log(2 * math.pi * math.e * float(grid[0]) ** 2)  # E log q(z_0 | x), two numbers
    bound = discrete_bound(RING.denoise, x, grid, g)
    gap = float(ratio.mean()) + start - float(bound.total.mean())
    error = float(ratio.std() + bound.total.std()) / math.sqrt(len(x))
    assert abs(gap) < 4 * error


def test_the_bound_is_the_entropy_where_the_denoiser_is_exact():
    g = make_generator(3)
    x = RING.sample(6000, g)
    found = {
        "uniform log-SNR": LogUniform(0.002, 20.0),
        "cosine": UniformTime(VariancePreservingCosine(), 0.002, 20.0),
        "EDM grid": RhoUniform(0.002, 20.0),
    }
    totals = {
        name: continuous_bound(RING.denoise, x, law, 32, g).total for name, law in found.items()
    }
    for name, total in totals.items():
        error = float(total.std()) / math.sqrt(len(x))
        assert float(total.mean()) == pytest.approx(ENTROPY, abs=3.5 * error), name
        # Cosine time is rarely near s_min, where the terms are: right on average, and wide.
        assert error < (0.05 if name == "uniform log-SNR" else 0.5)


def test_more_steps_bring_the_discrete_bound_down_to_the_continuous_one():
    g = make_generator(4)
    x = RING.sample(5000, g)
    gaps = [
        float(discrete_bound(RING.denoise, x, levels(steps), g).total.mean()) - ENTROPY
        for steps in (8, 16, 32, 128)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 1.0
    # The excess is of first order in the step (Kingma et al. 2021, appendix F).
    assert gaps[1] / gaps[2] == pytest.approx(2.0, abs=0.5)
    assert gaps[2] / gaps[3] == pytest.approx(4.0, abs=1.0)


def test_a_denoiser_that_errs_pays_what_it_errs():
    g = make_generator(5)
    x = RING.sample(20_000, g)
    law = RhoUniform(0.01, 10.0)
    right = continuous_bound(RING.denoise, x, law, 16, make_generator(6))
    wrong = continuous_bound(
        lambda y, s: RING.denoise(y, s) + 0.1 * s[:, None], x, law, 16, make_generator(6)
    )
    # int |0.1 s|^2/s^2 d ln s over two numbers.
    expected = 2 * 0.01 * math.log(1000)
    assert float((wrong.total - right.total).mean()) == pytest.approx(expected, rel=0.15)


def test_of_data_with_few_values_it_bounds_their_probability():
    """Two values, equally likely: one bit a number, and no more where noise hides neither."""
    g = make_generator(7)
    values = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    x = values[torch.randint(2, (4000, 1), generator=g)]

    def denoise(y: Tensor, s: Tensor) -> Tensor:
        return torch.tanh(y / s.reshape(-1, *[1] * (y.ndim - 1)).square())

    # Steps that are many, and ends that say nothing: all is in the middle.
    bound = continuous_bound(denoise, x, LogUniform(0.02, 30.0), 64, g, values=values)
    assert float(bound.reconstruction.abs().max()) < 1e-6
    assert float(bound.prior.mean()) < 1e-3
    assert float(bound.total.mean()) == pytest.approx(math.log(2), abs=0.02)
    noise = torch.randn(4000, 1, generator=g, dtype=torch.float64)
    blurred = reconstruction_term(x, torch.tensor(30.0, dtype=torch.float64), noise, values)
    assert float(blurred.mean()) == pytest.approx(math.log(2), abs=0.01)
