"""Tau-leaping: the reverse process in continuous time, in leaps; correctors at each time."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.config import param
from pushforward.models.paths.discrete import DiscretePath, draw_symbols
from pushforward.models.registry import sampler
from pushforward.models.samplers.discrete.base import (
    Clean,
    DiscreteSampler,
    DiscreteSamplerConfig,
    SymbolStep,
)
from pushforward.models.samplers.discrete.noise import Uniforms

__all__ = ["TauLeaping", "TauLeapingConfig"]


class TauLeapingConfig(DiscreteSamplerConfig, frozen=True):
    """Settings of tau-leaping."""

    corrector: Annotated[
        int,
        param(
            "Corrector steps",
            "Corrector steps after each leap, one evaluation each; they correct errors of the "
            "leap.",
            low=0,
            high=20,
        ),
    ] = 0
    walk: Annotated[
        float,
        param(
            "Corrector length",
            "Length of a corrector step, in leaps.",
            above=0.0,
            high=5.0,
            advanced=True,
        ),
    ] = 0.5


@sampler(
    "tau-leaping",
    title="Tau-leaping",
    summary="Positions jump with the rates at the start of each step, with optional corrector "
    "steps. The last step is ancestral.",
    source="Campbell et al. 2022, arXiv:2205.14987, algorithm 1 and section 4.4",
    config=TauLeapingConfig,
    order=None,
    evaluations=1,
    needs=("posterior",),
    update="x_s = x_t with probability exp(−k Σ r),  else y ~ r(y)/Σ r,  "
    "r(y) = p(x_(t−1) = y | x_t) for y ≠ x_t,  k = t − s",
)
class TauLeaping(DiscreteSampler):
    """A place jumps within a leap with probability 1 - exp(-k r), r the sum of its rates.

    Rates are those of one step of the path. Symbols have no order, so that of several jumps only
    the first is made (section 4.3 of the paper refuses more than one).
    """

    def __init__(self, config: TauLeapingConfig | None = None) -> None:
        self.config = config or TauLeapingConfig()
        super().__init__(self.config)

    def nfe(self, steps: int | None = None) -> int:
        leaps = super().nfe(steps)
        return leaps + (leaps - 1) * self.config.corrector

    def step(self, at: SymbolStep) -> Tensor:
        x, t, s = at.x, at.t, at.s
        if s == 0:
            return draw_symbols(at.path.reverse(at.clean(x, t), x, t, 0), at.uniforms(x))
        x = _leap(x, _reverse(at.clean, at.path, x, t), float(t - s), at.uniforms)
        for _ in range(self.config.corrector):
            # To and fro with equal rates: the law at s stays what it is.
            rates = _reverse(at.clean, at.path, x, s) + at.path.one[s][x]
            x = _leap(x, rates, self.config.walk * (t - s), at.uniforms)
        return x


def _reverse(clean: Clean, path: DiscretePath, x: Tensor, t: int) -> Tensor:
    return path.reverse(clean(x, t), x, t, t - 1)


def _leap(x: Tensor, rates: Tensor, length: float, uniforms: Uniforms) -> Tensor:
    """Move x (n, *shape) by rates a unit of length to each state (n, *shape, S)."""
    rates = rates.masked_fill(functional.one_hot(x, rates.shape[-1]).bool(), 0.0)
    total = rates.sum(dim=-1)
    jumps = uniforms(x) < -torch.expm1(-length * total)
    goal = draw_symbols(rates, uniforms(x))
    return torch.where(jumps & (total > 0.0), goal, x)
