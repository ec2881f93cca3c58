"""Laws of one number, as an autoregressive network says them: density, mean, and quantiles.

Each is a function of what the network says, (n, numbers, outputs), and the place x (n, numbers).
"""

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.tensors import resident, widest_float

__all__ = ["Bins", "Conditional", "Logistics"]

_NARROWEST, _WIDEST = -7.0, 1.0  # logarithms of the scale of a logistic
# How near to its ends a place within a bin may be, so that its logarithm is finite.
_SMALLEST = {torch.float64: 1e-12, torch.float32: 1e-7}
_HALVINGS, _FAR = 48, 30.0  # of the bisection, which begins between -30 and 30 deviations


class Conditional(Protocol):
    """The distribution of a number, given the output of the network."""

    @property
    def outputs(self) -> int:
        """How many numbers the network says."""
        ...

    def log_prob(self, said: Tensor, x: Tensor) -> Tensor:
        """Return log p(x) in nats, (n, numbers)."""
        ...

    def mean(self, said: Tensor) -> Tensor:
        """Return E[x], (n, numbers)."""
        ...

    def quantile(self, said: Tensor, u: Tensor) -> Tensor:
        """Return where a share u, (n, numbers) in (0, 1), lies below, (n, numbers)."""
        ...


class Bins:
    """Bins of equal width between -reach and reach, with uniform density in each; the first and the
    last have exponential tails, so that the density is positive everywhere.
    """

    def __init__(self, count: int, reach: float) -> None:
        self.outputs = count
        self.reach = reach
        self.width = 2.0 * reach / count

    def place(self, x: Tensor) -> Tensor:
        """Return in which bin each number lies, int64."""
        return ((x + self.reach) / self.width).floor().clamp(0, self.outputs - 1).long()

    def log_prob(self, said: Tensor, x: Tensor) -> Tensor:
        bin_ = self.place(x)
        share = functional.log_softmax(said, dim=2).gather(2, bin_[..., None])[..., 0]
        inner = self.reach - self.width
        # How far into a tail, from where it begins.
        deep = torch.where(bin_ == 0, -inner - x, x - inner) / self.width
        tail = (bin_ == 0) | (bin_ == self.outputs - 1)
        return share - math.log(self.width) - torch.where(tail, deep, 0.0)

    def mean(self, said: Tensor) -> Tensor:
        centre = torch.linspace(
            -self.reach + self.width / 2, self.reach - self.width / 2, self.outputs
        )
        # The mean of a tail is as far from where it begins as the bin is wide.
        centre[0] -= self.width / 2
        centre[-1] += self.width / 2
        mean: Tensor = (said.softmax(dim=2) * centre.to(said)).sum(dim=2)
        return mean

    def quantile(self, said: Tensor, u: Tensor) -> Tensor:
        share = said.to(widest_float(said.device)).softmax(dim=2)
        below = share.cumsum(dim=2)
        at = u.to(share.dtype)[..., None]
        bin_ = (below < at).sum(dim=2, keepdim=True).clamp_max(self.outputs - 1)
        mine = share.gather(2, bin_)
        within = ((at - below.gather(2, bin_) + mine) / mine).clamp(
            _SMALLEST[share.dtype], 1.0 - _SMALLEST[share.dtype]
        )
        bin_, within = bin_[..., 0], within[..., 0]
        inner = self.reach - self.width
        x = -self.reach + self.width * (bin_ + within)
        x = torch.where(bin_ == 0, -inner + self.width * within.log(), x)
        x = torch.where(bin_ == self.outputs - 1, inner - self.width * (1 - within).log(), x)
        return x.to(u.dtype)


class Logistics:
    """A mixture of logistic laws (Salimans et al. 2017, arXiv:1701.05517, section 2.1, without the
    rounding to levels).
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.outputs = 3 * count
        self._spread = torch.linspace(-1.5, 1.5, count)

    def _parts(self, said: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logarithms of the weights, the middles, and logarithms of the scales."""
        weight, middle, scale = said.chunk(3, dim=2)
        # Evenly spread at first: alike they would stay alike.
        spread = resident(self._spread, said) if self.count > 1 else 0.0
        return (
            functional.log_softmax(weight, dim=2),
            middle + spread,
            (scale - 1.0).clamp(_NARROWEST, _WIDEST),
        )

    def log_prob(self, said: Tensor, x: Tensor) -> Tensor:
        weight, middle, scale = self._parts(said)
        z = (x[..., None] - middle) * torch.exp(-scale)
        each = -z - 2.0 * functional.softplus(-z) - scale
        return torch.logsumexp(weight + each, dim=2)

    def mean(self, said: Tensor) -> Tensor:
        weight, middle, _ = self._parts(said)
        mean: Tensor = (weight.exp() * middle).sum(dim=2)
        return mean

    def quantile(self, said: Tensor, u: Tensor) -> Tensor:
        width = widest_float(said.device)
        weight, middle, scale = (part.to(width) for part in self._parts(said))
        at = u.to(width)
        low, high = torch.full_like(at, -_FAR), torch.full_like(at, _FAR)
        for _ in range(_HALVINGS):
            x = (low + high) / 2
            below = (weight.exp() * torch.sigmoid((x[..., None] - middle) / scale.exp())).sum(dim=2)
            low, high = torch.where(below < at, x, low), torch.where(below < at, high, x)
        return ((low + high) / 2).to(u.dtype)
