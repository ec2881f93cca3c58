"""A consistency function: from any noise level to the data, in one evaluation.

f(x, s) = c_skip(s) x + c_out(s) F(c_in(s) x, c_noise(s)) with

    c_skip = sd^2 / ((s - s_min)^2 + sd^2),  c_out = sd (s - s_min) / sqrt(sd^2 + s^2),

so that f(x, s_min) = x for any network (Song et al. 2023, arXiv:2303.01469, appendix C).
"""

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.denoisers.precond import c_noise
from pushforward.models.nets.calling import call
from pushforward.models.tensors import expand_like

__all__ = ["ConsistencyFunction"]


class ConsistencyFunction(nn.Module):
    """A network with its boundary condition.

    Args:
        net: called as ``net(x, clock, given, mask)`` (`models.nets.calling`), returns (n, *shape).
        s_min: the level at which it changes nothing.
        data_std: the standard deviation of the data (1 where they are standardised).
    """

    def __init__(self, net: nn.Module, s_min: float, data_std: float = 1.0) -> None:
        super().__init__()
        self.net = net
        self.s_min = s_min
        self.data_std = data_std

    def forward(self, rows: Rows, s: Tensor) -> Tensor:
        """Take rows, x (n, *shape) in the coordinates x0 + s eps, from levels s, (n,) or 0-d, to
        the data; padded places stay 0.
        """
        batch = Batch.of(rows)
        x, sd = batch.x, self.data_std
        level = expand_like(s, x)
        above = level - self.s_min
        scale = torch.rsqrt(level.square() + sd**2)
        told = c_noise(s)
        told = told.expand(len(batch)) if told.dim() == 0 else told
        out = batch.zeroed(call(self.net, batch.holding(scale * x), told))
        return sd**2 / (above.square() + sd**2) * x + sd * above * scale * out
