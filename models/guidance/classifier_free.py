"""Classifier-free guidance: from what a model says without a condition towards what it says with
it, and beyond.
"""

from typing import Annotated

from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.contracts.unconditional import drop_conditions
from pushforward.models.guidance.base import DenoiseOf, Guidance
from pushforward.models.registry import guidance

__all__ = ["ClassifierFree", "ClassifierFreeConfig"]


class ClassifierFreeConfig(Config, frozen=True):
    """How strong it is, and where."""

    strength: Annotated[
        float,
        param(
            "Strength",
            "0 ignores the condition, 1 is the conditional model, higher values give more "
            "typical, less diverse samples. Papers with a weight w mean 1 + w.",
            low=0.0,
            high=100.0,
        ),
    ] = 2.0
    low: Annotated[
        float,
        param(
            "Minimum noise",
            "No guidance below this noise level.",
            low=0.0,
            unit="data std",
            advanced=True,
        ),
    ] = 0.0
    high: Annotated[
        float,
        param(
            "Maximum noise",
            "No guidance above this noise level.",
            above=0.0,
            unit="data std",
            advanced=True,
        ),
    ] = 1000.0
    rescale: Annotated[
        float,
        param(
            "Rescale",
            "Rescales the guided prediction to the norm of the unguided one: 1 fully, 0 not. "
            "Prevents oversaturation.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.0


@guidance(
    "classifier-free",
    title="Classifier-free",
    summary="Extrapolates from the unconditional to the conditional prediction. Requires a "
    "model trained with label dropout.",
    source="Ho and Salimans 2022, arXiv:2207.12598, eq. 6; interval: Kynkaanniemi et al. 2024, "
    "arXiv:2404.07724, eq. 3; rescale: Lin et al. 2024, arXiv:2305.08891, eqs. 15 and 16",
    roles=("condition",),
    formula="D_γ = D₀ + γ (D_c − D₀),  γ = 1 outside [s_lo, s_hi],  "
    "D ← φ |D_c|/|D_γ| D_γ + (1 − φ) D_γ,  φ = 0 where γ = 0",
    config=ClassifierFreeConfig,
)
class ClassifierFree(Guidance):
    """D = D_0 + strength (D_c - D_0), c the condition and 0 none.

    At strength 1, and outside of the interval of noise levels, it is D_c itself. For a strength
    above 1 samples do not follow the tilted distribution p(x) p(c | x)^strength: each noised
    distribution is tilted separately, and these are not noised versions of one distribution.
    """

    def __init__(self, config: ClassifierFreeConfig | None = None) -> None:
        self.config = config or ClassifierFreeConfig()

    def _strength(self, s: float) -> float:
        inside = self.config.low <= s <= self.config.high
        return self.config.strength if inside else 1.0

    def evaluations(self, s: float) -> int:
        return 1 if self._strength(s) in (0.0, 1.0) else 2

    def guide(self, denoise_of: DenoiseOf, rows: Batch) -> Denoise:
        if LABEL not in rows.given:
            raise ValueError(
                "the model is unconditional, so there is nothing to guide toward: before "
                "training, switch on Class-conditional (conditional) and set Label dropout "
                "(label_dropout) to 0.1"
            )
        told, nothing = denoise_of(rows), denoise_of(drop_conditions(rows))

        def denoise(x: Tensor, s: Tensor) -> Tensor:
            strength = self._strength(float(s))
            if strength == 1.0:
                return told(x, s)
            plain = nothing(x, s)
            if strength == 0.0:
                return plain
            towards = told(x, s)
            return self._rescaled(plain + strength * (towards - plain), towards)

        return denoise

    def _rescaled(self, led: Tensor, told: Tensor) -> Tensor:
        """Return the guided prediction, rescaled towards the size of the conditional one, row by
        row. Sizes are root mean squares, which for standardised data are standard deviations and
        exist for single numbers.
        """
        share = self.config.rescale
        if share == 0.0:
            return led
        ratio = _size(told) / _size(led).clamp_min(1e-8)
        return led * (share * ratio + (1.0 - share))


def _size(x: Tensor) -> Tensor:
    """Return the root mean square of each row, (n, 1, ...)."""
    return x.square().mean(dim=tuple(range(1, x.ndim)), keepdim=True).sqrt()
