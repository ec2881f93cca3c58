"""The learned variance of reverse steps: between the known ones, and the best there is."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.bound import discrete_bound, fixed_large, fixed_small
from pushforward.models.config import decode
from pushforward.models.contracts.abilities import HasReverseVariance
from pushforward.models.denoisers.reverse_variance import ReverseVariance
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.fields.reverse_variance import one_step_down
from pushforward.models.kinds.points import in_data_units
from pushforward.models.paths.gaussian import VariancePreservingCosine, VariancePreservingLinear
from pushforward.models.samplers.ancestral import Ancestral, AncestralConfig
from pushforward.models.tensors import make_generator


class Says(nn.Module):
    """A network that says the same number everywhere."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor, *told: object) -> Tensor:
        return torch.full_like(x, self.value)


def test_it_lies_between_the_two_in_logarithms():
    x = torch.randn(5, 3, generator=make_generator(0), dtype=torch.float64)
    s, below = (torch.tensor(v, dtype=torch.float64) for v in (2.0, 0.7))
    small, large = fixed_small(x, s, below), fixed_large(x, s, below)
    assert float(small) < float(large)
    for value, expected in ((-1.0, small), (1.0, large), (0.0, torch.sqrt(small * large))):
        found = ReverseVariance(Says(value))(x, s, below)
        torch.testing.assert_close(found, expected.expand_as(x))


def test_the_known_ones_are_beta_and_beta_tilde():
    """Nichol & Dhariwal 2021, eqs. 9 and 15, in variance-preserving coordinates."""
    abar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0)
    s = torch.sqrt((1 - abar) / abar)
    t = 400
    beta = 1 - abar[t] / abar[t - 1]
    tilde = beta * (1 - abar[t - 1]) / (1 - abar[t])
    x = torch.zeros(1, 1, dtype=torch.float64)
    # In the coordinates of xbar a variance is 1/abar of where it is added as large.
    large = fixed_large(x, s[t], s[t - 1]) * abar[t - 1]
    small = fixed_small(x, s[t], s[t - 1]) * abar[t - 1]
    assert float(large) == pytest.approx(float(beta), rel=1e-9)
    assert float(small) == pytest.approx(float(tilde), rel=1e-9)


@pytest.mark.parametrize("path", [VariancePreservingCosine(), VariancePreservingLinear()])
def test_a_step_down_is_one_of_so_many_in_the_time_of_the_path(path):
    s = torch.logspace(-2.6, 1, 60, dtype=torch.float64)
    below = one_step_down(path, s, 50, 0.002)
    assert torch.all(below < s)
    assert torch.all(below > 0)
    far = path.time(s) > 0.1
    torch.testing.assert_close(
        path.time(s)[far] - path.time(below)[far], s.new_full(s[far].shape, 0.02)
    )


def trained(steps: int) -> Edm:
    config = {
        "net": {"width": 32, "depth": 2},
        "variance": "learned",
        "variance_steps": 10,
        "density": "uniform-time",
        "path": "vp-cosine",
        "ema": 0.99,
        "s_min": 0.02,
    }
    family = Edm(
        decode(EdmConfig, config),
        in_data_units(1),
        horizon=steps,
        seed=0,
        device=torch.device("cpu"),
    )
    g = make_generator(3)
    for _ in range(steps):
        family.step(torch.randn(256, 1, generator=g))
    return family


def test_it_learns_the_best_variance():
    """Of data N(0, 1) the reverse step is Gaussian, and its variance is that of large steps, beta:
    nothing is lost then (Nichol & Dhariwal 2021, section 3.1).
    """
    family = trained(400)
    denoise = family.denoiser()
    assert isinstance(denoise, HasReverseVariance)
    path = VariancePreservingCosine()
    u = path.time(torch.tensor([0.02, 20.0]))
    levels = path.s(torch.linspace(float(u[0]), float(u[1]), 11))
    x = torch.randn(200, 1, generator=make_generator(1))
    for below, s in list(pairwise(levels))[2:]:
        found = denoise.reverse_variance(x, s, below)
        assert found.shape == x.shape
        assert float((found / fixed_large(x, s, below)).log().mean().abs()) < 0.15

    def exact(y: Tensor, s: Tensor) -> Tensor:
        return y / (1 + s**2)

    data = torch.randn(20_000, 1, generator=make_generator(2))
    total = {
        name: float(discrete_bound(exact, data, levels, make_generator(5), variance=v).total.mean())
        for name, v in (
            ("small", None),
            ("large", fixed_large),
            ("learned", denoise.reverse_variance),
        )
    }
    entropy = 0.5 * math.log(2 * math.pi * math.e)
    assert total["large"] == pytest.approx(entropy, abs=0.05)
    assert total["learned"] == pytest.approx(total["large"], abs=0.05)
    assert total["small"] > total["learned"] + 0.1


def test_it_leaves_the_denoiser_alone():
    """The mean never feels the bound: a stopped gradient, in networks of their own."""
    with_variance = trained(20)
    without = decode(
        EdmConfig,
        {
            "net": {"width": 32, "depth": 2},
            "density": "uniform-time",
            "path": "vp-cosine",
            "ema": 0.99,
            "s_min": 0.02,
        },
    )
    plain = Edm(without, in_data_units(1), horizon=20, seed=0, device=torch.device("cpu"))
    g = make_generator(3)
    for _ in range(20):
        plain.step(torch.randn(256, 1, generator=g))
    assert not isinstance(plain.denoiser(), HasReverseVariance)
    x, s = torch.linspace(-2, 2, 9)[:, None], torch.tensor(0.5)
    assert torch.equal(plain.denoiser()(x, s), with_variance.denoiser()(x, s))


def test_ancestral_sampling_adds_what_was_learned():
    """Of one step from pure noise: the samples are spread by the learned variance around D."""
    family = trained(200)
    denoise = family.denoiser()
    assert isinstance(denoise, HasReverseVariance)
    g = make_generator(0)
    latents = torch.randn(20_000, 1, generator=g)
    for name in ("small", "learned"):
        sampler = Ancestral(AncestralConfig(steps=5, variance=name))
        frames = sampler.frames(denoise, latents, 0.02, 20.0, make_generator(1))
        first, second = next(frames), next(frames)
        s, below = (torch.tensor(each.s) for each in (first, second))
        kept = (below / s) ** 2
        denoised = denoise(first.x, s)
        spread = (second.x - denoised - kept * (first.x - denoised)).square()
        expected = (
            denoise.reverse_variance(first.x, s, below)
            if name == "learned"
            else fixed_small(first.x, s, below)
        )
        assert float(spread.mean()) == pytest.approx(float(expected.mean()), rel=0.05)
    large = float(fixed_large(first.x, s, below))
    assert float(fixed_small(first.x, s, below)) < float(expected.mean()) < 1.1 * large


def test_a_model_that_has_learned_none_takes_the_small_one():
    latents = torch.randn(7, 1, generator=make_generator(0))
    ends = [
        Ancestral(AncestralConfig(steps=5, variance=name)).sample(
            lambda x, s: x / (1 + s**2), latents, 0.02, 20.0, make_generator(1)
        )
        for name in ("small", "learned")
    ]
    assert torch.equal(*ends)
