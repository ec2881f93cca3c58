"""8B: the relatives of a diffusion draw eight Gaussians, each after about a minute of training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from pushforward.models.metrics.points.modes import mode_masses
from pushforward.verify.bench import Bench
from pushforward.verify.claim import Measure, Null, Outcome, Result, experiment
from pushforward.verify.points.diffusion_ring import floors, real
from pushforward.verify.points.few_step_ring import (
    DRAWS,
    SECOND_LINE,
    N,
    RingQuality,
    draw_ring,
    judge_draws,
    ring,
    ring_baselines,
    ring_nulls,
)

__all__ = [
    "Claim",
    "ddgan",
    "energy_based",
    "hierarchical_vae",
    "realnvp",
    "recovery",
    "vae",
    "vq_vae",
    "wgan_gp",
]

_FOUND = 0.25 / 8  # a quarter of its mass makes a mode found, as for the metric of modes
_WITHOUT = 2  # modes of the null that lacks some
_NO_COUPLINGS = "the same with N(0, I) as its prior"


@dataclass(frozen=True)
class Claim:
    """A training on eight Gaussians, 512 points a step, and what its samples must be like.

    Attributes:
        slug: of the family.
        steps: of the training.
        line: the largest sliced W2.
        modes: how many of the eight must be there.
        config: settings that are not the defaults.
        ablation: a title, and the settings that replace ``config`` in one more null model.
    """

    slug: str
    steps: int
    line: float
    modes: int = 8
    config: Mapping[str, Any] = field(default_factory=dict)
    ablation: tuple[str, Mapping[str, Any]] | None = None

    @property
    def passes(self) -> str:
        """The pass line in words."""
        return (
            f"sliced W2 <= {self.line:.2f} and at least {self.modes} of 8 modes with a quarter of "
            f"their mass, {SECOND_LINE}, for each seed (means of {DRAWS} draws of {N} samples; "
            "modes of the worst draw)"
        )

    def nulls(self) -> list[Null]:
        """Return models that must miss the line."""
        ablated = []
        if self.ablation is not None:
            title, config = self.ablation
            ablated.append(Null(title, replace(self, config=config).trained))
        return [
            *ablated,
            Null("one step of training", lambda bench: self.trained(bench, 1)),
            Null("real data without two of the modes", lambda: self.judged({0: _without()})),
            # None of these lacks a mode.
            *ring_nulls(self._passes),
        ]

    def _passes(self, quality: RingQuality) -> bool:
        return quality.sw2 <= self.line and quality.is_learned

    def trained(self, bench: Bench, steps: int | None = None) -> Outcome:
        """Train each seed and judge; with other steps than its own it is a null."""
        trial = ring(self.slug, self.steps if steps is None else steps, self.config)
        found: dict[int, tuple[RingQuality, int]] = {}
        for seed in bench.seeds([0]):
            learnt = bench.train(trial, seed)
            assert learnt.learned is not None
            draws = [draw_ring(learnt.learner, None, seed, i) for i in range(DRAWS)]
            quality = judge_draws(draws, learnt.learned.rows(slice(None)).x, seed)
            found[seed] = (quality, min(map(_modes, draws)))
        return self.judged(found)

    def judged(self, found: Mapping[int, tuple[RingQuality, int]]) -> Outcome:
        """Return the outcome of the quality and the number of modes by seed."""
        qualities, modes = zip(*found.values(), strict=True)
        worst = {
            "sliced W2": max(quality.sw2 for quality in qualities),
            "modes": float(min(modes)),
            "two-sample test": max(quality.separability for quality in qualities),
            "authentic": min(quality.authenticity for quality in qualities),
        }
        learned = all(quality.is_learned for quality in qualities)
        return Outcome(
            figure="; ".join(
                f"seed {seed}: {quality}, {modes} modes" for seed, (quality, modes) in found.items()
            ),
            value=worst,
            passed=worst["sliced W2"] <= self.line and worst["modes"] >= self.modes and learned,
            floor=f"{floors(40)}; two-sample test .50, authentic .38",
            seeds=list(found),
        )

    def claim(
        self, slug: str, *, title: str, claim: str, source: str
    ) -> Callable[[Measure], Callable[..., Result]]:
        """Register the decorated function as the experiment with this id."""
        return experiment(
            slug,
            title=title,
            claim=claim,
            pass_line=self.passes,
            group="8B",
            source=source,
            slow=True,
            nulls=self.nulls(),
            baselines=ring_baselines(self._passes),
        )


def _modes(x: Tensor) -> int:
    return int((mode_masses(x, real(0), within=True) >= _FOUND).sum())


def _without() -> tuple[RingQuality, int]:
    """Judge real points of all but two of the modes."""
    found = []
    for i in range(DRAWS):
        points = real(950 + i, 2 * N)
        assert points.modes is not None
        nearest = torch.cdist(points.x, points.modes).argmin(dim=1)
        found.append(points.x[nearest >= _WITHOUT][:N])
    return judge_draws(found, real(0, 20_000).x), min(map(_modes, found))


REALNVP = Claim("normalising-flow", 6000, 0.15, config={"net": {"slug": "realnvp"}})
# With N(0, I) as the prior, samples also lie between the modes: a two-sample test of .65. Four
# couplings have .52 by seed 10, which nothing else uses.
VAE = Claim("vae", 6000, 0.20, config={"couplings": 4}, ablation=(_NO_COUPLINGS, {"couplings": 0}))
HIERARCHICAL = Claim("hierarchical-vae", 6000, 0.20)
CODEBOOK = Claim("vq-vae", 3000, 0.20)
ENERGY = Claim("energy-based", 1500, 0.15)
# After 1000 steps samples are an annulus: a two-sample test of .74 (seed 0). 4000 have .50 by seed
# 11, which nothing else uses.
RECOVERY = Claim("recovery-likelihood", 4000, 0.15)
DDGAN = Claim("ddgan", 3000, 0.20, modes=7)
# The penalty of 10 is for images. In the plane it outweighs the difference of the means, the critic
# lags behind its generator, and all particles run from mode to mode together: with it two of three
# seeds ended on one mode (sliced W2 .95 and .81). For this ring the authors' own code takes .1,
# since that is faster where few critic steps are made.
WGAN = Claim(
    "gan",
    6000,
    0.20,
    modes=7,
    config={
        "loss": "ipm",
        "penalty": 0.1,
        "centre": 1.0,
        "critic_steps": 5,
        "generator_optimizer": {"lr": 1e-3, "beta1": 0.0, "beta2": 0.9, "schedule": "cosine"},
        "critic_optimizer": {"lr": 1e-3, "beta1": 0.0, "beta2": 0.9, "schedule": "cosine"},
    },
)


@REALNVP.claim(
    "8B-realnvp",
    title="Affine couplings draw eight Gaussians",
    claim="A RealNVP of five layers, bridges between its modes and all, samples the ring.",
    source="Dinh et al. 2017, arXiv:1605.08803",
)
def realnvp(bench: Bench) -> Outcome:
    """Train one seed."""
    return REALNVP.trained(bench)


@VAE.claim(
    "8B-vae",
    title="A VAE draws eight Gaussians",
    claim="A VAE of four latents, with a learned variance of the decoder and a learned prior of "
    "four affine couplings, samples the ring. With N(0, I) as its prior it does not.",
    source="Kingma and Welling 2014, arXiv:1312.6114; the prior: Chen et al. 2017, "
    "arXiv:1611.02731, section 3.2",
)
def vae(bench: Bench) -> Outcome:
    """Train one seed."""
    return VAE.trained(bench)


@HIERARCHICAL.claim(
    "8B-hvae",
    title="A hierarchical VAE draws eight Gaussians",
    claim="A Markovian hierarchical VAE of three levels samples the ring.",
    source="Luo 2022, arXiv:2208.11970, eqs. 20-29",
)
def hierarchical_vae(bench: Bench) -> Outcome:
    """Train one seed."""
    return HIERARCHICAL.trained(bench)


@CODEBOOK.claim(
    "8B-vq-vae",
    title="A VQ-VAE draws eight Gaussians",
    claim="Two words of a codebook of 64, drawn one after the other, sample the ring.",
    source="van den Oord et al. 2017, arXiv:1711.00937",
)
def vq_vae(bench: Bench) -> Outcome:
    """Train one seed."""
    return CODEBOOK.trained(bench)


@ENERGY.claim(
    "8B-ebm",
    title="An energy draws eight Gaussians",
    claim="Particles that wander for 200 Langevin steps down an energy, which was learned from a "
    "replay buffer, sample the ring.",
    source="Du and Mordatch 2019, arXiv:1903.08689",
)
def energy_based(bench: Bench) -> Outcome:
    """Train one seed."""
    return ENERGY.trained(bench)


@RECOVERY.claim(
    "8B-recovery",
    title="Recovery likelihood draws eight Gaussians",
    claim="Energies of six noise levels, with 30 Langevin steps on each, sample the ring.",
    source="Gao et al. 2021, arXiv:2012.08125",
)
def recovery(bench: Bench) -> Outcome:
    """Train one seed."""
    return RECOVERY.trained(bench)


@DDGAN.claim(
    "8B-ddgan",
    title="A denoising diffusion GAN draws eight Gaussians in four steps",
    claim="Four large steps of noise, each taken back by a generator, sample the ring.",
    source="Xiao et al. 2022, arXiv:2112.07804",
)
def ddgan(bench: Bench) -> Outcome:
    """Train one seed."""
    return DDGAN.trained(bench)


@WGAN.claim(
    "8B-wgan-gp",
    title="A WGAN-GP draws eight Gaussians",
    claim="The classic Wasserstein GAN, five critic steps and the penalty of .1 that its authors "
    "take for points in the plane, samples the ring.",
    source="Gulrajani et al. 2017, arXiv:1704.00028, algorithm 1; the penalty: their gan_toy.py",
)
def wgan_gp(bench: Bench) -> Outcome:
    """Train one seed."""
    return WGAN.trained(bench)
