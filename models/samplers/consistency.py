"""Sampling of a consistency model: to the data in one step; noised again, and once more."""

from typing import Annotated

from torch import Tensor

from pushforward.models.config import param
from pushforward.models.registry import sampler
from pushforward.models.samplers.base import GridSampler, GridSettings, StepInput
from pushforward.models.samplers.grids import make_grid

__all__ = ["Multistep", "MultistepConfig"]


class MultistepConfig(GridSettings, frozen=True):
    """How many steps, and from which levels."""

    steps: Annotated[
        int,
        param("Steps", "Number of steps, one evaluation each.", low=1, high=100),
    ] = 1


@sampler(
    "consistency",
    title="Consistency",
    summary="Maps noise to data in one evaluation; more steps add noise at a lower level and "
    "map again.",
    source="Song et al. 2023, arXiv:2303.01469, algorithm 1",
    config=MultistepConfig,
    order=None,
    evaluations=1,
    needs=("consistency",),
    update="x̄ ← f(x̄ + √(s² − s_min²) z, s)",
)
class Multistep(GridSampler):
    """x <- f(x + s z, s) at falling levels s.

    The levels are those of the grid but for the smallest, where f does nothing. Algorithm 1 adds
    sqrt(s^2 - s_min^2) z; without s_min the variance differs by (s_min/s)^2, some 1e-5 of it.
    """

    def __init__(self, config: MultistepConfig | None = None) -> None:
        self.config = config or MultistepConfig()
        super().__init__(self.config)

    def nfe(self) -> int:
        return self.config.steps

    def levels(self, s_min: float, s_max: float) -> list[float]:
        grid = make_grid(self.config.grid, self.config.steps + 1, s_min, s_max)
        return [*(float(s) for s in grid[: self.config.steps]), 0.0]

    def step(self, at: StepInput) -> tuple[Tensor, Tensor]:
        x, s, s_next = at.x, at.s, at.s_next
        made = at.denoise(x, s)
        if s_next == 0.0:
            return made, made
        return made + s_next * at.noise(made), made
