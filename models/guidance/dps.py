"""Diffusion posterior sampling: along the gradient of how well D(x, s) fits a measurement."""

from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.guidance.measurement import Measured, MeasurementGuidance
from pushforward.models.registry import guidance

__all__ = ["MeasurementGradient", "MeasurementGradientConfig"]


class MeasurementGradientConfig(Config, frozen=True):
    """How strong the gradient is."""

    strength: Annotated[
        float,
        param("Strength", "1 is Bayes' rule; higher values enforce the measurement more "
                          "strongly.",
              low=0.0, high=100.0),
    ] = 1.0  # fmt: skip
    noise: Annotated[
        float,
        param(
            "Measurement noise",
            "Standard deviation of the measurement error.",
            low=0.0,
            high=10.0,
            unit="data std",
            zero="none",
        ),
    ] = 0.05


@guidance(
    "dps",
    title="Measurement gradient (DPS)",
    summary="Adds the gradient of the measurement error through the network. Works for any "
    "linear measurement, also a noisy one.",
    source="Chung et al. 2023, arXiv:2209.14687, eqs. 10 and 16; the width of the likelihood: Song "
    "et al. 2023, Pseudoinverse-guided diffusion models (ICLR), eqs. 5 to 7",
    roles=("measurement",),
    formula="D ← D − γ s² ∇ |y − A D|²/(2 (σ_y² + s²/(1 + s²)))",
    config=MeasurementGradientConfig,
)
class MeasurementGradient(MeasurementGuidance):
    """D = D + strength s^2 grad_x log N(y; A D(x, s), sigma_y^2 + r(s)^2), r^2 = s^2/(1 + s^2).

    By Bayes log p(x | y) = log p(x) + log p(y | x). DPS replaces the unknown x_0 by D and leaves
    the weight of the gradient to be tuned; here r, the deviation of x_0 from D for unit Gaussian
    data, determines it.
    """

    def __init__(self, config: MeasurementGradientConfig | None = None) -> None:
        self.config = config or MeasurementGradientConfig()

    def evaluations(self, s: float) -> int:
        return 2

    def constrain(self, denoise: Denoise, measured: Measured) -> Denoise:
        y, measurement, config = measured.y, measured.measurement, self.config

        def constrained(x: Tensor, s: Tensor) -> Tensor:
            with torch.enable_grad():
                at = x.detach().requires_grad_(True)
                said = denoise(at, s)
                misfit = (y - measurement.apply(said)).square().sum()
                (slope,) = torch.autograd.grad(misfit, at)
            variance = config.noise**2 + s**2 / (1 + s**2)
            return said.detach() - (0.5 * config.strength * s**2 / variance) * slope

        return constrained
