"""DPM-Solver-2: second order by a visit halfway in log s; in k-diffusion it is called DPM-2."""

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

__all__ = ["DpmSolver2S", "DpmSolver2SConfig"]


class DpmSolver2SConfig(SamplerConfig, frozen=True):
    """Settings of DPM-Solver-2."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 10
    grid: GridConfig = GridConfig(kind="time-quadratic")


@sampler(
    "dpm-solver-2s",
    title="DPM-Solver-2 (DPM-2)",
    summary="Second order, two evaluations per step, the second halfway in log noise.",
    source="Lu et al. 2022, arXiv:2206.00927, algorithm 1 with r = 1/2; Karras et al. 2022, "
    "arXiv:2206.00364, algorithm 2, with that midpoint in k-diffusion as DPM-2",
    config=DpmSolver2SConfig,
    order=2,
    evaluations=2,
    orders={"edm-rho": 1.9, "log-snr": 2.0, "time-uniform": 1.3, "time-quadratic": 1.0},
    update="u = x̄ + (s₁ − s) ε(x̄, s),  x̄ ← x̄ + (s' − s) ε(u, s₁),  s₁ = √(s s')",
)
class DpmSolver2S(GridSampler):
    """u = x_a + (s_m - s_a) eps(x_a, s_a), x_b = x_a + (s_b - s_a) eps(u, s_m), s_m^2 = s_a s_b.

    In xbar coordinates the exponential integrator of eps is the midpoint rule in s, with the
    midpoint in ln s. The last step, to zero noise, is DDIM, so NFE = 2N - 1. DPM-Solver-1 is DDIM
    on all steps.
    """

    def __init__(self, config: DpmSolver2SConfig | None = None) -> None:
        self.config = config or DpmSolver2SConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return 2 * self.config.steps - 1

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        middle = math.sqrt(s * s_next)
        halfway = denoised.lerp(x, middle / s)
        eps = (halfway - at.denoise(halfway, middle)) / middle
        return x.add(eps, alpha=s_next - s), denoised
