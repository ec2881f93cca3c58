"""A denoiser that is told some numbers of a row: E[x0 | x0 + s eps = x, what is known of x0]."""

from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.observed import OBSERVED, VALUES, telling
from pushforward.models.denoisers.denoiser import Denoiser

__all__ = ["Completing"]


class Completing(Denoiser):
    """What is known is read without noise beside the noised rest, and said again as it is: only
    what is not known is learned (Tashiro et al. 2021, arXiv:2107.03502, eqs. 5 and 6).

    Rows say what is known of them as `models.contracts.observed` has it, or nothing.
    """

    def forward(self, rows: Rows, s: Tensor) -> Tensor:
        batch = telling(Batch.of(rows))
        found = super().forward(batch, s)
        seen = batch.given[OBSERVED]
        return seen * batch.given[VALUES] + (1.0 - seen) * found

    def _regression(self, batch: Batch, s: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows = telling(batch)
        out, target, c_out = super()._regression(rows, s, real)
        hidden = 1.0 - rows.given[OBSERVED]
        return hidden * out, hidden * target, c_out

    def _network(self, batch: Batch, s: Tensor) -> Tensor:
        return super()._network(batch.holding(batch.x * (1.0 - batch.given[OBSERVED])), s)
