"""The variational bound of a Gaussian diffusion: a hierarchical VAE whose encoder only adds noise.

    -log p(x) <= prior + reconstruction + sum_t E |.| of level t, in nats,

    prior          KL( q(z_T | x) | N(0, 1) ),  z_T = alpha_T x + sigma_T eps
    reconstruction E -log p(x | z_0)
    level t        E KL( q(z_s | z_t, x) | p(z_s | z_t) )
                 = (1/s^2 - 1/t^2)/2 E |x - D(x_t, t)|^2,   s < t two neighbouring noise levels.

Let the levels be many: int E |x - D|^2/s^2 d ln s, which is E (gamma'(u)/2) |eps - eps^|^2 with
gamma = 2 ln s, for any schedule between the same ends.

Numbers are written in xbar = x + s eps (`models.paths.gaussian`): KL divergences do not know their
coordinates, and z = alpha xbar with alpha = 1/sqrt(1 + s^2).

Reconstruction is N(x; xbar_0, s_0^2 I), a density, or where data have but some values a
distribution over these, in proportion to it (Kingma et al. 2021, eq. 13 and appendix D).

Sources: Luo 2022, arXiv:2208.11970, eqs. 43-45 and 107-109; Kingma et al. 2021, arXiv:2107.00630,
eqs. 11-18; Ho et al. 2020, arXiv:2006.11239, eqs. 5-7.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.denoisers.densities import Density
from pushforward.models.tensors import expand_like, noise_like, upload

__all__ = [
    "Bound",
    "Variance",
    "continuous_bound",
    "discrete_bound",
    "fixed_large",
    "fixed_small",
    "prior_term",
    "reconstruction_term",
    "reverse_kl",
]

Variance = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From x (n, *shape) at level s to the variance of each number of a reverse step to level s_next,
in the coordinates of xbar: (n, *shape), or one for all; s and s_next (n,) or 0-d."""


@dataclass(frozen=True)
class Bound:
    """The terms for each datum, in nats.

    Attributes:
        prior: (n,).
        reconstruction: (n,).
        diffusion: (n, T), a term a level, the smallest first; their sum is the diffusion term.
        levels: the noise levels that the terms are of, (T,): the upper end of each step.
    """

    prior: Tensor
    reconstruction: Tensor
    diffusion: Tensor
    levels: Tensor

    @property
    def total(self) -> Tensor:
        """The bound on -log p(x) of each datum, (n,)."""
        return self.prior + self.reconstruction + self.diffusion.sum(dim=1)


def prior_term(rows: Rows, s: Tensor) -> Tensor:
    """Return KL( N(alpha x, sigma^2) | N(0, 1) ) of each row x (n, *shape) at the level s, 0-d."""
    batch, log_s = Batch.of(rows), s.log()
    alpha2, sigma2 = torch.sigmoid(-2 * log_s), torch.sigmoid(2 * log_s)
    return _sum(batch, 0.5 * (alpha2 * batch.x.square() - alpha2 - sigma2.log()))


def reconstruction_term(
    rows: Rows, s: Tensor, noise: Tensor, values: Tensor | None = None
) -> Tensor:
    """Return -log p(x | x + s noise) of each row, (n,).

    Args:
        rows: data, x (n, *shape).
        s: the smallest level, 0-d.
        noise: unit Gaussian, (n, *shape).
        values: those that a number of the data can have, (k,) or (k, *shape); None for any.
    """
    batch = Batch.of(rows)
    x = batch.x
    if values is None:
        return _sum(batch, 0.5 * noise.square() + 0.5 * math.log(2 * math.pi) + s.log())
    grid = expand_like(values.to(x), x).unsqueeze(1)
    logits = -0.5 * ((x + s * noise - grid) / s).square()
    right = (x - grid).abs().argmin(dim=0, keepdim=True)
    return _sum(batch, -torch.log_softmax(logits, dim=0).gather(0, right)[0])


def _sum(batch: Batch, each: Tensor) -> Tensor:
    """Return the sum over the numbers of each row that are not padded, (n,)."""
    return batch.zeroed(each).flatten(1).sum(dim=1)


def fixed_small(x: Tensor, s: Tensor, s_next: Tensor) -> Tensor:
    """Return the variance of q(x_next | x, x0): the best for data of no width (a `Variance`)."""
    return expand_like(s_next.square() * (1 - (s_next / s).square()), x)


def fixed_large(x: Tensor, s: Tensor, s_next: Tensor) -> Tensor:
    """Return beta of the variance-preserving step: the best for data of unit variance (a
    `Variance`). Ho et al. 2020, arXiv:2006.11239, section 3.2.
    """
    beta = (s.square() - s_next.square()) * (1 + s_next.square()) / (1 + s.square())
    return expand_like(beta, x)


def reverse_kl(
    x: Tensor,
    denoised: Tensor,
    real: Tensor,
    s: Tensor,
    s_next: Tensor,
    variance: Tensor | None = None,
) -> Tensor:
    """Return KL( q(x_next | x, x0) | N(mean by D, variance) ) of each number, (n, *shape).

    Args:
        x: x_s, (n, *shape).
        denoised: D(x_s, s), (n, *shape).
        real: x0, (n, *shape).
        s: level, (n,) or 0-d.
        s_next: the level that is reached, 0 < s_next < s.
        variance: of the reverse step; None for `fixed_small`.
    """
    true = fixed_small(x, s, s_next)
    pull = 1 - expand_like((s_next / s).square(), x)
    gap = (pull * (real - denoised)).square()
    if variance is None:
        return 0.5 * gap / true
    ratio = true / variance
    return 0.5 * (ratio - 1 - ratio.log() + gap / variance)


def discrete_bound(
    denoise: Denoise,
    rows: Rows,
    levels: Tensor,
    generator: torch.Generator,
    *,
    variance: Variance | None = None,
    values: Tensor | None = None,
) -> Bound:
    """Return the bound with T steps, each level estimated with one noise sample per row.

    Args:
        denoise: D(x, s), for these rows.
        rows: data, x (n, *shape), standardised.
        levels: increasing noise levels > 0, (T + 1,): between the reconstruction at the first and
            the prior at the last.
        generator: of the noise.
        variance: of the reverse steps; None for `fixed_small`.
        values: as in `reconstruction_term`.
    """
    batch = Batch.of(rows)
    x, levels = batch.x, levels.to(batch.x)
    terms = []
    for s_next, s in pairwise(levels.unbind()):
        noised = batch.zeroed(x + s * noise_like(x, generator))
        wide = None if variance is None else variance(noised, s, s_next)
        terms.append(_sum(batch, reverse_kl(noised, denoise(noised, s), x, s, s_next, wide)))
    return Bound(
        prior_term(batch, levels[-1]),
        reconstruction_term(batch, levels[0], noise_like(x, generator), values),
        torch.stack(terms, dim=1),
        levels[1:],
    )


def continuous_bound(
    denoise: Denoise,
    rows: Rows,
    density: Density,
    draws: int,
    generator: torch.Generator,
    *,
    values: Tensor | None = None,
) -> Bound:
    """Return the bound with infinitely many steps, each datum at ``draws`` levels.

    Level i is drawn anew for each datum from the i-th of ``draws`` equal shares of the density,
    and its term is weighed so that the sum has the mean of the integral, for any density.

    Args:
        denoise: D(x, s), for these rows.
        rows: data, x (n, *shape), standardised.
        density: of the levels between the ends of the bound; it does not change the mean.
        draws: how many levels a datum.
        generator: of levels and noise.
        values: as in `reconstruction_term`.
    """
    batch = Batch.of(rows)
    x = batch.x
    terms = []
    for i in range(draws):
        u = upload(torch.rand(len(x), generator=generator, device=generator.device), x.device).to(x)
        s = density.quantile((i + u) / draws)
        noised = batch.zeroed(x + expand_like(s, x) * noise_like(x, generator))
        error = _sum(batch, (x - denoise(noised, s)).square())
        terms.append(error / (s.square() * density.pdf(s) * draws))
    low, high = density.quantile(x.new_tensor([0.0, 1.0])).unbind()
    middles = (torch.arange(draws, dtype=x.dtype, device=x.device) + 0.5) / draws
    return Bound(
        prior_term(batch, high),
        reconstruction_term(batch, low, noise_like(x, generator), values),
        torch.stack(terms, dim=1),
        density.quantile(middles),
    )
