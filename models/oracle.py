"""The oracle: a Gaussian mixture, for which everything a diffusion learns is known exactly.

Add noise of level s to a mixture of Gaussians without correlations and it is still one, with
variances std_k^2 + s^2. Its density, score, denoiser and samples are closed formulas, so samplers,
likelihoods and training can be tested with no network, and a field can be exact.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pushforward.models.tensors import expand_like

__all__ = ["GaussianMixture"]


@dataclass(frozen=True)
class GaussianMixture:
    """sum_k weights_k N(means_k, diag(std_k^2)).

    Attributes:
        means: (k, d).
        std: (k,) where the Gaussians are round, (k, d) where each axis has its own.
        weights: (k,), positive, summing to 1.
        classes: (k,) int64, the class of each Gaussian; None without classes.

    Functions take points x (n, d) and a noise level s, 0-d or (n,); all in the dtype of the means.
    A ``label`` (n,) is the class of each point, -1 for unknown: results are then those of p(x |
    class).
    """

    means: Tensor
    std: Tensor
    weights: Tensor
    classes: Tensor | None = None

    def __post_init__(self) -> None:
        k = len(self.means)
        if self.std.shape not in ((k,), self.means.shape) or self.weights.shape != (k,):
            raise ValueError(
                f"std and weights must have shape ({k},), one number per mean; std may also have "
                f"the shape of the means, {tuple(self.means.shape)}"
            )
        if self.classes is not None and self.classes.shape != (k,):
            raise ValueError(f"classes must have shape ({k},), got {tuple(self.classes.shape)}")

    @classmethod
    def ring(
        cls, k: int, radius: float, std: float, dtype: torch.dtype = torch.float64
    ) -> "GaussianMixture":
        """Return k equal Gaussians on a circle in the plane, the first on the positive x axis."""
        angle = torch.arange(k, dtype=dtype) * (2 * math.pi / k)
        means = radius * torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
        return cls(means, torch.full((k,), std, dtype=dtype), torch.full((k,), 1 / k, dtype=dtype))

    def standardised(self, mean: Tensor, std: Tensor) -> "GaussianMixture":
        """Return the distribution of (x - mean) / std, both (d,), in their dtype and on their
        device.

        Unless std is the same along all axes, round Gaussians become oval.
        """
        law = self.to(std)
        return replace(law, means=(law.means - mean) / std, std=law._spread() / std)

    def to(self, like: Tensor) -> "GaussianMixture":
        """Return the same law in the dtype and on the device of a tensor."""
        classes = None if self.classes is None else self.classes.to(like.device)
        return GaussianMixture(
            self.means.to(like), self.std.to(like), self.weights.to(like), classes
        )

    def unlabelled(self) -> "GaussianMixture":
        """Return the same law without its classes."""
        return self if self.classes is None else replace(self, classes=None)

    def _spread(self) -> Tensor:
        """Return the standard deviations as (k, d) or (k, 1)."""
        return self.std if self.std.ndim == 2 else self.std.unsqueeze(1)

    def _parts(self, x: Tensor, s: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return x - mean (n, k, d), variances (n or 1, k, d or 1), joint log densities (n, k)."""
        gap = x.unsqueeze(1) - self.means
        variance = self._spread() ** 2 + expand_like(s, gap[:, :1]) ** 2
        each = gap.square() / variance + torch.log(2 * math.pi * variance)
        return gap, variance, torch.log(self.weights) - 0.5 * each.sum(dim=2)

    def _of_class(self, joint: Tensor, label: Tensor | None) -> Tensor:
        """Return joint log densities (n, k) in which only Gaussians of the class of each row are
        left, with the weights that these have among themselves.
        """
        if label is None:
            return joint
        theirs = (label[:, None] < 0) | (self._classes() == label[:, None])
        share = (theirs * self.weights).sum(dim=1, keepdim=True)
        return joint.masked_fill(~theirs, -math.inf) - torch.log(share)

    def _classes(self) -> Tensor:
        if self.classes is None:
            raise ValueError("the distribution has no classes")
        return self.classes

    def log_prob(self, x: Tensor, s: Tensor, label: Tensor | None = None) -> Tensor:
        """Return log p_s(x) in nats, (n,), of the mixture with noise s."""
        return torch.logsumexp(self._of_class(self._parts(x, s)[2], label), dim=1)

    def log_class(self, x: Tensor, s: Tensor) -> Tensor:
        """Return log p_s(class | x), (n, classes), of points with noise s."""
        classes = self._classes()
        joint = self._parts(x, s)[2]
        each = [
            torch.logsumexp(joint.masked_fill(classes != c, -math.inf), dim=1)
            for c in range(int(classes.max()) + 1)
        ]
        return torch.stack(each, dim=1).log_softmax(dim=1)

    def log_tilted(self, x: Tensor, label: int, strength: float) -> Tensor:
        """Return log p(x) + strength log p(class | x), (n,): the unnormalised density of
        `sample_tilted`.
        """
        zero = torch.zeros((), dtype=x.dtype)
        return self.log_prob(x, zero) + strength * self.log_class(x, zero)[:, label]

    def score(self, x: Tensor, s: Tensor, label: Tensor | None = None) -> Tensor:
        """Return grad log p_s(x), (n, d)."""
        gap, variance, joint = self._parts(x, s)
        share = torch.softmax(self._of_class(joint, label), dim=1)
        return -(share.unsqueeze(2) * gap / variance).sum(dim=1)

    def denoise(self, x: Tensor, s: Tensor, label: Tensor | None = None) -> Tensor:
        """Return D(x, s) = E[x0 | x0 + s eps = x], (n, d).

        Mode by mode the posterior mean is mean + std^2 / (std^2 + s^2) (x - mean); written out
        rather than as x + s^2 score, which would cancel when s is large.
        """
        gap, variance, joint = self._parts(x, s)
        share = torch.softmax(self._of_class(joint, label), dim=1)
        shrink = self._spread() ** 2 / variance
        return (share.unsqueeze(2) * (self.means + shrink * gap)).sum(dim=1)

    def sample(self, n: int, generator: torch.Generator, s: float = 0.0) -> Tensor:
        """Draw n points of the mixture with noise s, (n, d)."""
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], generator=generator, dtype=self.means.dtype)
        return self.means[k] + torch.sqrt(self._spread()[k] ** 2 + s**2) * noise

    def of_class(self, label: int) -> "GaussianMixture":
        """Return the distribution of one class, p(x | class).

        Raises:
            ValueError: nothing is of this class.
        """
        mine = self._classes() == label
        if not mine.any():
            raise ValueError(f"nothing is of class {label}")
        weights = self.weights[mine] / self.weights[mine].sum()
        return GaussianMixture(self.means[mine], self.std[mine], weights)

    def observing(self, x: Tensor, known: Tensor) -> "GaussianMixture":
        """Return the conditional distribution p(x_unknown | x_known) of a point x (d,) with
        ``known`` (d,) bool, a mixture in the unknown dimensions. The axes of each Gaussian are
        independent, so only the weights change.
        """
        std = self._spread().expand(self.means.shape)
        seen = GaussianMixture(self.means[:, known], std[:, known], self.weights)
        joint = seen._parts(x[known].unsqueeze(0), torch.zeros((), dtype=x.dtype))[2][0]
        return GaussianMixture(self.means[:, ~known], std[:, ~known], torch.softmax(joint, dim=0))

    def sample_tilted(
        self, n: int, label: int, strength: float, generator: torch.Generator
    ) -> Tensor:
        """Sample n points of the distribution proportional to p(x) p(class | x)^strength, (n, d),
        by rejection: of points of the class, or for a strength below 1 of all, one is kept with the
        probability p(class | x) to the power that is missing. Strength 1 is p(x | class).

        Raises:
            ValueError: the strength is negative, or nothing is of this class.
        """
        if strength < 0.0:
            raise ValueError(f"a strength is at least 0, got {strength}")
        proposal = self.of_class(label) if strength >= 1.0 else self
        power = strength - 1.0 if strength >= 1.0 else strength
        zero = torch.zeros((), dtype=self.means.dtype)
        kept: list[Tensor] = []
        while sum(map(len, kept)) < n:
            x = proposal.sample(4 * n, generator)
            chance = (power * self.log_class(x, zero)[:, label]).exp()
            kept.append(x[torch.rand(len(x), generator=generator) < chance])
        return torch.cat(kept)[:n]
