"""LMS: Adams and Bashforth's linear multistep method in the noise level itself."""

from functools import lru_cache
from typing import Annotated

import numpy as np
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import Evaluation, GridSampler, SamplerConfig, StepInput
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.multistep import integrated, moved

__all__ = ["Lms", "LmsConfig"]


class LmsConfig(SamplerConfig, frozen=True):
    """Settings of LMS."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 20
    grid: GridConfig = GridConfig(kind="time-quadratic")
    order: Annotated[
        int,
        param("Order", "Number of predictions per step.", low=1, high=4),
    ] = 4


@sampler(
    "lms",
    title="LMS (Adams-Bashforth)",
    summary="Multistep with up to four past predictions of the noise, weighted for the actual "
    "levels; one evaluation per step.",
    source="Zhang & Chen 2023, arXiv:2204.13902, eq. 15 with rho as the variable (rho-AB-DEIS); in "
    "k-diffusion as LMS",
    config=LmsConfig,
    order=4,
    evaluations=1,
    orders={"edm-rho": 3.7, "log-snr": 3.7, "time-uniform": 1.2, "time-quadratic": 0.8},
    update="x̄ ← x̄ + Σ_j b_j ε₋_j,  b_j = ∫ ℓ_j(s) ds",
)
class Lms(GridSampler):
    """x_b = x_a + integral of the polynomial in s through the predictions eps, from s_a to s_b.

    On levels that are evenly spaced these are the weights of PLMS. It starts with orders 1, 2, 3,
    and the last step, to zero noise, is first order.
    """

    memory = 3

    def __init__(self, config: LmsConfig | None = None) -> None:
        self.config = config or LmsConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        recent = [Evaluation(s, x, denoised), *reversed(at.history)][: self.config.order]
        weights = _weights(tuple(e.s for e in recent), s_next)
        return moved(x, recent, weights), denoised


@lru_cache(maxsize=4096)
def _weights(levels: tuple[float, ...], s_next: float) -> tuple[float, ...]:
    """Return the weight of eps at each level, the newest first."""
    span = s_next - levels[0]
    return integrated([(s - levels[0]) / span for s in levels], lambda t: np.full_like(t, span))
