"""How the noise levels of a batch are drawn from a training density: four ways, one expectation.

A level is the quantile of a share v in [0, 1]; how the shares of a batch are drawn changes the
variance of the loss, and never its mean.

| name | shares of a batch of B |
|---|---|
| independent | v_i ~ U(0, 1) |
| antithetic | v_i ~ U(0, 1) and 1 - v_i, in pairs |
| low-discrepancy | (i + v)/B, one v ~ U(0, 1) for all: a comb |
| importance | a comb in a density that is learned; the loss of a row is divided by it |

Sources: Kingma et al. 2021, arXiv:2107.00630, appendix I.1 (the comb); Ren et al. 2019,
arXiv:1903.03252 (antithetic); Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 18 (importance). The
exact density of ScoreFlow, p(t) ~ g^2/sigma^2 (Song et al. 2021, arXiv:2101.09258, eq. 15), is even
in ln s on every path: `models.denoisers.densities.LogUniform`.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from pushforward.models.contracts.state import State
from pushforward.models.denoisers.densities import Density, draw_levels

__all__ = ["Importance", "SampledLevels", "TimesName", "draw_times"]

TimesName = Literal["low-discrepancy", "antithetic", "independent", "importance"]

_BINS = 64
_MEMORY = 0.05  # of a running moment, for each batch
_ENOUGH = 10.0  # rows of each bin before it is believed (Nichol & Dhariwal 2021, section 3.3)
_EVEN = 0.01  # share of the draws that stay even, so that no level is forgotten


@dataclass(frozen=True)
class SampledLevels:
    """The noise levels of a batch.

    Attributes:
        level: s, (n,).
        share: their quantiles, (n,); None if not needed.
        odds: importance weight of the loss of each row, (n,), so that its expectation is that
            under the density; None for 1.
    """

    level: Tensor
    share: Tensor | None = None
    odds: Tensor | None = None


def draw_times(
    name: TimesName, density: Density, n: int, generator: torch.Generator
) -> SampledLevels:
    """Draw n levels on the generator's device, in any way but by importance.

    Raises:
        ValueError: the way is one that has to learn (`Importance`).
    """
    device = generator.device
    match name:
        case "low-discrepancy":
            return SampledLevels(draw_levels(density, n, generator))
        case "independent":
            share = torch.rand(n, generator=generator, device=device)
        case "antithetic":
            half = torch.rand((n + 1) // 2, generator=generator, device=device)
            share = torch.cat([half, 1 - half])[:n]
        case _:
            raise ValueError("the density of importance is learned: see Importance")
    return SampledLevels(density.quantile(share), share)


class Importance:
    """A density of shares that learns where the loss is large; a `models.contracts.state.Packed`.

    The variance of the mean of loss / q is least where q is in proportion to sqrt(E loss^2). The
    second moments are running means in equal bins of the share. Until each bin has had some rows,
    q is even.

    Args:
        device: where the levels are drawn.
    """

    def __init__(self, device: torch.device) -> None:
        self._moment = torch.zeros(_BINS, device=device)
        self._rows = torch.zeros(_BINS, device=device)

    def odds(self) -> Tensor:
        """Return q of each bin, (bins,), with mean 1."""
        root = self._moment.sqrt()
        learned = (1 - _EVEN) * root / root.mean().clamp_min(1e-30) + _EVEN
        return torch.where((self._rows >= _ENOUGH).all(), learned, torch.ones_like(learned))

    def draw(self, density: Density, n: int, generator: torch.Generator) -> SampledLevels:
        """Draw n levels on the generator's device, and the odds that make up for it."""
        q = self.odds()
        upper = q.cumsum(0) / _BINS
        shift = torch.rand(1, generator=generator, device=q.device)
        # Single precision may round the last tooth beyond the last bin.
        tooth = (torch.arange(n, device=q.device) + shift) / n * upper[-1]
        at = torch.searchsorted(upper, tooth).clamp_max(_BINS - 1)
        inside = (tooth - (upper[at] - q[at] / _BINS)) / q[at]
        share = (at / _BINS + inside).clamp(0, 1)
        return SampledLevels(density.quantile(share), share, q[at].reciprocal())

    def learn(self, drawn: SampledLevels, loss: Tensor) -> None:
        """Take in the loss (n,) of each row, before it was multiplied by its odds."""
        assert drawn.share is not None
        at = (drawn.share * _BINS).long().clamp_max(_BINS - 1)
        # As a product, whose sums have one order: adding by index has none on a GPU.
        hot = (at == torch.arange(_BINS, device=at.device)[:, None]).to(loss.dtype)
        rows = hot.sum(dim=1)
        mean = (hot @ loss.square()) / rows.clamp_min(1)
        # The first mean stands for itself; afterwards the memory is that of a batch with such rows.
        rate = torch.where(self._rows > 0, _MEMORY, 1.0) * (rows > 0)
        self._moment += rate * (mean - self._moment)
        self._rows += rows

    def pack(self, state: State, part: str) -> None:
        """Add the exact state."""
        state.keep(f"{part}/moment", self._moment)
        state.keep(f"{part}/rows", self._rows)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        self._moment.copy_(state.tensor(f"{part}/moment", self._moment.shape))
        self._rows.copy_(state.tensor(f"{part}/rows", self._rows.shape))

    def parameter_count(self) -> int:
        """Return 0: nothing of it follows a gradient."""
        return 0
