"""DPM-Solver-3: third order by two visits on the way, at a third and two thirds in log s."""

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

__all__ = ["DpmSolver3S", "DpmSolver3SConfig"]


class DpmSolver3SConfig(SamplerConfig, frozen=True):
    """Settings of DPM-Solver-3."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 7
    grid: GridConfig = GridConfig(kind="time-quadratic")


@sampler(
    "dpm-solver-3s",
    title="DPM-Solver-3",
    summary="Third order, three evaluations per step.",
    source="Lu et al. 2022, arXiv:2206.00927, algorithm 2 with r1 = 1/3, r2 = 2/3",
    config=DpmSolver3SConfig,
    order=3,
    evaluations=3,
    orders={"edm-rho": 2.9, "log-snr": 2.9, "time-uniform": 1.3, "time-quadratic": 0.9},
    update="u₁ = x̄ + (s₁ − s) ε,  u₂ = x̄ + (s₂ − s) ε − 2 φ(s₂) (ε(u₁, s₁) − ε),  "
    "x̄ ← x̄ + (s' − s) ε − (3/2) φ(s') (ε(u₂, s₂) − ε),  φ(r) = (s − r)/ln(s/r) − r,  "
    "sᵢ = s (s'/s)^(i/3)",
)
class DpmSolver3S(GridSampler):
    """With h = ln(s_a/s_b), s_i = s_a exp(-i h/3), eps_0 = eps(x_a, s_a) and eps_i = eps(u_i, s_i):

    u_1 = x_a - (s_a - s_1) eps_0
    u_2 = x_a - (s_a - s_2) eps_0 - 2 ((s_a - s_2)/(2h/3) - s_2) (eps_1 - eps_0)
    x_b = x_a - (s_a - s_b) eps_0 - 3/2 ((s_a - s_b)/h - s_b) (eps_2 - eps_0)

    The last step, to zero noise, is DDIM, so NFE = 3N - 2.
    """

    def __init__(self, config: DpmSolver3SConfig | None = None) -> None:
        self.config = config or DpmSolver3SConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return 3 * self.config.steps - 2

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        h = math.log(s / s_next)
        first, second = s * math.exp(-h / 3), s * math.exp(-2 * h / 3)
        eps = (x - denoised) / s
        u = x.add(eps, alpha=first - s)
        turn = (u - at.denoise(u, first)) / first - eps
        u = x.add(eps, alpha=second - s).add(turn, alpha=-2 * _bend(s, second))
        turn = (u - at.denoise(u, second)) / second - eps
        return x.add(eps, alpha=s_next - s).add(turn, alpha=-1.5 * _bend(s, s_next)), denoised


def _bend(s: float, to: float) -> float:
    """Return (s - to)/ln(s/to) - to, the integral of ln(s/s')/ln(s/to) over s' from to to s."""
    return (s - to) / math.log(s / to) - to
