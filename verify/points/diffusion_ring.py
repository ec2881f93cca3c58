"""What the experiments on eight Gaussians share: the ring, its oracle, and how samples are judged.

Importing this module registers nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from pushforward.models.data.eight_gaussians import EightGaussiansConfig, eight_gaussians
from pushforward.models.kinds.points import PointSet
from pushforward.models.metrics.points.modes import mode_masses, mode_share
from pushforward.models.metrics.samples.energy import energy_distance
from pushforward.models.metrics.samples.sliced import sliced_wasserstein
from pushforward.models.oracle import GaussianMixture
from pushforward.models.samplers.heun import Heun, HeunConfig
from pushforward.models.tensors import make_generator

__all__ = [
    "SEEDS",
    "S_MAX",
    "S_MIN",
    "Judgement",
    "floors",
    "judge",
    "latents",
    "mean",
    "mixture",
    "real",
    "rms",
    "solution",
]

S_MIN, S_MAX = 0.002, 80.0
SEEDS = [0, 1, 2]
_CONFIG = EightGaussiansConfig()
# Streams of a seed that belong to these experiments.
_LATENTS, _REAL = 3001, 3002


def mixture() -> GaussianMixture:
    """Return the exact law of the eight Gaussians, in float64."""
    return GaussianMixture.ring(8, _CONFIG.radius, _CONFIG.std)


def latents(seed: int, n: int = 2000) -> Tensor:
    """Return unit Gaussian noise (n, 2), float64."""
    return torch.randn(n, 2, generator=make_generator(seed, _LATENTS), dtype=torch.float64)


def real(seed: int, n: int = 2000) -> PointSet:
    """Return n fresh points of the ring; the seed is mixed so that training data never recur."""
    return eight_gaussians(_CONFIG, n, 5_000_011 + seed)


@lru_cache(maxsize=8)
def solution(seed: int, n: int = 2000) -> Tensor:
    """Return where the exact ODE carries `latents`, (n, 2): Heun's method in 800 steps."""
    return Heun(HeunConfig(steps=800)).sample(mixture().denoise, latents(seed, n), S_MIN, S_MAX)


def rms(difference: Tensor) -> float:
    """Return the root mean square length of the rows of (n, d)."""
    return float(difference.square().sum(dim=1).mean().sqrt())


@dataclass(frozen=True)
class Judgement:
    """How far samples are from fresh data, and where they lie.

    Attributes:
        sw2: sliced W2.
        energy: energy distance.
        share: share within two standard deviations of the nearest mode; real data have 0.865.
        near: share within four standard deviations of it. An annulus passes this.
        low, high: the smallest and the largest share of one mode.
    """

    sw2: float
    energy: float
    share: float
    near: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"sliced W2 {self.sw2:.3f}, energy distance {self.energy:.4f}, "
            f"within 2 σ {self.share:.3f}, within 4 σ {self.near:.3f}, "
            f"mode shares {self.low:.3f} to {self.high:.3f}"
        )


def judge(samples: Tensor, seed: int) -> Judgement:
    """Compare samples (n, 2), in the units of the ring, with as many fresh points."""
    points = real(seed, len(samples))
    samples = samples.to(points.x)
    masses = mode_masses(samples, points)
    return Judgement(
        sliced_wasserstein(samples, points.x, 2),
        energy_distance(samples, points.x),
        mode_share(samples, points),
        mode_share(samples, points, 4.0),
        float(masses.min()),
        float(masses.max()),
    )


def mean(judged: Sequence[Judgement]) -> Judgement:
    """Return the means of distances and shares near a mode, and the extremes of mode shares."""
    n = len(judged)
    return Judgement(
        sum(j.sw2 for j in judged) / n,
        sum(j.energy for j in judged) / n,
        sum(j.share for j in judged) / n,
        sum(j.near for j in judged) / n,
        min(j.low for j in judged),
        max(j.high for j in judged),
    )


@lru_cache(maxsize=8)
def floors(repeats: int = 5) -> str:
    """Say what real data score against real data, 2000 points a side."""
    found = [judge(real(100 + i).x, 200 + i) for i in range(repeats)]
    sw2, energy = [f.sw2 for f in found], [f.energy for f in found]
    return (
        f"real against real, n 2000, {repeats} pairs: sliced W2 {sum(sw2) / repeats:.3f} "
        f"(max {max(sw2):.3f}), energy distance {sum(energy) / repeats:.4f} (max {max(energy):.4f})"
    )
