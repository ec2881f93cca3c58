"""Guidance: a function from denoiser to denoiser, so that samplers only see D(x, s). In the
coordinates xbar = x0 + s eps all guidance is a change of D: by Tweedie's formula D = x + s^2 grad
log p(x; s), so that s^2 grad log q added to D turns the distribution p into p q.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.tensors import make_generator

__all__ = ["BlownUp", "DenoiseOf", "Guidance", "Guided", "Stacked", "lead", "slope_of", "why_not"]

DenoiseOf: TypeAlias = Callable[[Batch], Denoise]
"""D(x, s) for rows with the mask and the conditions of some rows."""

FAR = 1e3
"""In standard deviations of the data, and of the noise where that is more: what is said to lie
farther away is no datum any more."""


class BlownUp(ValueError):
    """Guidance has led samples out of all bounds."""


class Guidance(ABC):
    """Leads a denoiser; made from its settings, it holds no state."""

    @abstractmethod
    def guide(self, denoise_of: DenoiseOf, rows: Batch) -> Denoise:
        """Return the led D(x, s) for rows like these: x (n, *shape), s 0-d.

        Raises:
            ValueError: the model or the rows lack what it needs; one sentence for a person.
        """

    def evaluations(self, s: float) -> int:
        """Return how many evaluations of networks a call at a noise level takes; a gradient through
        a network counts as one more.
        """
        return 1

    def repeats(self, s: float) -> int:
        """Return how often the step from a level is taken, with noise put back in between."""
        return 1

    def asking(self, models: Mapping[str, Any]) -> "Guidance":
        """Return the same with the models that it asks, by the names of its settings for them."""
        return self


@dataclass(frozen=True)
class Stacked(Guidance):
    """One guidance over another: the outer one leads what the inner one has led already."""

    inner: Guidance
    outer: Guidance

    def guide(self, denoise_of: DenoiseOf, rows: Batch) -> Denoise:
        return self.outer.guide(lambda like: self.inner.guide(denoise_of, like), rows)

    def evaluations(self, s: float) -> int:
        return self.outer.evaluations(s) * self.inner.evaluations(s)

    def repeats(self, s: float) -> int:
        return max(self.outer.repeats(s), self.inner.repeats(s))

    def asking(self, models: Mapping[str, Any]) -> Guidance:
        return Stacked(self.inner.asking(models), self.outer.asking(models))


@dataclass(frozen=True)
class Guided:
    """A led denoiser, held to finite numbers; its guidance says what it costs."""

    denoise: Denoise
    guidance: Guidance

    def __call__(self, x: Tensor, s: Tensor) -> Tensor:
        """Return D(x, s).

        Raises:
            BlownUp: it is not finite, or far away from all data.
        """
        led = self.denoise(x, s)
        if not bool((led.abs() < FAR * (1.0 + s)).all()):
            raise BlownUp(
                "the guidance is too strong: it led samples out of all bounds at the noise level "
                f"{float(s):.3g}; choose a smaller strength, or more steps"
            )
        return led


def lead(guidance: Guidance | None, denoise_of: DenoiseOf, rows: Batch) -> Denoise:
    """Return D(x, s) for rows like these, led where there is guidance.

    Raises:
        ValueError: the model or the rows lack what the guidance needs.
    """
    if guidance is None:
        return denoise_of(rows)
    return Guided(guidance.guide(denoise_of, rows), guidance)


def why_not(guidance: Guidance, denoise_of: DenoiseOf, spec: DataSpec) -> str:
    """Say in a sentence why a model of such data cannot be led so, "" if it can."""
    try:
        guidance.guide(denoise_of, spec.example(2, make_generator(0)))
    except ValueError as error:
        return str(error)
    return ""


def slope_of(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Return the gradient of a function of each row, x (n, *shape) -> (n,), at x."""
    with torch.enable_grad():
        at = x.detach().requires_grad_(True)
        (slope,) = torch.autograd.grad(function(at).sum(), at)
    return slope.detach()
