"""RePaint: replacement, and each step taken several times, so that what is not known fits."""

from typing import Annotated

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.guidance.measurement import Measured, MeasurementGuidance
from pushforward.models.guidance.replacement import replaced
from pushforward.models.registry import guidance

__all__ = ["RePaint", "RePaintConfig"]


class RePaintConfig(Config, frozen=True):
    """How often it goes back."""

    resamplings: Annotated[
        int,
        param(
            "Resamplings",
            "Repetitions of each step. More make unknown values consistent with known ones, at "
            "proportional cost.",
            low=1,
            high=100,
        ),
    ] = 10


@guidance(
    "repaint",
    title="RePaint",
    summary="Replacement with resampling: repeats each step with noise added again.",
    source="Lugmayr et al. 2022, arXiv:2201.09865, algorithm 1 (jumps of length 1)",
    roles=("measurement",),
    formula="D ← D + A⁺ (y − A D),  x̄ ← x̄ + √(s² − s'²) z, and again",
    config=RePaintConfig,
)
class RePaint(MeasurementGuidance):
    """D = D + A+ (y - A D); from s_b back to s_a by x + sqrt(s_a^2 - s_b^2) z, and once more."""

    def __init__(self, config: RePaintConfig | None = None) -> None:
        self.config = config or RePaintConfig()

    def repeats(self, s: float) -> int:
        return self.config.resamplings

    def constrain(self, denoise: Denoise, measured: Measured) -> Denoise:
        return replaced(denoise, measured)
