"""Consistency along the probability-flow ODE of a teacher.

A function that gives the same datum at all points of a trajectory knows where it ends. It is taught
by neighbours on the trajectory: what it says at the upper one is pulled to what its own slow copy
says at the lower one, which a step of the teacher's ODE leads to (Song et al. 2023,
arXiv:2303.01469, algorithm 2).
"""

from typing import Literal

import torch
from torch import Tensor

from models.contracts.abilities import Denoise
from models.contracts.batch import Batch, Rows
from models.contracts.execution import PLAIN, Execution
from models.contracts.state import State
from models.denoisers.consistency import ConsistencyFunction
from models.fields.score import bound
from models.paths.clock import DisplayName, FlowClock
from models.samplers.grids import GridConfig, make_grid
from models.tensors import expand_like, mean_of_places
from models.training.ema import Ema
from models.training.optim import OptimizerConfig
from models.training.part import TrainedPart
from models.training.state import pack_ema, unpack_ema
from models.training.trained import Trained

__all__ = ["ConsistencyField", "ConsistencyWeight"]

ConsistencyWeight = Literal["even", "gap"]


class ConsistencyField(TrainedPart[ConsistencyFunction]):
    """A consistency function in training, with its target copy and its averaged one.

    Args:
        function: what is trained, already on its device.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        decay: of the averaged weights, which samples are made with.
        target: decay of the target's weights.
        levels: how many levels the trajectory is cut into.
        weight: "even", or "gap": 1/(s_{n+1} - s_n).
        clock: flow time <-> noise level.
        display: the coordinates that are shown.
        execution: how the network is run.
    """

    def __init__(
        self,
        function: ConsistencyFunction,
        *,
        optimizer: OptimizerConfig,
        horizon: int,
        decay: float,
        target: float,
        levels: int,
        weight: ConsistencyWeight,
        clock: FlowClock,
        display: DisplayName,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(
            function, optimizer, horizon, decay=decay, execution=execution, name="consistency"
        )
        self.target = Ema(function, target)
        self.weight: ConsistencyWeight = weight
        self.clock = clock
        self.display: DisplayName = display
        device = next(function.parameters()).device
        # Rising, without the 0 at the end of a sampling grid.
        grid = make_grid(GridConfig(), levels, clock.s_min, clock.s_max)[:-1].flip(0)
        self.grid = grid.float().to(device)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw neighbouring levels for n rows, uniform on the grid: the lower and the upper, (n,)
        each.
        """
        k = torch.randint(
            len(self.grid) - 1, (n,), generator=generator, device=generator.device
        ).to(self.grid.device)
        return self.grid[k], self.grid[k + 1]

    @torch.no_grad()
    def along(self, teacher: Denoise, x: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """Return where a Heun step of dx/ds = (x - D(x, s))/s leads from ``high`` to ``low``.

        Args:
            teacher: D(x, s).
            x: points (n, *shape).
            low: the levels to reach, (n,).
            high: the levels that they are at, (n,).
        """
        s, s_next = expand_like(high, x), expand_like(low, x)
        slope = (x - teacher(x, high)) / s
        euler = x + (s_next - s) * slope
        slope_next = (euler - teacher(euler, low)) / s_next
        return x + (s_next - s) * (slope + slope_next) / 2

    def fit(self, upper: Rows, lower: Rows, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Do one step: pull f(upper, high) to the target's f(lower, low), rows (B, *shape)."""
        above, below = Batch.of(upper), Batch.of(lower)
        weight = torch.ones_like(low) if self.weight == "even" else 1.0 / (high - low)
        places = above.places()

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            with torch.no_grad():
                wanted = self.target.module(below.take(rows), low[rows])
            error = (self.trained.net(above.take(rows), high[rows]) - wanted).square()
            weighed = expand_like(weight[rows], error) * error
            return mean_of_places(weighed, places), {}

        metrics = self.trained.descend(loss, len(above))
        self.target.update()
        return metrics

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return the averaged f(x, s), which is what a sampler calls, for rows with the mask and
        the conditions of these: x (n, *shape), s (n,) or 0-d.
        """
        return bound(self.trained.averaged, like)

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        super().pack(state, part)
        pack_ema(state, f"{part}/target", self.target)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        super().unpack(state, part)
        unpack_ema(state, f"{part}/target", self.target)
