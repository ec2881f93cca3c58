"""DEIS: the exponential integrator whose predicted noise is a polynomial, in log s or in time."""

import math
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.paths.gaussian import VariancePreservingLinear
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import (
    Evaluation,
    GridSampler,
    SamplerConfig,
    StepInput,
)
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.samplers.multistep import integrated, moved

__all__ = ["Deis", "DeisConfig"]

Variable = Literal["time", "log-s"]


class DeisConfig(SamplerConfig, frozen=True):
    """Settings of DEIS."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 20
    grid: GridConfig = GridConfig(kind="time-quadratic")
    order: Annotated[
        int,
        param("Order", "Number of predictions per step.", low=1, high=4),
    ] = 3
    variable: Annotated[
        Variable,
        param(
            "Extrapolation variable",
            "Variable of the polynomial extrapolation: time of the linear variance-preserving "
            "path, as published (tAB), or log noise level.",
            choices={"time": "Time", "log-s": "Log noise level"},
            advanced=True,
        ),
    ] = "time"


@sampler(
    "deis",
    title="DEIS (tAB)",
    summary="Multistep with up to four past predictions of the noise, extrapolated and "
    "integrated exactly; one evaluation per step.",
    source="Zhang & Chen 2023, arXiv:2204.13902, eqs. 14-15; its polynomial of degree r has order "
    "r + 1 here",
    config=DeisConfig,
    order=3,
    evaluations=1,
    orders={"edm-rho": 2.7, "log-snr": 2.8, "time-uniform": 1.3, "time-quadratic": 1.0},
    update="x̄ ← x̄ + Σ_j C_j ε₋_j,  C_j = ∫ ℓ_j(τ) ds",
)
class Deis(GridSampler):
    """x_b = x_a + integral over s of the polynomial through the predictions eps.

    With one prediction it is DDIM; with the polynomial in s itself it is `models.samplers.lms`. It
    starts with lower orders, and the last step, to zero noise, is first order.
    """

    memory = 3

    def __init__(self, config: DeisConfig | None = None) -> None:
        self.config = config or DeisConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        recent = [Evaluation(s, x, denoised), *reversed(at.history)][: self.config.order]
        weights = _WEIGHTS[self.config.variable](tuple(e.s for e in recent), s_next)
        return moved(x, recent, weights), denoised


@lru_cache(maxsize=4096)
def _in_log_s(levels: tuple[float, ...], s_next: float) -> tuple[float, ...]:
    """Return the weights of a polynomial in ln s: ds = s d ln s."""
    start, span = levels[0], math.log(s_next / levels[0])
    places = [math.log(s / start) / span for s in levels]
    return integrated(places, lambda t: span * start * np.exp(span * t))


@lru_cache(maxsize=4096)
def _in_time(levels: tuple[float, ...], s_next: float) -> tuple[float, ...]:
    """Return the weights of a polynomial in the noise time u: ds = s (d ln s/du) du."""
    path = VariancePreservingLinear()
    times = path.time(torch.tensor([s_next, *levels], dtype=torch.float64)).numpy()
    start, span = times[1], times[0] - times[1]

    def factor(t: np.ndarray) -> np.ndarray:
        u = torch.as_tensor(start + span * t)
        return np.asarray(span * (path.s(u) * path.d_log_s(u)).numpy())

    return integrated([(u - start) / span for u in times[1:]], factor)


_WEIGHTS = {"time": _in_time, "log-s": _in_log_s}
