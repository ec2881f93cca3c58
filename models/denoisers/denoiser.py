"""The one interface of every Gaussian diffusion: D(x, s) = E[x0 | x0 + s eps = x]."""

from typing import cast

from torch import Tensor, nn

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
        c = self._coefficients(s, self.data_std)
        told = c_noise(s)
        out = self.net(expand_like(c.c_in, x) * x, told.expand(len(x)) if told.ndim == 0 else told)
        return expand_like(c.c_skip, x) * x + expand_like(c.c_out, x) * cast(Tensor, out)
