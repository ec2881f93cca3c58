"""Ancestral sampling of DDPM, with a choice of how much noise its steps add."""

import math
from typing import Annotated, Literal

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import (
    Counter,
    GridSampler,
    SamplerConfig,
    StepInput,
)
from pushforward.models.samplers.grids import GridConfig
from pushforward.models.tensors import widest_float

__all__ = ["Ancestral", "AncestralConfig"]

Variance = Literal["small", "large", "analytic", "learned"]


class AncestralConfig(SamplerConfig, frozen=True):
    """Settings of ancestral sampling."""

    steps: Annotated[
        int, param("Steps", "Number of steps from noise to data.", low=1, high=10_000, log=True)
    ] = 50
    grid: GridConfig = GridConfig(kind="log-snr")
    variance: Annotated[
        Variance,
        param(
            "Reverse variance",
            "Variance of a step: small (for known data), large (for unit Gaussian data), "
            "analytic (optimal for the model), or learned; small if the model has learned none.",
            choices={
                "small": "Small (posterior)",
                "large": "Large (beta)",
                "analytic": "Analytic",
                "learned": "Learned (iDDPM)",
            },
        ),
    ] = "analytic"


@sampler(
    "ancestral",
    title="Ancestral (DDPM)",
    summary="Samples each step from a Gaussian around the denoised estimate. Variance: small, "
    "large, optimal (Analytic-DPM), or learned (iDDPM).",
    source="Ho et al. 2020, arXiv:2006.11239, algorithm 2 and section 3.2; analytic: Bao et al. "
    "2022, arXiv:2201.06503, theorem 1 and eq. 8; learned: Nichol & Dhariwal 2021, "
    "arXiv:2102.09672, eq. 15",
    config=AncestralConfig,
    order=None,
    evaluations=1,
    update="x̄ ← D + (s'/s)² (x̄ − D) + √v z,  "
    "v from s'² (1 − s'²/s²) to (s² − s'²) (1 + s'²)/(1 + s²)",
)
class Ancestral(GridSampler):
    """x_b = D + (s_b/s_a)^2 (x_a - D) + sqrt(variance) z, without z on the last step.

    With p = 1 - s_b^2/s_a^2, the share of the noise's variance that goes, in xbar coordinates:

    - small, beta~ of DDPM: s_b^2 p, the posterior's of one datum. This is DDIM with eta = 1.
    - large, beta: s_b^2 p + p^2 s_a^2/(1 + s_a^2), exact where data are unit Gaussian.
    - analytic: s_b^2 p + p^2 V(s_a), where V = E |x0 - D|^2 / d is how much of the datum is not
      known. V = s^2 (1 - s^2 Gamma) with Gamma = E |score|^2 / d, so V = s^2 - E |x - D|^2 / d.

    - learned: of each number, between small and large (`models.denoisers.reverse_variance`).

    So the analytic variance lies between the other two. The published estimate of Gamma is made
    beforehand, of noised data. Here it is made of the samples as they come by, which have that law,
    and costs no evaluation; so the samples of one call share their variance, and few of them know
    it badly.
    """

    def __init__(self, config: AncestralConfig | None = None) -> None:
        self.config = config or AncestralConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        if s_next == 0.0:
            return denoised, denoised
        z = at.noise(x)
        gap = x - denoised
        kept = (s_next / s) ** 2
        mean = denoised.add(gap, alpha=kept)
        posterior = s_next**2 * (1 - kept)
        if self.config.variance == "learned" and isinstance(at.denoise, Counter):
            learned = at.denoise.reverse_variance(x, s, s_next)
            if learned is not None:
                return mean.addcmul_(learned.sqrt(), z), denoised
        unknown: float | Tensor = 0.0
        if self.config.variance == "large":
            unknown = s**2 / (1 + s**2)
        elif self.config.variance == "analytic":
            unknown = _unknown(x, gap, s, at.noise.numbers)
        if isinstance(unknown, Tensor):
            spread = (posterior + (1 - kept) ** 2 * unknown).sqrt()
            return mean.addcmul_(z, spread.to(z)), denoised
        return mean.add_(z, alpha=math.sqrt(posterior + (1 - kept) ** 2 * unknown)), denoised


def _unknown(x: Tensor, gap: Tensor, s: float, numbers: int) -> Tensor:
    """Return V(s), 0-d float64 (float32 on an Apple GPU), estimated from all points x and ``gap`` =
    x - D, over ``count`` numbers that are not padded; padded ones are 0. It lies between 0 and the
    error of the best linear estimate at unit variance, s^2/(1 + s^2).

    By Stein's identity E (x - D).x / d = s^2, known without noise: with s^2/(1 + s^2) parts of the
    difference added, s^2 - |x - D|^2/d keeps only the noise due to non-Gaussian data.
    """
    linear = s**2 / (1 + s**2)
    # It stays on the device: to read it would make the host wait in each step.
    beyond = torch.dot(gap.flatten(), gap.sub(x, alpha=linear).flatten())
    found: Tensor = (linear - beyond.to(widest_float(x.device)) / numbers).clamp(0.0, linear)
    return found
