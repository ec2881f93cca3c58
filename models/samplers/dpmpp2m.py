"""DPM-Solver++(2M): second order from one evaluation a step, by remembering the last one."""

import math
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import (
    GridSampler,
    SamplerConfig,
    StepInput,
)
from pushforward.models.samplers.grids import GridConfig

__all__ = ["DpmSolverPlusPlus2M", "DpmSolverPlusPlus2MConfig"]


class DpmSolverPlusPlus2MConfig(SamplerConfig, frozen=True):
    """Settings of DPM-Solver++(2M)."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 20
    grid: GridConfig = GridConfig(kind="time-quadratic")


@sampler(
    "dpmpp-2m",
    title="DPM-Solver++ (2M)",
    summary="Second order with one evaluation per step, using the previous one.",
    source="Lu et al. 2022, arXiv:2211.01095, algorithm 2",
    config=DpmSolverPlusPlus2MConfig,
    order=2,
    evaluations=1,
    orders={"edm-rho": 1.9, "log-snr": 1.9, "time-uniform": 1.6, "time-quadratic": 2.2},
    update="D̃ = (1 + 1/2r) D − (1/2r) D₋₁,  x̄ ← (s'/s) x̄ + (1 − s'/s) D̃",
)
class DpmSolverPlusPlus2M(GridSampler):
    """x_b = (s_b/s_a) x_a + (1 - s_b/s_a) D~, D~ = (1 + 1/(2r)) D_a - 1/(2r) D_before.

    r = h_before / h, h = ln(s_a / s_b). The first step has no memory and the last one, to zero
    noise, has h infinite: both are first order (D~ = D_a), without which a time-uniform grid is
    worse than Euler's method.
    """

    memory = 1

    def __init__(self, config: DpmSolverPlusPlus2MConfig | None = None) -> None:
        self.config = config or DpmSolverPlusPlus2MConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        target = denoised
        if at.history:
            half_ratio = 0.5 * math.log(s / s_next) / math.log(at.history[-1].s / s)
            target = denoised + half_ratio * (denoised - at.history[-1].denoised)
        return torch.lerp(target, x, s_next / s), denoised
