"""A1: every Gaussian path is one process in (x/alpha, s)."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor

from pushforward.models.paths.gaussian import (
    GaussianPath,
    RectifiedFlow,
    SubVariancePreserving,
    VarianceExploding,
    VariancePreservingCosine,
    VariancePreservingLinear,
    drift,
)
from pushforward.verify.claim import Null, Outcome, experiment
from pushforward.verify.points.diffusion_ring import SEEDS, latents, mixture, rms

__all__ = ["a1", "end_of_path"]

_LOW, _HIGH, _LINE = 0.01, 80.0, 1e-4
Change = Callable[[Tensor], Tensor]


def end_of_path(path: GaussianPath, noise: Tensor, s_min: float, s_max: float) -> Tensor:
    """Carry noise (n, d) along the ODE of a path in its own coordinates; return xbar at s_min.

    Runge-Kutta of order 4, 400 steps, even in the square root of noise time (VP paths need short
    steps near the data).
    """
    denoise = mixture().denoise
    root = path.time(torch.tensor([s_max, s_min], dtype=noise.dtype)).sqrt()
    times = (root[0] + (root[1] - root[0]) * torch.linspace(0, 1, 401, dtype=noise.dtype)) ** 2
    x = path.alpha(times[0]) * s_max * noise
    for u, after in pairwise(times):
        h = after - u
        k1 = drift(path, denoise, x, u)
        k2 = drift(path, denoise, x + 0.5 * h * k1, u + 0.5 * h)
        k3 = drift(path, denoise, x + 0.5 * h * k2, u + 0.5 * h)
        k4 = drift(path, denoise, x + h * k3, after)
        x = x + (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4)
    return x / path.alpha(times[-1])


def _same(noise: Tensor) -> Tensor:
    return noise


_PATHS: dict[str, GaussianPath] = {
    "vp-linear": VariancePreservingLinear(),
    "vp-cosine": VariancePreservingCosine(),
    "sub-vp": SubVariancePreserving(),
    "rectified-flow": RectifiedFlow(),
}
_ONE = {"rectified-flow": _PATHS["rectified-flow"]}


@lru_cache(maxsize=len(SEEDS))
def _reference(seed: int) -> Tensor:
    return end_of_path(VarianceExploding(_LOW, _HIGH), latents(seed, 500), _LOW, _HIGH)


def _compared(paths: Mapping[str, GaussianPath], change: Change = _same) -> Outcome:
    """Measure the largest distance from the ends of VE over paths and seeds, 500 points a seed,
    where these paths start from changed noise.
    """
    worst = dict.fromkeys(paths, 0.0)
    for seed in SEEDS:
        for name, path in paths.items():
            gap = rms(end_of_path(path, change(latents(seed, 500)), _LOW, _HIGH) - _reference(seed))
            worst[name] = max(worst[name], gap)
    return Outcome(
        figure=", ".join(f"{name} {gap:.1e}" for name, gap in worst.items()),
        value=worst,
        passed=max(worst.values()) <= _LINE,
        floor="0 (the ends are equal in exact arithmetic)",
        seeds=SEEDS,
    )


@experiment(
    "A1",
    title="One process in (x/alpha, s)",
    claim="The ODEs of all Gaussian paths, each in its own coordinates and time, carry the same "
    "noise to the same points.",
    pass_line="rms distance of the ends from those of VE <= 1e-4, for each path",
    group="A",
    source="Karras et al. 2022, arXiv:2206.00364, eqs. 3-4; Song et al. 2021, arXiv:2011.13456, "
    "eq. 13",
    nulls=[
        # The law of the ends is the very same: only who ends where is not.
        Null("noise in another order", lambda: _compared(_ONE, lambda noise: noise.flip(0))),
        Null("noise 1 % too wide", lambda: _compared(_ONE, lambda noise: 1.01 * noise)),
    ],
)
def a1() -> Outcome:
    """Start all paths from the same noise."""
    return _compared(_PATHS)
