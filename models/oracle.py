"""The oracle: a Gaussian mixture, for which everything a diffusion learns is known exactly.

Add noise of level s to a mixture of Gaussians without correlations and it is still one, with
variances std_k^2 + s^2. Its density, score, denoiser and samples are closed formulas, so samplers,
likelihoods and training can be tested with no network, and a field can be exact.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from models.tensors import expand_like

__all__ = ["GaussianMixture"]


@dataclass(frozen=True)
class GaussianMixture:
    """sum_k weights_k N(means_k, diag(std_k^2)).

    Attributes:
        means: (k, d).
        std: (k,) where the Gaussians are round, (k, d) where each axis has its own.
        weights: (k,), positive, summing to 1.

    Functions take points x (n, d) and a noise level s, 0-d or (n,); all in the dtype of the means.
    """

    means: Tensor
    std: Tensor
    weights: Tensor

    def __post_init__(self) -> None:
        k = len(self.means)
        if self.std.shape not in ((k,), self.means.shape) or self.weights.shape != (k,):
            raise ValueError(
                f"std and weights must have shape ({k},), one number per mean; std may also have "
                f"the shape of the means, {tuple(self.means.shape)}"
            )

    @classmethod
    def ring(
        cls, k: int, radius: float, std: float, dtype: torch.dtype = torch.float64
    ) -> "GaussianMixture":
        """Return k equal Gaussians on a circle in the plane, the first on the positive x axis."""
        angle = torch.arange(k, dtype=dtype) * (2 * math.pi / k)
        means = radius * torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
        return cls(means, torch.full((k,), std, dtype=dtype), torch.full((k,), 1 / k, dtype=dtype))

    def standardised(self, mean: Tensor, std: Tensor) -> "GaussianMixture":
        """Return the law of (x - mean) / std, both (d,), in their dtype and on their device.

        Unless std is the same along all axes, round Gaussians become oval.
        """
        law = self.to(std)
        return GaussianMixture((law.means - mean) / std, law._spread() / std, law.weights)

    def to(self, like: Tensor) -> "GaussianMixture":
        """Return the same law in the dtype and on the device of a tensor."""
        return GaussianMixture(self.means.to(like), self.std.to(like), self.weights.to(like))

    def _spread(self) -> Tensor:
        """Return the standard deviations as (k, d) or (k, 1)."""
        return self.std if self.std.ndim == 2 else self.std.unsqueeze(1)

    def _parts(self, x: Tensor, s: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return x - mean (n, k, d), variances (n or 1, k, d or 1), joint log densities (n, k)."""
        gap = x.unsqueeze(1) - self.means
        variance = self._spread() ** 2 + expand_like(s, gap[:, :1]) ** 2
        each = gap.square() / variance + torch.log(2 * math.pi * variance)
        return gap, variance, torch.log(self.weights) - 0.5 * each.sum(dim=2)

    def log_prob(self, x: Tensor, s: Tensor) -> Tensor:
        """Return log p_s(x) in nats, (n,), of the mixture with noise s."""
        return torch.logsumexp(self._parts(x, s)[2], dim=1)

    def score(self, x: Tensor, s: Tensor) -> Tensor:
        """Return grad log p_s(x), (n, d)."""
        gap, variance, joint = self._parts(x, s)
        share = torch.softmax(joint, dim=1)
        return -(share.unsqueeze(2) * gap / variance).sum(dim=1)

    def denoise(self, x: Tensor, s: Tensor) -> Tensor:
        """Return D(x, s) = E[x0 | x0 + s eps = x], (n, d).

        Mode by mode the posterior mean is mean + std^2 / (std^2 + s^2) (x - mean); written out
        rather than as x + s^2 score, which would cancel when s is large.
        """
        gap, variance, joint = self._parts(x, s)
        share = torch.softmax(joint, dim=1)
        shrink = self._spread() ** 2 / variance
        return (share.unsqueeze(2) * (self.means + shrink * gap)).sum(dim=1)

    def sample(self, n: int, generator: torch.Generator, s: float = 0.0) -> Tensor:
        """Draw n points of the mixture with noise s, (n, d)."""
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], generator=generator, dtype=self.means.dtype)
        return self.means[k] + torch.sqrt(self._spread()[k] ** 2 + s**2) * noise
