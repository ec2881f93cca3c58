"""The reverse SDE with steps of a size that keeps its error small: "Gotta Go Fast"."""

import math
from collections.abc import Iterator
from typing import Annotated

import torch
from torch import Tensor
from torch.linalg import vector_norm

from pushforward.models.config import Config, Pick, param
from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.guidance.settings import GuidanceSetting
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import Counter, Noise, Sampler, SampleStep

__all__ = ["AdaptiveSde", "AdaptiveSdeConfig"]

_FIRST, _SAFETY, _POWER, _MOST = 0.05, 0.9, 0.9, 5.0
_SHORTEST = 1e-4  # in ln s; a step so short is taken, whatever its error


class AdaptiveSdeConfig(Config, frozen=True):
    """Settings of the adaptive solver of the SDE."""

    tolerance: Annotated[
        float,
        param(
            "Tolerance",
            "Maximum relative error of a step; determines the step size.",
            low=1e-3,
            high=0.5,
            log=True,
        ),
    ] = 0.05
    absolute: Annotated[
        float,
        param(
            "Absolute tolerance",
            "Maximum error of a step near 0, in standard deviations.",
            low=1e-4,
            high=0.5,
            log=True,
            advanced=True,
        ),
    ] = 0.01
    guidance: GuidanceSetting = Pick()


@sampler(
    "adaptive-sde",
    title="Adaptive SDE (Gotta Go Fast)",
    summary="The reverse SDE with adaptive steps from the difference of two predictions; the "
    "number of evaluations is not fixed.",
    source="Jolicoeur-Martineau et al. 2021, arXiv:2105.14080, algorithm 1",
    config=AdaptiveSdeConfig,
    order=None,
    evaluations=2,
    update="x̄₁ = x̄ + v ∇log p(x̄; s) + √v z,  x̄₂ = x̄ + v ∇log p(x̄₁; s') + √v z,  "
    "x̄ ← (x̄₁ + x̄₂)/2 if near,  v = s² − s'²",
)
class AdaptiveSde(Sampler):
    """With v = s_a^2 - s_b^2: x' = x + v score(x, s_a) + sqrt(v) z, x~ = x + v score(x', s_b) +
    sqrt(v) z, and x'' = (x' + x~)/2 is where it goes if x' - x'' is small enough.

    The error is the root mean square over all points, of (x' - x'') / max(absolute, relative times
    |x'| and |x' before|); the published one has a step for each point. Steps are in ln s, and the
    next one is .9 error^-.9 times the last, at most 4.5 times. It ends with D at s_min. Where the
    denoiser is not finite neither are the samples.
    """

    def __init__(self, config: AdaptiveSdeConfig | None = None) -> None:
        self.config = config or AdaptiveSdeConfig()

    def nfe(self) -> None:
        return None

    def frames(
        self,
        denoise: Denoise,
        latents: Rows,
        s_min: float,
        s_max: float,
        generator: torch.Generator | None = None,
    ) -> Iterator[SampleStep]:
        rows = Batch.of(latents)
        counted = Counter(denoise, rows.x)
        noise = Noise(rows, generator)
        x = rows.zeroed(rows.x) * s_max
        s, h, before = s_max, _FIRST, x
        yield SampleStep(s, x, 0)
        while s > s_min:
            gap = counted(x, s) - x  # s^2 times the score
            while True:
                s_next = max(s_min, s * math.exp(-h))
                removed = s**2 - s_next**2
                pushed = x.add(noise(x), alpha=math.sqrt(removed))
                first = pushed.add(gap, alpha=removed / s**2)
                other = pushed.add(counted(first, s_next) - first, alpha=removed / s_next**2)
                arrived = first.lerp(other, 0.5)
                error = self._error(first, arrived, before, noise.numbers)
                short = h <= _SHORTEST
                factor = error**-_POWER if error > 0 else _MOST
                h = max(_SHORTEST, _SAFETY * h * min(_MOST, factor))
                # An error that is not a number is no better in shorter steps.
                if not error > 1.0 or short:
                    break
            s, x, before = s_next, arrived, first
            yield SampleStep(s, x, counted.count)
        yield SampleStep(0.0, counted(x, s_min), counted.count)

    @torch.no_grad()
    def _error(self, first: Tensor, arrived: Tensor, before: Tensor, numbers: int) -> float:
        relative, absolute = self.config.tolerance, self.config.absolute
        scale = torch.maximum(first.abs(), before.abs()).clamp_min_(absolute / relative)
        gap = (first - arrived).div_(scale)
        return float(vector_norm(gap)) / (relative * math.sqrt(numbers))
