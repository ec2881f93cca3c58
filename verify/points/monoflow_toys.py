"""Gaussians for the claims about h: laws that are affine maps of noise, and their exact ratio.

Everything is in double precision, with exact densities: what fails here fails by its h. Axes in
front of the last ones are runs that go side by side, such as one a seed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pushforward.models.fields.rescaling import Rescaling
from pushforward.models.fields.rescalings import DISTINCT
from pushforward.models.tensors import make_generator

__all__ = ["MONOTONE", "SEEDS", "START", "TARGET", "Gaussian", "kl", "learn", "normal"]

SEEDS = [0, 1, 2]
_LATENTS = 3100

MONOTONE: list[Rescaling] = [h for h in DISTINCT if h.monotone]
"""Every function h that increases everywhere, as decided by evaluating it, once."""


@dataclass(frozen=True)
class Gaussian:
    """The distribution of mean + factor z, z ~ N(0, I); mean (..., d), factor (..., d, d)."""

    mean: Tensor
    factor: Tensor

    @property
    def covariance(self) -> Tensor:
        """The covariance, (..., d, d)."""
        covariance: Tensor = self.factor @ self.factor.mT
        return covariance

    def push(self, z: Tensor) -> Tensor:
        """Return the points of latents z (..., n, d)."""
        x: Tensor = self.mean[..., None, :] + z @ self.factor.mT
        return x

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log densities in nats at x (..., n, d), (..., n)."""
        z = torch.linalg.solve(self.factor, (x - self.mean[..., None, :]).mT).mT
        log_scale = torch.linalg.slogdet(self.factor).logabsdet[..., None]
        constant = 0.5 * x.shape[-1] * math.log(2 * math.pi)
        log_prob: Tensor = -0.5 * z.square().sum(dim=-1) - log_scale - constant
        return log_prob

    def detach(self) -> "Gaussian":
        """Return the same law, held fixed."""
        return Gaussian(self.mean.detach(), self.factor.detach())

    def copies(self, runs: int) -> "Gaussian":
        """Return as many copies of a law without runs, each with parameters of its own."""
        d = len(self.mean)
        return Gaussian(
            self.mean.expand(runs, d).clone().requires_grad_(),
            self.factor.expand(runs, d, d).clone().requires_grad_(),
        )


def normal(mean: list[float], covariance: list[list[float]]) -> Gaussian:
    """Return N(mean, covariance)."""
    matrix = torch.tensor(covariance, dtype=torch.float64)
    return Gaussian(torch.tensor(mean, dtype=torch.float64), torch.linalg.cholesky(matrix))


# The 2-D toy of Yi et al. 2023, arXiv:2302.01075: what is learned, and where the generator starts.
TARGET = normal([0.0, 0.0], [[1.0, 0.8], [0.8, 0.89]])
START = normal([1.0, 1.0], [[1.0, 0.0], [0.0, 1.0]])


def kl(q: Gaussian, p: Gaussian) -> list[float]:
    """Return KL(q | p) in nats of each run; infinite where a run is no law any more."""
    gap = q.mean - p.mean
    log_ratio = torch.linalg.slogdet(p.factor)[1] - torch.linalg.slogdet(q.factor)[1]
    inverse = torch.linalg.inv(p.covariance)
    trace = (inverse @ q.covariance).diagonal(dim1=-2, dim2=-1).sum(dim=-1)
    square = (gap[..., None, :] @ inverse @ gap[..., None]).squeeze(-1).squeeze(-1)
    value = 0.5 * (trace + square - gap.shape[-1]) + log_ratio
    return [v if math.isfinite(v) else math.inf for v in value.detach().reshape(-1).tolist()]


def learn(
    loss: Callable[[Tensor], Tensor],
    *,
    start: Gaussian,
    target: Gaussian,
    attached: bool,
    optimizer: Callable[[list[Tensor]], torch.optim.Optimizer],
    steps: int,
    samples: int,
    fall: float = 1.0,
    clip: float = math.inf,
    look: Callable[[int, Gaussian], None] | None = None,
) -> Gaussian:
    """Train an affine generator on E loss(log r), r = p/q exact, one run a seed; return its
    distributions.

    Args:
        loss: elementwise.
        start: the initial distribution.
        target: p.
        attached: whether the gradient also goes through q inside r, as it does in a true
            divergence, or r is held fixed while the particles move, as in adversarial training.
        optimizer: made from the parameters.
        steps: how many.
        samples: fresh latents of each run, each step.
        fall: from this share of the steps on the rate falls linearly to 0.
        clip: longest gradient; longer ones keep their direction, which only slows time.
        look: called with the number of steps done and the distributions, before each step and at
            the end.
    """
    d = len(start.mean)
    noise = [make_generator(seed, _LATENTS) for seed in SEEDS]
    q = start.copies(len(SEEDS))
    chosen = optimizer([q.mean, q.factor])
    (group,) = chosen.param_groups
    rate = group["lr"]
    for i in range(steps):
        if look is not None:
            look(i, q.detach())
        group["lr"] = rate * min(1.0, (1.0 - i / steps) / max(1.0 - fall, 1e-9))
        z = [torch.randn((samples, d), generator=g, dtype=torch.float64) for g in noise]
        x = q.push(torch.stack(z))
        log_ratio = target.log_prob(x) - (q if attached else q.detach()).log_prob(x)
        chosen.zero_grad()
        torch.autograd.backward(loss(log_ratio).mean(dim=-1).sum())
        if clip < math.inf:
            torch.nn.utils.clip_grad_norm_([q.mean, q.factor], clip)
        chosen.step()
    if look is not None:
        look(steps, q.detach())
    return q.detach()
