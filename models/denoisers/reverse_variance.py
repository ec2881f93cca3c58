"""A learned variance of the reverse steps, between the two that are known.

A reverse step from level s to s_next < s has at least the variance of q(x_next | x, x0), beta~, and
at most that of a forward step, beta: the first is right for data without width, the second for data
of unit variance. A network says where between them, in logarithms:

    variance = exp( v log beta + (1 - v) log beta~ ),  v = (1 + F)/2.

Source: Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 15.
"""

import torch
from torch import Tensor, nn

from pushforward.models.bound import fixed_large, fixed_small
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.denoisers.precond import c_noise
from pushforward.models.nets.calling import call
from pushforward.models.tensors import expand_like

__all__ = ["ReverseVariance"]


class ReverseVariance(nn.Module):
    """A network of its own that says v: of a step of any length, so that steps may be skipped.

    Args:
        net: called as ``net(x, clock, given, mask)`` (`models.nets.calling`), returns (n, *shape).
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, rows: Rows, s: Tensor, s_next: Tensor) -> Tensor:
        """Return the variance of each number of x (n, *shape) in the coordinates of xbar, of a step
        from s to s_next > 0, both (n,) or 0-d.
        """
        batch = Batch.of(rows)
        x = batch.x
        scale = torch.rsqrt(1 + expand_like(s, x).square())
        v = 0.5 * (1 + call(self.net, batch.holding(scale * x), c_noise(s).expand(len(batch))))
        small, large = fixed_small(x, s, s_next).log(), fixed_large(x, s, s_next).log()
        return torch.exp(small + v * (large - small))
