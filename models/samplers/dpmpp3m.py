"""DPM-Solver++(3M): one evaluation a step, and the last two remembered."""

import math
from typing import Annotated

from torch import Tensor

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import (
    GridSampler,
    SamplerConfig,
    StepInput,
)
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.multistep import added

__all__ = ["DpmSolverPlusPlus3M", "DpmSolverPlusPlus3MConfig"]


class DpmSolverPlusPlus3MConfig(SamplerConfig, frozen=True):
    """Settings of DPM-Solver++(3M)."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 20
    grid: GridConfig = GridConfig(kind="time-quadratic")


@sampler(
    "dpmpp-3m",
    title="DPM-Solver++ (3M)",
    summary="One evaluation per step, using the previous two: second order as published, with a "
    "smaller error than 2M in 50 steps and a larger one in 20.",
    source="Lu et al. 2022, arXiv:2211.01095, appendix B, and the code that goes with it",
    config=DpmSolverPlusPlus3MConfig,
    order=2,
    evaluations=1,
    orders={"edm-rho": 2.3, "log-snr": 2.2, "time-uniform": 1.1, "time-quadratic": 0.9},
    update="x̄ ← (s'/s) x̄ + (1 − s'/s) D + f₂ D₁ − f₃ D₂,  f₂ = 1 − (1 − s'/s)/h,  "
    "f₃ = f₂/h − 1/2,  h = ln(s/s')",
)
class DpmSolverPlusPlus3M(GridSampler):
    """x_b = (s_b/s_a) x_a + (1 - s_b/s_a) D_a + f2 D1 - f3 D2, with h = ln(s_a/s_b),
    f2 = 1 - (1 - s_b/s_a)/h, f3 = f2/h - 1/2, and D1, D2 the divided differences of the last three
    answers in units of h: D1 the slope of the parabola through them at s_a, D2 half its bend.

    The whole bend would be -2 f3 D2, which is what UniPC's predictor has; with half of it, as
    published, the method is of second order. The first step is of first order, the second
    DPM-Solver++(2M)'s, and the last, to zero noise, of first order.
    """

    memory = 2

    def __init__(self, config: DpmSolverPlusPlus3MConfig | None = None) -> None:
        self.config = config or DpmSolverPlusPlus3MConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        weights = _weights((s, *(e.s for e in reversed(at.history))), s_next)
        answers = [denoised, *(e.denoised for e in reversed(at.history))]
        return added(x * (s_next / s), answers, weights), denoised


def _weights(levels: tuple[float, ...], s_next: float) -> list[float]:
    """Return the weight of the answer at each level, the newest first."""
    h, part = math.log(levels[0] / s_next), 1 - s_next / levels[0]
    if len(levels) == 1:
        return [part]
    r0 = math.log(levels[1] / levels[0]) / h
    if len(levels) == 2:
        return [part * (1 + 0.5 / r0), -0.5 * part / r0]
    r1 = math.log(levels[2] / levels[1]) / h
    f2 = 1 - part / h
    f3 = f2 / h - 0.5
    # What goes with the two differences D1_0 = (D_a - D')/r0 and D1_1 = (D' - D'')/r1.
    new = f2 * (1 + r0 / (r0 + r1)) - f3 / (r0 + r1)
    old = f2 - new
    return [part + new / r0, old / r1 - new / r0, -old / r1]
