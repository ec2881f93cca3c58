"""Heun's second-order method with optional churn: the sampler of EDM."""

import math
from typing import Annotated

from torch import Tensor

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import (
    GridSampler,
    Noise,
    SamplerConfig,
    StepInput,
)

__all__ = ["Heun", "HeunConfig"]


class HeunConfig(SamplerConfig, frozen=True):
    """Settings of Heun's method."""

    churn: Annotated[
        float,
        param(
            "Churn",
            "S_churn. Noise added and removed over the whole trajectory; corrects earlier "
            "errors but can reduce detail. 0 is the deterministic ODE.",
            low=0.0,
            high=1000.0,
        ),
    ] = 0.0
    churn_min: Annotated[
        float,
        param("Churn minimum", "S_min. Minimum noise level with churn.", low=0.0, advanced=True),
    ] = 0.05
    churn_max: Annotated[
        float,
        param("Churn maximum", "S_max. Maximum noise level with churn.", above=0.0, advanced=True),
    ] = 50.0
    churn_noise: Annotated[
        float,
        param(
            "Churn noise",
            "S_noise. Standard deviation of the added noise; slightly above 1 compensates a "
            "denoiser that removes too much.",
            low=0.9,
            high=1.1,
            advanced=True,
        ),
    ] = 1.003


@sampler(
    "heun",
    title="Heun (EDM)",
    summary="Second order, two evaluations per step, with optional stochastic churn.",
    source="Karras et al. 2022, arXiv:2206.00364, algorithms 1 and 2",
    config=HeunConfig,
    order=2,
    evaluations=2,
    orders={"edm-rho": 2.0, "log-snr": 2.0, "time-uniform": 1.2, "time-quadratic": 1.1},
    update="d = (x̄ − D)/s,  x̄ ← x̄ + (s' − s)(d + d')/2",
)
class Heun(GridSampler):
    """Algorithm 2; without churn it is algorithm 1. Euler on the last step, so NFE = 2N - 1."""

    def __init__(self, config: HeunConfig | None = None) -> None:
        self.config = config or HeunConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return 2 * self.config.steps - 1

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        x, s = self._churn(x, s, at.noise)
        denoised = at.denoise(x, s)
        slope = (x - denoised) / s
        arrived = x + (s_next - s) * slope
        if s_next > 0.0:
            slope_next = (arrived - at.denoise(arrived, s_next)) / s_next
            arrived = x + (s_next - s) * 0.5 * (slope + slope_next)
        return arrived, denoised

    def _churn(self, x: Tensor, s: float, noise: Noise) -> tuple[Tensor, float]:
        c = self.config
        if c.churn == 0.0 or not c.churn_min <= s <= c.churn_max:
            return x, s
        raised = s * (1 + min(c.churn / c.steps, math.sqrt(2) - 1))
        spread = c.churn_noise * math.sqrt(raised**2 - s**2)
        return x + spread * noise(x), raised
