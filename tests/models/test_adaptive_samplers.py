"""Samplers that choose their own steps: their error follows the tolerance, and they always end."""

import math

import pytest
import torch
from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.registry import discover, registry
from pushforward.models.samplers.base import Sampler, SampleStep
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import S_MAX, S_MIN, latents, mixture, rms, solution

discover(["pushforward.models.samplers"])
ADAPTIVE = ["rk45", "adaptive-sde"]
N = 200


def make(slug: str, **settings: object) -> Sampler:
    entry = registry.get("sampler", slug)
    sampler: Sampler = entry.make(decode(entry.config, settings))
    return sampler


def walk(slug: str, **settings: object) -> list[SampleStep]:
    sampler = make(slug, **settings)
    return list(sampler.frames(mixture().denoise, latents(0, N), S_MIN, S_MAX, make_generator(1)))


@pytest.mark.parametrize(("tolerance", "most"), [(1e-3, 90), (1e-4, 110), (1e-5, 150)])
def test_the_error_follows_the_tolerance(tolerance: float, most: int):
    *_, last = walk("rk45", tolerance=tolerance)
    assert rms(last.x - solution(0, N)) <= 20 * tolerance
    assert 40 <= last.nfe <= most


@pytest.mark.parametrize("slug", ADAPTIVE)
def test_less_tolerance_takes_more_evaluations(slug: str):
    coarse, fine = (walk(slug, tolerance=tolerance)[-1].nfe for tolerance in (0.1, 0.01))
    assert coarse < fine


@pytest.mark.parametrize("slug", ADAPTIVE)
def test_what_they_cost_is_what_they_took(slug: str):
    calls = 0

    def denoise(x: Tensor, s: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return mixture().denoise(x, s)

    sampler = make(slug)
    frames = list(sampler.frames(denoise, latents(0, N), S_MIN, S_MAX, make_generator(1)))
    assert sampler.nfe() is None
    assert frames[-1].nfe == calls
    levels = [frame.s for frame in frames]
    assert levels == sorted(set(levels), reverse=True)
    assert (levels[0], levels[-2], levels[-1]) == (S_MAX, S_MIN, 0.0)


@pytest.mark.parametrize("slug", ADAPTIVE)
@pytest.mark.parametrize("worth", [math.nan, math.inf])
def test_a_denoiser_that_is_not_finite_ends_in_samples_that_are_not(slug: str, worth: float):
    """A training that has failed must not leave a sampler in ever shorter steps."""
    calls = 0

    def broken(x: Tensor, s: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        assert calls < 2000
        return x / (1 + s**2) if s > 1 else torch.full_like(x, worth)

    ends = make(slug).sample(broken, latents(0, 5), S_MIN, S_MAX, make_generator(1))
    assert not ends.isfinite().any()


def test_a_network_of_float32_with_its_graph_is_sampled_in_float32():
    x, weight = latents(0, 5).float(), torch.ones(1, requires_grad=True)
    for slug in ADAPTIVE:
        ends = make(slug).sample(
            lambda x, s: weight * x / (1 + s**2), x, S_MIN, S_MAX, make_generator(1)
        )
        assert ends.dtype == torch.float32
