"""Predictor-corrector sampling of the variance-exploding SDE."""

import math
from typing import Annotated

import torch
from torch import Tensor
from torch.linalg import vector_norm

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import (
    GridSampler,
    SamplerConfig,
    StepInput,
)
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.tensors import widest_float

__all__ = ["PredictorCorrector", "PredictorCorrectorConfig"]


class PredictorCorrectorConfig(SamplerConfig, frozen=True):
    """Settings of predictor-corrector sampling."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 50
    grid: GridConfig = GridConfig(kind="log-snr")
    corrections: Annotated[
        int,
        param(
            "Corrections",
            "Langevin steps before each predictor step; 0 for reverse diffusion alone.",
            low=0,
            high=100,
        ),
    ] = 1
    snr: Annotated[
        float,
        param(
            "Signal to noise",
            "Signal-to-noise ratio of a correction, which sets its step size.",
            above=0.0,
            high=1.0,
        ),
    ] = 0.16


@sampler(
    "predictor-corrector",
    title="Predictor-corrector",
    summary="Reverse diffusion steps with Langevin corrections at each noise level.",
    source="Song et al. 2021, arXiv:2011.13456, algorithms 2 and 4, appendix G",
    config=PredictorCorrectorConfig,
    order=None,
    evaluations=2,
    update="x̄ ← x̄ + e ∇log p(x̄; s) + √2e z,  e = 2 (r |z|/|∇log p|)²,  "
    "x̄ ← x̄ + (s² − s'²) ∇log p(x̄; s) + √(s² − s'²) z",
)
class PredictorCorrector(GridSampler):
    """Predictor: x + (s_a^2 - s_b^2) score + sqrt(s_a^2 - s_b^2) z, without z on the last step.

    Corrector: x + e score + sqrt(2 e) z with e = 2 (snr |z| / |score|)^2, norms averaged over the
    points, each over its places that are not padded: z and the score are 0 elsewhere.
    """

    def __init__(self, config: PredictorCorrectorConfig | None = None) -> None:
        self.config = config or PredictorCorrectorConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps * (1 + self.config.corrections)

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        for _ in range(self.config.corrections):
            gap = at.denoise(x, s) - x  # s^2 times the score
            z = at.noise(x)
            drawn, pull = _lengths(z, gap)
            # 2 e = share^2. It stays on the device: to read it would make the host wait each time.
            # A network that says nothing yet, whose last layer is 0, moves nothing.
            share = torch.where(pull > 0.0, 2 * self.config.snr * s**2 * drawn / pull, 0.0)
            x = x.addcmul(gap, (0.5 * share * share / s**2).to(x)).addcmul_(z, share.to(x))
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        mean = denoised.lerp(x, (s_next / s) ** 2)
        return mean.add_(at.noise(x), alpha=math.sqrt(s**2 - s_next**2)), denoised


def _lengths(*rows: Tensor) -> tuple[Tensor, ...]:
    """Return the mean norm of each of several rows (n, *shape), 0-d float64 (float32 on an Apple
    GPU).
    """
    every = torch.stack(rows).flatten(2)
    lengths: Tensor = vector_norm(every, dim=2).mean(dim=1)
    return lengths.to(widest_float(lengths.device)).unbind()
