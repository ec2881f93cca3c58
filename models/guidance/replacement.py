"""Replacement: what is known takes the place of what the model says of it, at each step."""

from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.guidance.measurement import Measured, MeasurementGuidance
from pushforward.models.registry import guidance

__all__ = ["Replacement", "replaced"]


def replaced(denoise: Denoise, measured: Measured) -> Denoise:
    """Return D + A+ (y - A D): D with its part that can be measured as it was measured."""
    measurement = measured.measurement

    def constrained(x: Tensor, s: Tensor) -> Tensor:
        said = denoise(x, s)
        return said + measurement.pseudo_inverse(measured.y - measurement.apply(said))

    return constrained


@guidance(
    "replacement",
    title="Replacement",
    summary="Replaces known values in the denoised estimate. One evaluation per step; unknown "
    "values may be inconsistent with known ones.",
    source="Song et al. 2021, arXiv:2011.13456, section 5 and appendix I.2; as a projection: Wang "
    "et al. 2022, arXiv:2212.00490, eq. 13",
    roles=("measurement",),
    formula="D ← D + A⁺ (y − A D)",
)
class Replacement(MeasurementGuidance):
    """D = D + A+ (y - A D).

    A sampler that goes towards D by itself brings the known numbers from noise to y with the very
    noise level of all others, so that they stand where y + s eps does.
    """

    def __init__(self, config: NoConfig | None = None) -> None:
        self.config = config or NoConfig()

    def constrain(self, denoise: Denoise, measured: Measured) -> Denoise:
        return replaced(denoise, measured)
