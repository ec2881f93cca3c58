"""Latent diffusion: what it takes from an autoencoder, and that it moves latents alone."""

import math

import pytest
import torch

from pushforward.models.config import ConfigError
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.families.likelihood.latent_diffusion import (
    LatentDiffusion,
    LatentDiffusionConfig,
)
from pushforward.models.families.likelihood.vae import Vae, VaeConfig
from pushforward.models.nets.mlp import MLPConfig
from pushforward.models.tensors import make_generator

CPU = torch.device("cpu")
DATA = ring_of_five(RingOfFiveConfig(), 400, 0)
SPEC = DATA.spec()
ROWS = SPEC.standardised(DATA.rows(slice(0, 64)))


def vae(latent=3, seed=7, couplings=0):
    config = VaeConfig(latent=latent, noisy=False, couplings=couplings)
    made = Vae(config, SPEC, horizon=20, seed=seed, device=CPU)
    for _ in range(5):
        made.step(ROWS)
    return made


def latent_diffusion(latent=3, horizon=20, **more):
    config = LatentDiffusionConfig(latent=latent, steps=4, net=MLPConfig(width=16, depth=1))
    return LatentDiffusion(config, SPEC, horizon=horizon, seed=0, device=CPU, **more)


def test_an_autoencoder_that_is_given_is_taken_as_it_is_and_never_trained():
    teacher = vae()
    known = {name: x.clone() for name, x in teacher.autoencoder.state_dict().items()}
    student = latent_diffusion(inputs={"autoencoder": teacher})
    assert student.phases == ()
    for _ in range(3):
        student.step(ROWS)
    for chain in (student.autoencoder.autoencoder, student.autoencoder.trained.net):
        assert all(torch.equal(x, known[name]) for name, x in chain.state_dict().items())


def test_of_an_autoencoder_with_a_prior_of_its_own_the_rest_is_taken():
    teacher = vae(couplings=2)
    student = latent_diffusion(inputs={"autoencoder": teacher})
    z = student.prior(6, make_generator(3))
    assert torch.equal(teacher.decoded(z), student.autoencoder.decoded(z))
    assert student.autoencoder.autoencoder.prior is None


def test_it_does_without_the_autoencoder_once_it_has_learned():
    student = latent_diffusion(inputs={"autoencoder": vae()})
    student.step(ROWS)
    alone = latent_diffusion()
    assert alone.phases
    alone.load_state(student.state())
    assert alone.phases == ()
    latents = student.prior(6, make_generator(3))
    one, two = ([frame.x for frame in each.flow(latents)] for each in (student, alone))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    assert torch.equal(student.step(ROWS)["loss"], alone.step(ROWS)["loss"])


def test_another_autoencoder_is_refused_in_a_sentence():
    with pytest.raises(ConfigError, match="another latent size") as caught:
        latent_diffusion(latent=2, inputs={"autoencoder": vae(latent=3)})
    assert caught.value.path == "latent"


def test_every_frame_is_what_its_latents_decode_to():
    """At the noise no step is taken: there it is the autoencoder, asked for latents of chance."""
    teacher = vae()
    student = latent_diffusion(inputs={"autoencoder": teacher})
    student.step(ROWS)
    latents = student.prior(6, make_generator(3))
    frames = list(student.flow(latents))
    moved = list(student.carrier.sampled(student.field, latents))
    for frame, at in zip(frames, moved, strict=True):
        z = student._mean + student._std * at.x
        assert torch.equal(frame.x, teacher.decoded(latents.holding(z)))
    assert frames[-1].nfe == moved[-1].nfe + 1 == student.evaluations(student.config)


def test_latents_get_mean_0_and_deviation_1_by_the_first_batch():
    """Draws of the encoder, not its means: of these alone the decoder would not know the noise."""
    teacher = vae()
    student = latent_diffusion(inputs={"autoencoder": teacher})
    student.step(ROWS)
    drawn = torch.cat([teacher.encoded(ROWS, make_generator(i)) for i in range(200)])
    law = (drawn.mean(dim=0), drawn.std())
    n = math.sqrt(len(ROWS))
    assert torch.allclose(student._mean, law[0], atol=5.0 * float(law[1]) / n)
    assert torch.allclose(student._std, law[1], rtol=4.0 / n)
    kept = student._std.clone()
    student.step(ROWS)
    assert torch.equal(student._std, kept)


def test_first_its_own_autoencoder_learns_and_then_the_diffusion():
    alone = latent_diffusion(horizon=10)
    lesson = alone.phases[1].start
    assert lesson == 5
    first = [alone.step(ROWS)["phase"].item() for _ in range(lesson)]
    chain = {name: x.clone() for name, x in alone.autoencoder.autoencoder.state_dict().items()}
    second = [alone.step(ROWS)["phase"].item() for _ in range(3)]
    assert (first, second) == ([1.0] * lesson, [2.0] * 3)
    assert all(
        torch.equal(x, chain[n]) for n, x in alone.autoencoder.autoencoder.state_dict().items()
    )


def test_its_bound_is_that_of_a_vae_whose_prior_the_diffusion_is(monkeypatch):
    """D(z, s) = z / (1 + s^2) is exact for N(0, 1), so that log p(z) is known in closed form."""
    student = latent_diffusion(inputs={"autoencoder": vae()})
    student.step(ROWS)
    student._std = torch.tensor(3.0)
    exact = lambda x, s: x / (1 + s[:, None] ** 2)  # noqa: E731
    monkeypatch.setattr(student.field, "denoiser", lambda like: exact)
    chain, rng = student.autoencoder.autoencoder, make_generator(1)
    rows = ROWS.take(torch.arange(64).repeat(40))
    noise = torch.randn(len(rows), chain.latent, generator=rng)
    with torch.no_grad():
        (z,), ((mean, log_std),) = chain.encode(rows, noise)
        fit = chain.terms(rows, noise)["reconstruction"]
    prior = torch.distributions.Normal(student._mean, student._std).log_prob(z)
    own = torch.distributions.Normal(mean, log_std.exp()).log_prob(z)
    gap = (student.log_prob_bound(rows) - fit - (prior - own).sum(dim=1)).double()
    assert abs(float(gap.mean())) < 4.0 * float(gap.std()) / math.sqrt(len(gap)) < 0.5
