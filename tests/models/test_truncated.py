"""Truncated diffusion: the law that it starts from, and that the rest is put right."""

import torch

from pushforward.models.config import Pick
from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.families.exact_flow import ExactFlow, ExactFlowConfig
from pushforward.models.families.mmd_generator import MmdGenerator, MmdGeneratorConfig
from pushforward.models.families.truncated_diffusion import (
    TruncatedDiffusion,
    TruncatedDiffusionConfig,
)
from pushforward.models.metrics.samples.sliced import sliced_wasserstein
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator
from pushforward.verify.points.diffusion_ring import mixture

CPU = torch.device("cpu")
DATA = eight_gaussians(EightGaussiansConfig(), 4000, 0)
SPEC = DATA.spec()
X = SPEC.standardise(DATA.x)
NET = Pick(slug="mlp", config={"width": 16, "depth": 1})


def made(source: object = None, **settings: object) -> TruncatedDiffusion:
    config = TruncatedDiffusionConfig(**{"net": NET, "pairs": 600, **settings})
    more = {"inputs": {"source": source}} if source else {}
    return TruncatedDiffusion(config, SPEC, horizon=100, seed=0, device=CPU, **more)


def test_without_a_source_it_starts_from_the_gaussian_of_the_data():
    family = made(start=0.5)
    turned = X @ torch.tensor([[1.0, 0.6], [0.0, 0.5]]) + torch.tensor([0.3, -1.0])
    for rows in turned.split(200):
        family.step(rows)
    x = 0.5 * family.prior(20_000, make_generator(1)).x
    torch.testing.assert_close(x.mean(dim=0), turned.mean(dim=0), rtol=0, atol=0.03)
    wanted = turned.T.cov(correction=0) + 0.25 * torch.eye(2)
    torch.testing.assert_close(x.T.cov(), wanted, rtol=0, atol=0.04)


def test_with_a_source_it_starts_from_its_samples_with_noise():
    source = ExactFlow(ExactFlowConfig(), SPEC, horizon=1, seed=0, device=CPU)
    family = made(source, start=0.5)
    for _ in range(2):
        family.step(X[:400])
    ends = family.carrier.samples.ends().x
    assert len(ends) == 600
    x = 0.5 * family.prior(3000, make_generator(2)).x
    near = torch.cdist(x, ends).min(dim=1).values
    assert float(near.mean()) < 0.3
    fresh = X[:3000] + 0.5 * torch.randn((3000, 2), generator=make_generator(3))
    assert sliced_wasserstein(x, fresh, 2) < 0.12


def test_a_source_may_have_latents_of_any_size():
    source = MmdGenerator(MmdGeneratorConfig(), SPEC, horizon=1, seed=0, device=CPU)
    family = made(source)
    family.step(X[:400])
    again = made()
    again.load_state(family.state())
    one, two = (each.prior(5, make_generator(4)).x for each in (family, again))
    assert torch.equal(one, two)


def test_from_the_right_start_the_exact_denoiser_reaches_the_data():
    """What is left out above the start costs nothing where the start has the law of the data."""
    source = ExactFlow(ExactFlowConfig(), SPEC, horizon=1, seed=0, device=CPU)
    family = made(source, start=0.5, pairs=3000)
    for _ in range(2):
        family.step(X[:400])
    latents = family.prior(2000, make_generator(5))
    law = mixture().standardised(SPEC.mean.double(), SPEC.std.double())
    x = Heun(HeunConfig(steps=18)).sample(law.denoise, latents.x.double(), 0.002, 0.5)
    assert sliced_wasserstein(x.float(), X[:2000], 2) < 0.12
    far = Heun(HeunConfig(steps=18)).sample(law.denoise, 3 * latents.x.double(), 0.002, 0.5)
    assert sliced_wasserstein(far.float(), X[:2000], 2) > 0.12
