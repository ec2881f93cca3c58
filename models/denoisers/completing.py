"""A denoiser conditioned on observed numbers of a row: E[x0 given x0 + s eps = x, observed x0]."""

from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.observed import OBSERVED, VALUES, fill_observed
from pushforward.models.denoisers.denoiser import Denoiser

__all__ = ["Completing"]


class Completing(Denoiser):
    """Denoiser that reads observed numbers without noise and returns them unchanged; only the
    others are learned (Tashiro et al. 2021, arXiv:2107.03502, eqs. 5 and 6). See
    `models.contracts.observed` for the conditions.
    """

    def forward(self, rows: Rows, s: Tensor) -> Tensor:
        batch = fill_observed(Batch.of(rows))
        found = super().forward(batch, s)
        seen = batch.given[OBSERVED]
        return seen * batch.given[VALUES] + (1.0 - seen) * found

    def _regression(self, batch: Batch, s: Tensor, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows = fill_observed(batch)
        out, target, c_out = super()._regression(rows, s, real)
        hidden = 1.0 - rows.given[OBSERVED]
        return hidden * out, hidden * target, c_out

    def _network(self, batch: Batch, s: Tensor) -> Tensor:
        return super()._network(batch.holding(batch.x * (1.0 - batch.given[OBSERVED])), s)
