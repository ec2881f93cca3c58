"""UniPC: a predictor that remembers, and a corrector that costs no evaluation."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import numpy as np
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import (
    GridSampler,
    SamplerConfig,
    StepInput,
)
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.multistep import added, integrated

__all__ = ["UniPc", "UniPcConfig"]


class UniPcConfig(SamplerConfig, frozen=True):
    """Settings of UniPC."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 20
    grid: GridConfig = GridConfig(kind="time-quadratic")
    order: Annotated[
        int,
        param(
            "Order",
            "Number of evaluations used by the predictor. The corrector uses one more and "
            "raises the order by one.",
            low=1,
            high=3,
        ),
    ] = 2
    corrected: Annotated[
        bool,
        param(
            "Corrector",
            "Uses the evaluation at the end of a step to correct that step.",
            advanced=True,
        ),
    ] = True


@sampler(
    "unipc",
    title="UniPC (bh2)",
    summary="Multistep predictor–corrector on past evaluations of the denoiser; one evaluation "
    "per step.",
    source="Zhao et al. 2023, arXiv:2302.04867, algorithms 1 and 2 with B(h) = exp(h) - 1 and "
    "prediction of the data",
    config=UniPcConfig,
    order=3,
    evaluations=1,
    orders={"edm-rho": 2.9, "log-snr": 2.9, "time-uniform": 1.4, "time-quadratic": 0.5},
    update="predict x̄',  then x̄ ← (s'/s) x̄ + (1 − s'/s) D̃,  D̃ = D + Σ a_k (D_k − D)/r_k,  "
    "one D_k at x̄'",
)
class UniPc(GridSampler):
    """x_b = (s_b/s_a) x_a + sum_j w_j D_j, first without D at the predicted x_b, then with it.

    The weights integrate the polynomial in ln s through the answers against what the ODE
    d(x/s)/d ln s = -D/s multiplies it by. That is what the systems of the paper come to, but for
    the two that it replaces by 1/2: the predictor through two answers, and the corrector through
    one and the new one. The choice of B(h) makes a difference to those alone.

    With the corrector the order is one above that of the predictor. A third evaluation pays off
    from some 50 steps on; in fewer it is too long a memory for steps so large.

    A correction keeps (s_b/s_a) x_a, and so it is a sum of answers added to the prediction. The
    last step, to zero noise, is first order.
    """

    memory = 3

    def __init__(self, config: UniPcConfig | None = None) -> None:
        self.config = config or UniPcConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        before = [*reversed(at.history)][: self.config.order]
        answers = [denoised, *(e.denoised for e in before)]
        levels = (s, *(e.s for e in before))
        if before and self.config.corrected:
            x = added(x, answers, _correction(levels))
        order = min(self.config.order, len(answers))
        weights = _prediction(levels[:order], s_next)
        return added(x * (s_next / s), answers[:order], weights), denoised


def _through(levels: Sequence[float], start: float, end: float) -> tuple[float, ...]:
    """Return the weights of answers at levels, for a step from start to end."""
    h = math.log(start / end)
    places = [math.log(start / s) / h for s in levels]
    return integrated(places, lambda t: h * np.exp(-h * (1 - t)))


@lru_cache(maxsize=4096)
def _prediction(levels: tuple[float, ...], s_next: float) -> tuple[float, ...]:
    """Return the weights of answers at levels, newest first, for the step from the newest."""
    if len(levels) != 2:
        return _through(levels, levels[0], s_next)
    part = 1 - s_next / levels[0]
    slope = 0.5 * part * math.log(levels[0] / s_next) / math.log(levels[1] / levels[0])
    return part + slope, -slope


@lru_cache(maxsize=4096)
def _correction(levels: tuple[float, ...]) -> tuple[float, ...]:
    """Return what the answer at the end of a step, the first of the levels, changes in the weights
    of that step.
    """
    end, *before = levels
    if len(before) == 1:
        part = 1 - end / before[0]
        corrected: tuple[float, ...] = (0.5 * part, 0.5 * part)
    else:
        corrected = _through(levels, before[0], end)
    predicted = (0.0, *_prediction(tuple(before), end))
    return tuple(a - b for a, b in zip(corrected, predicted, strict=True))
