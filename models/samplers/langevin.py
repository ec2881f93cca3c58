"""Annealed Langevin dynamics: the sampler of NCSN, which walks at each noise level for a while."""

import math
from typing import Annotated, Literal

from torch import Tensor

from pushforward.models.config import Config, Pick, param
from pushforward.models.guidance.settings import GuidanceSetting
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import GridSampler, GridSettings, StepInput
from pushforward.models.samplers.grids import GridConfig

__all__ = ["AnnealedLangevin", "AnnealedLangevinConfig"]


class AnnealedLangevinConfig(Config, frozen=True):
    """Settings of annealed Langevin dynamics."""

    levels: Annotated[
        int,
        param(
            "Noise levels", "Number of noise levels, in geometric progression.", low=1, high=1000
        ),
    ] = 10
    walk: Annotated[
        int,
        param(
            "Steps per level", "Langevin steps at each noise level.", low=1, high=10_000, log=True
        ),
    ] = 100
    step: Annotated[
        float,
        param(
            "Step size",
            "Step size in units of the squared noise level. The published 2e-5 at level 0.01 is "
            "0.2.",
            above=0.0,
            high=2.0,
            log=True,
        ),
    ] = 0.2
    noise: Annotated[
        Literal["langevin", "consistent"],
        param(
            "Step noise",
            "*Langevin*: correct for small steps; large ones spread particles beyond the noise "
            "level. *Preserving*: keeps particles at the noise level for any step size.",
            choices={"langevin": "Langevin's", "consistent": "As much as keeps the level"},
        ),
    ] = "langevin"
    guidance: GuidanceSetting = Pick()


@sampler(
    "annealed-langevin",
    title="Annealed Langevin (NCSN)",
    summary="Langevin dynamics on the score at each of a few noise levels; many evaluations.",
    source="Song & Ermon 2019, arXiv:1907.05600, algorithm 1; the closing denoising step, and "
    "noise that is consistent with the level: Jolicoeur-Martineau et al. 2020, arXiv:2009.05475, "
    "sections 3.1 and 3.2",
    config=AnnealedLangevinConfig,
    order=None,
    evaluations=100,
    update="x̄ ← x̄ + (a/2) ∇log p(x̄; s) + √a z",
)
class AnnealedLangevin(GridSampler):
    """x <- x + (a/2) score + sqrt(a) z with a = step * s^2, ``walk`` times; D(x, s) at the end.

    Langevin dynamics forgets where it starts, so the level may start near the size of the data.
    """

    def __init__(self, config: AnnealedLangevinConfig | None = None) -> None:
        self.config = config or AnnealedLangevinConfig()
        super().__init__(GridSettings(steps=self.config.levels, grid=GridConfig(kind="log-snr")))
        self.walk = self.config.walk

    @property
    def _width(self) -> float:
        """The deviation of a step's noise, in units of the level.

        A step leaves 1 - step/2 of how far x is from where it is denoised to; what keeps a
        deviation of s there is the rest of s^2.
        """
        step = self.config.step
        return math.sqrt(step if self.config.noise == "langevin" else step * (1.0 - 0.25 * step))

    def nfe(self) -> int:
        return self.config.levels * self.config.walk + 1

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        denoised = at.denoise(x, s)
        # a score / 2 = step s^2 (D - x) / (2 s^2): the level cancels.
        walked = x.lerp(denoised, 0.5 * self.config.step)
        walked = walked.add_(at.noise(x), alpha=self._width * s)
        return (at.denoise(walked, s) if s_next == 0.0 else walked), denoised
