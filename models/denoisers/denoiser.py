"""The one interface of every Gaussian diffusion: D(x, s) = E[x0 | x0 + s eps = x]."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.denoisers.precond import PRECONDS, PrecondName, c_noise
from pushforward.models.nets.calling import call
from pushforward.models.tensors import expand_like

__all__ = ["Denoiser", "DistanceName"]

DistanceName = Literal["square", "huber"]


class Denoiser(nn.Module):
    """A network with its preconditioning.

    Args:
        net: called as ``net(x, clock, given, mask)`` (`models.nets.calling`), returns (n, *shape).
        precond: a row of the table in `models.denoisers.precond`.
        data_std: the standard deviation of the data (1 where they are standardised).
    """

    def __init__(self, net: nn.Module, precond: PrecondName = "edm", data_std: float = 1.0) -> None:
        super().__init__()
        self.net = net
        self.precond: PrecondName = precond
        self.data_std = data_std
        self._coefficients = PRECONDS[precond]

    def forward(self, rows: Rows, s: Tensor) -> Tensor:
        """Denoise rows, x (n, *shape), at noise levels s > 0, (n,) or 0-d, in the coordinates of
        xbar; padded places stay 0.
        """
        batch = Batch.of(rows)
        x = batch.x
        c = self._coefficients(expand_like(s, x), self.data_std)
        return c.c_skip * x + c.c_out * self._network(batch.holding(c.c_in * x), s)

    def squared_error(
        self,
        rows: Rows,
        s: Tensor,
        real: Tensor,
        weight: Tensor | None,
        *,
        places: Tensor | None = None,
        distance: DistanceName = "square",
    ) -> Tensor:
        """Return the mean of weight |D(x, s) - real|^2 over all numbers that are not padded, 0-d,
        with its graph.

        Computed as weight c_out^2 |F - (real - c_skip x)/c_out|^2 (Karras et al. 2022, eq. 8),
        which is the same number with a shorter graph. Huber's distance replaces the last square e^2
        by e^2/2 up to |e| = 1 and |e| - 1/2 beyond (Huber 1964, doi:10.1214/aoms/1177703732).

        Args:
            rows: noised data, x (n, *shape).
            s: its noise levels, (n,).
            real: the data, (n, *shape).
            weight: w(s), (n,); None for 1/c_out^2, the weight that is even on F.
            places: mean number of real places per row of the whole batch, 0-d, if these are a part
                of it; None otherwise. Ignored without padding.
            distance: between F and its target.
        """
        batch = Batch.of(rows)
        out, target, c_out = self._regression(batch, s, real)
        if weight is None and batch.mask is None and distance == "square":
            return functional.mse_loss(out, target)
        if distance == "huber":
            error = functional.huber_loss(out, target, reduction="none")
        else:
            error = (out - target).square()
        if weight is not None:
            error = c_out.square().mul_(expand_like(weight, batch.x)) * error
        if batch.mask is None:
            return error.mean()
        # Noise, data and output are 0 where a place is padded, and so is the error there.
        count = batch.mask.sum() if places is None else places * len(batch)
        return error.sum() / (count * batch.x[0, 0].numel())

    def errors(self, rows: Rows, s: Tensor, real: Tensor) -> Tensor:
        """Return |D(x, s) - real|^2 of each row, (n,), the sum over its numbers, with its graph.

        Arguments as in `squared_error`.
        """
        out, target, c_out = self._regression(Batch.of(rows), s, real)
        return (c_out * (out - target)).square().flatten(1).sum(dim=1)

    def _regression(self, batch: Batch, s: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return what the network says, what it should say, and c_out."""
        x = batch.x
        c = self._coefficients(expand_like(s, x), self.data_std)
        target = torch.addcmul(real, c.c_skip, x, value=-1).div_(c.c_out)
        return self._network(batch.holding(c.c_in * x), s), target, c.c_out

    def _network(self, batch: Batch, s: Tensor) -> Tensor:
        told = c_noise(s)
        out = call(self.net, batch, told.expand(len(batch)) if told.dim() == 0 else told)
        return batch.zeroed(out)
