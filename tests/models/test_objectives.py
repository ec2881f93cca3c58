"""Sliced score matching: from noised data alone, with the mean of denoising."""

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.denoisers.objectives import sliced_errors
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.kinds.points import in_data_units
from pushforward.models.oracle import GaussianMixture
from pushforward.models.tensors import expand_like, make_generator

N = 200_000
RING = GaussianMixture.ring(5, 1.0, 0.2)


def noised(level: float, n: int = N) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Data, noised data, levels and signs, float64."""
    g = make_generator(11)
    x0 = RING.sample(n, g)
    s = torch.full((n,), level, dtype=torch.float64)
    x = x0 + level * torch.randn(x0.shape, generator=g, dtype=x0.dtype)
    signs = torch.randint(2, x.shape, generator=g).mul(2).sub(1).to(x)
    return x0, x, s, signs


def wrong(x: Tensor, s: Tensor) -> Tensor:
    """A denoiser that is not right, so that the identity is not that of the minimum."""
    return 0.5 * torch.sin(x) + 0.1 * x.flip(1) + 0 * expand_like(s, x)


@pytest.mark.parametrize("reduced", [False, True])
@pytest.mark.parametrize("level", [0.2, 1.0])
def test_its_mean_is_that_of_denoising(level: float, reduced: bool):
    x0, x, s, signs = noised(level)
    for denoise in (RING.denoise, wrong):
        found = sliced_errors(lambda y, d=denoise: d(y, s), x, s, signs, reduced=reduced).detach()
        expected = (denoise(x, s) - x0).square().sum(dim=1)
        error = float((found - expected).std()) / N**0.5
        assert float(found.mean()) == pytest.approx(float(expected.mean()), abs=4 * error)
        assert error < 0.02


def test_the_reduced_form_varies_less_and_both_the_more_the_larger_the_noise():
    spread = {}
    for level in (0.2, 1.0, 5.0):
        _, x, s, signs = noised(level, 20_000)
        for reduced in (False, True):
            found = sliced_errors(lambda y, s=s: wrong(y, s), x, s, signs, reduced=reduced)
            spread[level, reduced] = float(found.detach().std())
    for level in (0.2, 1.0, 5.0):
        assert spread[level, True] < 0.9 * spread[level, False]
    assert spread[5.0, True] > 10 * spread[1.0, True]


@pytest.mark.parametrize("objective", ["sliced", "sliced-vr"])
def test_it_learns_the_denoiser_without_seeing_the_data(objective: str):
    """One Gaussian, whose denoiser is known: D = x/(1 + s^2)."""
    settings = {"objective": objective, "weight": "simple", "s_max": 5.0, "density_mean": -0.5}
    config = decode(EdmConfig, {"net": {"width": 32, "depth": 2}, "ema": 0.99, **settings})
    family = Edm(config, in_data_units(1), horizon=400, seed=0, device=torch.device("cpu"))
    g = make_generator(3)
    for _ in range(400):
        family.step(torch.randn(256, 1, generator=g))
    x = torch.linspace(-1.5, 1.5, 31)[:, None]
    for s in (0.5, 1.0):
        found = family.denoiser()(x, torch.tensor(s))
        torch.testing.assert_close(found, x / (1 + s**2), rtol=0, atol=0.12)


def test_a_weight_under_which_it_varies_too_much_is_said():
    def said(**settings: str) -> list[str]:
        config = decode(EdmConfig, {"net": {"width": 8, "depth": 1}, **settings})
        family = Edm(config, in_data_units(1), horizon=1, seed=0, device=torch.device("cpu"))
        return family.warnings()

    assert "square of the noise" in said(objective="sliced-vr")[0]
    assert not said(objective="sliced-vr", weight="simple")
    assert not said()
