"""PFGM++: the law of its noise, the diffusion that it becomes, and where its field lines lead."""

import math

import pytest
import torch
from scipy import stats

from pushforward.models.contracts.batch import Batch
from pushforward.models.families.pfgmpp import student_noise
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator

N = 2


def noise(count: int, dimensions: int, seed: int = 0) -> torch.Tensor:
    like = Batch(torch.zeros((count, N), dtype=torch.float64))
    return student_noise(like, dimensions, make_generator(seed))


def exact(charges: torch.Tensor, dimensions: int):
    """E[y | x] among charges (m, N): they count as (|x - y|^2 + r^2)^(-(N + D)/2)."""

    def denoise(x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
        squares = torch.cdist(x, charges).square() / (dimensions * s**2)
        return torch.softmax(-(N + dimensions) / 2 * torch.log1p(squares), dim=1) @ charges

    return denoise


@pytest.mark.parametrize("dimensions", [1, 3, 128])
def test_distances_have_the_law_of_the_kernel(dimensions):
    """With q = |x - y|^2 / r^2, q/(1 + q) ~ Beta(N/2, D/2) (Xu et al. 2023, appendix B)."""
    q = noise(4000, dimensions).square().sum(dim=1) / dimensions
    found = stats.kstest((q / (1 + q)).numpy(), stats.beta(N / 2, dimensions / 2).cdf)
    assert found.pvalue > 1e-3


def test_very_many_dimensions_are_a_diffusion():
    z = noise(4000, 1_000_000)
    assert stats.kstest(z[:, 0].numpy(), "norm").pvalue > 1e-3
    charges = torch.randn((50, N), generator=make_generator(1), dtype=torch.float64)
    x, s = 2.0 * charges[:20] + 0.3, torch.tensor(0.7, dtype=torch.float64)
    gaussian = torch.softmax(-torch.cdist(x, charges).square() / (2 * s**2), dim=1) @ charges
    off = [(exact(charges, d)(x, s) - gaussian).abs().max() for d in (10, 1000, 100_000)]
    assert off[0] > 10 * off[1] > 100 * off[2]
    assert off[2] < 1e-3


@pytest.mark.parametrize("dimensions", [2, 128])
def test_field_lines_of_charges_lead_to_them_in_their_shares(dimensions):
    """Six charges on a ring: from the noise of the kernel at s_max each gets its share."""
    angle = torch.arange(6, dtype=torch.float64) * (2 * math.pi / 6)
    charges = torch.stack([angle.cos(), angle.sin()], dim=1)
    z = noise(6000, dimensions, seed=2)
    ends = Heun(HeunConfig(steps=60)).sample(exact(charges, dimensions), z, 0.002, 80.0)
    apart = torch.cdist(ends, charges)
    assert apart.min(dim=1).values.max() < 0.05
    shares = torch.bincount(apart.argmin(dim=1), minlength=6) / len(z)
    torch.testing.assert_close(shares, torch.full((6,), 1 / 6), rtol=0, atol=0.02)


def test_the_noise_of_few_dimensions_is_no_gaussian():
    z = noise(4000, 3)
    assert stats.kstest(z[:, 0].numpy(), "norm").pvalue < 1e-6
