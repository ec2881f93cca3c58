"""DDIM, which is Euler's method in s; with eta = 1 it is DDPM's ancestral sampling."""

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

__all__ = ["Ddim", "DdimConfig"]


class DdimConfig(SamplerConfig, frozen=True):
    """Settings of DDIM."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 50
    grid: GridConfig = GridConfig(kind="time-quadratic")
    eta: Annotated[
        float,
        param(
            "Eta",
            "Noise added per step: 0 is the deterministic ODE (Euler), 1 is DDPM.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.0


@sampler(
    "ddim",
    title="DDIM (Euler)",
    summary="First order in the noise level; η interpolates between the ODE (0) and DDPM (1).",
    source="Song, Meng & Ermon 2021, arXiv:2010.02502, eqs. 12 and 16; eta = 1: Ho et al. 2020, "
    "arXiv:2006.11239, algorithm 2",
    config=DdimConfig,
    order=1,
    evaluations=1,
    orders={"edm-rho": 1.0, "log-snr": 1.0, "time-uniform": 0.9, "time-quadratic": 1.0},
    update="x̄ ← D + (s₋/s)(x̄ − D) + s₊ z,  s₊ = η (s'/s) √(s² − s'²),  s₋² = s'² − s₊²",
)
class Ddim(GridSampler):
    """x_b = D + s_down (x_a - D)/s_a + s_up z, with s_up^2 + s_down^2 = s_b^2.

    In xbar coordinates the alphas of eq. 16 cancel and leave
    s_up = eta (s_b / s_a) sqrt(s_a^2 - s_b^2).
    """

    def __init__(self, config: DdimConfig | None = None) -> None:
        self.config = config or DdimConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        up = self.config.eta * (s_next / s) * math.sqrt(s**2 - s_next**2)
        down = math.sqrt(max(0.0, s_next**2 - up**2))
        arrived = denoised + (down / s) * (x - denoised)
        if up > 0.0:
            arrived = arrived + up * at.noise(x)
        return arrived, denoised
