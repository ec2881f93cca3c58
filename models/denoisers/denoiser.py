"""The one interface of every Gaussian diffusion: D(x, s) = E[x0 | x0 + s eps = x]."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.denoisers.precond import PRECONDS, PrecondName, c_noise
from models.tensors import expand_like

__all__ = ["Denoiser"]


class Denoiser(nn.Module):
    """A network with its preconditioning.

    Args:
        net: called as ``net(x, c)`` with x (n, *shape) and c (n,), returns (n, *shape).
        precond: a row of the table in `models.denoisers.precond`.
        data_std: the standard deviation of the data (1 where they are standardised).
    """

    def __init__(self, net: nn.Module, precond: PrecondName = "edm", data_std: float = 1.0) -> None:
        super().__init__()
        self.net = net
        self.precond: PrecondName = precond
        self.data_std = data_std
        self._coefficients = PRECONDS[precond]

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        """Denoise x (n, *shape) at noise levels s > 0, (n,) or 0-d, in the coordinates of xbar."""
        c = self._coefficients(expand_like(s, x), self.data_std)
        return c.c_skip * x + c.c_out * self._network(c.c_in * x, s)

    def squared_error(self, x: Tensor, s: Tensor, real: Tensor, weight: Tensor | None) -> Tensor:
        """Return the mean of weight |D(x, s) - real|^2, 0-d, with its graph.

        Computed as weight c_out^2 |F - (real - c_skip x)/c_out|^2 (Karras et al. 2022, eq. 8),
        which is the same number with a shorter graph.

        Args:
            x: noised data, (n, *shape).
            s: its noise levels, (n,).
            real: the data, (n, *shape).
            weight: w(s), (n,); None for 1/c_out^2, the weight that is even on F.
        """
        c = self._coefficients(expand_like(s, x), self.data_std)
        target = torch.addcmul(real, c.c_skip, x, value=-1).div_(c.c_out)
        out = self._network(c.c_in * x, s)
        if weight is None:
            return functional.mse_loss(out, target)
        return (c.c_out.square().mul_(expand_like(weight, x)) * (out - target).square()).mean()

    def _network(self, x: Tensor, s: Tensor) -> Tensor:
        told = c_noise(s)
        out: Tensor = self.net(x, told.expand(len(x)) if told.ndim == 0 else told)
        return out
