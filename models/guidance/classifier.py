"""Classifier guidance: along the gradient of what a classifier of noised data says."""

from collections.abc import Mapping
from copy import copy
from typing import Annotated, Any

import torch
from msgspec.structs import replace
from torch import Tensor

from pushforward.models.config import Config, RunRef, param
from pushforward.models.contracts.abilities import ClassifiesNoisy, Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.contracts.unconditional import drop_conditions
from pushforward.models.guidance.base import DenoiseOf, Guidance
from pushforward.models.registry import guidance

__all__ = ["ClassifierGuidance", "ClassifierGuidanceConfig"]


class ClassifierGuidanceConfig(Config, frozen=True):
    """Which classifier, and how strong it is."""

    classifier: Annotated[
        RunRef,
        param(
            "Classifier",
            "A finished run of a noisy classifier on the same data.",
            role="noisy-classify",
        ),
    ] = RunRef()
    strength: Annotated[
        float,
        param(
            "Strength",
            "1 is Bayes' rule for an unconditional model; higher values give more typical, less "
            "diverse samples.",
            low=0.0,
            high=100.0,
        ),
    ] = 1.0
    told: Annotated[
        bool,
        param(
            "Class-conditional",
            "Guides the conditional prediction of the model instead of the unconditional one.",
        ),
    ] = False


@guidance(
    "classifier",
    title="Classifier",
    summary="Adds the gradient of a noisy classifier, which is a run of its own. The model can "
    "be unconditional.",
    source="Dhariwal and Nichol 2021, arXiv:2105.05233, algorithms 1 and 2; Song et al. 2021, "
    "arXiv:2011.13456, section 5",
    roles=("condition",),
    formula="D ← D₀ + γ s² ∇log p(c | x̄; s)",
    config=ClassifierGuidanceConfig,
)
class ClassifierGuidance(Guidance):
    """D = D_0 + strength s^2 grad_x log p(class | x; s)."""

    def __init__(self, config: ClassifierGuidanceConfig | None = None) -> None:
        self.config = config or ClassifierGuidanceConfig()
        self._classifier: ClassifiesNoisy | None = None

    def asking(self, models: Mapping[str, Any]) -> "ClassifierGuidance":
        other = copy(self)
        other._classifier = models.get("classifier")
        return other

    def with_strength(self, strength: float) -> "ClassifierGuidance":
        """Return the same with another strength."""
        other = copy(self)
        other.config = replace(self.config, strength=strength)
        return other

    def evaluations(self, s: float) -> int:
        # The classifier's gradient costs as much as another evaluation.
        return 1 if self.config.strength == 0.0 else 3

    def guide(self, denoise_of: DenoiseOf, rows: Batch) -> Denoise:
        if self._classifier is None:
            raise ValueError(
                "classifier guidance needs a run of a classifier: choose a finished noisy "
                "classifier of the same data"
            )
        if LABEL not in rows.given:
            raise ValueError(
                "the data of the model have no classes to guide toward; train a "
                "class-conditional model, with a label dropout of up to 1 for an unconditional "
                "one"
            )
        says, label = self._classifier.classifier(rows), rows.given[LABEL].long()
        base = denoise_of(rows if self.config.told else drop_conditions(rows))
        strength = self.config.strength

        def denoise(x: Tensor, s: Tensor) -> Tensor:
            said = base(x, s)
            if strength == 0.0:
                return said
            with torch.enable_grad():
                at = x.detach().requires_grad_(True)
                likely = says(at, s).gather(1, label[:, None]).sum()
                (slope,) = torch.autograd.grad(likely, at)
            return said + strength * s**2 * slope

        return denoise
