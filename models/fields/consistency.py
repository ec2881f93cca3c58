"""Consistency along the trajectories of a probability-flow ODE.

A function that gives the same datum at all points of a trajectory knows where it ends. It is taught
by neighbours on the trajectory: what it says at the upper one is pulled to what its own slow copy
says at the lower one. That one is where a step of a teacher's ODE leads to, or, without a teacher,
the same datum with less of the same noise (Song et al. 2023, arXiv:2303.01469, algorithms 2 and 3).
"""

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.contracts.state import State
from pushforward.models.denoisers.consistency import ConsistencyFunction
from pushforward.models.fields.score import bound
from pushforward.models.paths.clock import DisplayName, FlowClock
from pushforward.models.samplers.grids import GridConfig, make_grid
from pushforward.models.tensors import expand_like, mean_of_places
from pushforward.models.training.ema import Ema
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.state import pack_ema, unpack_ema
from pushforward.models.training.trained import Trained

__all__ = ["ConsistencyField", "ConsistencyWeight", "LevelLaw", "TeacherStep"]

ConsistencyWeight = Literal["even", "gap"]
TeacherStep = Literal["heun", "dpm-2", "euler"]

LevelLaw = tuple[float, float]
"""Mean and standard deviation of ln s where levels are drawn by a discretised log-normal law."""


class ConsistencyField(TrainedPart[ConsistencyFunction]):
    """A consistency function in training, with its target copy and its averaged one.

    Args:
        function: what is trained, already on its device.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        decay: of the averaged weights, which samples are made with.
        target: decay of the target's weights.
        levels: how many levels the trajectory is cut into; see `cut`.
        weight: "even", or "gap": 1/(s_{n+1} - s_n).
        huber: c of the pseudo-Huber distance sqrt(|x - y|^2 + c^2) - c, for each number of a datum:
            it grows with the root of how many it has, padded ones left out. 0 for |x - y|^2 over
            that number.
        law: of the levels; None where all are equally likely.
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
        huber: float = 0.0,
        law: LevelLaw | None = None,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(
            function, optimizer, horizon, decay=decay, execution=execution, name="consistency"
        )
        self.target = Ema(function, target)
        self.weight: ConsistencyWeight = weight
        self.clock = clock
        self.display: DisplayName = display
        self.huber = huber
        self.law = law
        self.grid = torch.empty(0)
        self.cut(levels)

    def cut(self, levels: int) -> None:
        """From now on, divide trajectories at ``levels`` noise levels: rising, without the 0 at the
        end of a sampling grid (Karras et al. 2022, arXiv:2206.00364, eq. 5).
        """
        if len(self.grid) == levels:
            return
        grid = make_grid(GridConfig(), levels, self.clock.s_min, self.clock.s_max)[:-1].flip(0)
        self.grid = grid.float().to(next(self.trained.net.parameters()).device)
        self._below = None if self.law is None else _masses(self.grid, *self.law).cumsum(dim=0)

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw neighbouring levels for n rows: the lower and the upper, (n,) each."""
        device = generator.device
        if self._below is None:
            k = torch.randint(len(self.grid) - 1, (n,), generator=generator, device=device)
            k = k.to(self.grid.device)
        else:
            share = torch.rand(n, generator=generator, device=device).to(self.grid.device)
            k = torch.searchsorted(self._below, share * self._below[-1])
            k = k.clamp_max(len(self.grid) - 2)
        return self.grid[k], self.grid[k + 1]

    def begin_as(self, net: nn.Module) -> None:
        """Begin with the weights of another network of the same make, target and average, too."""
        for function in (self.trained.net, self.target.module, self.trained.averaged):
            function.net.load_state_dict(net.state_dict())

    @torch.no_grad()
    def along(
        self,
        teacher: Denoise,
        x: Tensor,
        low: Tensor,
        high: Tensor,
        step: TeacherStep = "heun",
        steps: int = 1,
    ) -> Tensor:
        """Return where some steps of dx/ds = (x - D(x, s))/s lead from ``high`` to ``low``.

        Args:
            teacher: D(x, s).
            x: points (n, *shape).
            low: the levels to reach, (n,).
            high: the levels that they are at, (n,).
            step: the solver: Euler's; Heun's, the mean of the slopes at both ends (Karras et al.
                2022, algorithm 1); or DPM-Solver-2's, the slope at the geometric mean of the levels
                (Lu et al. 2022, arXiv:2206.00927, algorithm 1, in s).
            steps: how many, between levels as those of a finer grid.
        """
        for upper, lower in pairwise(_between(low, high, steps)):
            x = _step(teacher, x, lower, upper, step)
        return x

    def fit(self, upper: Rows, lower: Rows, low: Tensor, high: Tensor) -> dict[str, Tensor]:
        """Do one step: pull f(upper, high) to the target's f(lower, low), rows (B, *shape)."""
        above, below = Batch.of(upper), Batch.of(lower)
        weight = torch.ones_like(low) if self.weight == "even" else 1.0 / (high - low)
        places = above.places()

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            with torch.no_grad():
                wanted = self.target.module(below.take(rows), low[rows])
            error = (self.trained.net(above.take(rows), high[rows]) - wanted).square()
            if self.huber:
                mask = None if above.mask is None else above.mask[rows]
                return (weight[rows] * self._pseudo_huber(error, mask)).mean(), {}
            weighed = expand_like(weight[rows], error) * error
            return mean_of_places(weighed, places), {}

        metrics = self.trained.descend(loss, len(above))
        self.target.update()
        return metrics

    def _pseudo_huber(self, squares: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return sqrt(|x - y|^2 + c^2) - c of each row, (n,) (Song and Dhariwal 2023,
        arXiv:2310.14189, eq. 7); squares (n, *shape) are 0 where the mask (n, shape[0]) is False.
        """
        c = self.huber * math.sqrt(squares[0].numel())
        if mask is None:
            return (squares.flatten(1).sum(dim=1) + c**2).sqrt() - c
        own = c * mask.float().mean(dim=1).sqrt()
        return (squares.flatten(1).sum(dim=1) + own.square()).sqrt() - own

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


def _between(low: Tensor, high: Tensor, parts: int) -> list[Tensor]:
    """Return the levels, (n,) each, that divide the interval from ``high`` to ``low`` evenly in
    s^(1/rho), as a sampling grid does.
    """
    rho = GridConfig().rho
    top, bottom = high ** (1 / rho), low ** (1 / rho)
    inner = [torch.lerp(top, bottom, part / parts) ** rho for part in range(1, parts)]
    return [high, *inner, low]  # the ends exactly


def _step(teacher: Denoise, x: Tensor, low: Tensor, high: Tensor, step: TeacherStep) -> Tensor:
    """Return where one step leads; arguments as in `ConsistencyField.along`."""

    def slope(y: Tensor, s: Tensor) -> Tensor:
        return (y - teacher(y, s)) / expand_like(s, y)

    def moved(way: Tensor, to: Tensor) -> Tensor:
        return x + expand_like(to - high, x) * way

    here = slope(x, high)
    match step:
        case "euler":
            return moved(here, low)
        case "heun":
            return moved((here + slope(moved(here, low), low)) / 2, low)
        case "dpm-2":
            middle = (low * high).sqrt()
            return moved(slope(moved(here, middle), middle), low)


def _masses(grid: Tensor, mean: float, std: float) -> Tensor:
    """Return how likely each gap of a grid (N,) is where ln s is normal, (N - 1,), up to a factor
    (Song and Dhariwal 2023, eq. 10).
    """
    below = torch.erf((grid.log() - mean) / (math.sqrt(2.0) * std))
    return below[1:] - below[:-1]
