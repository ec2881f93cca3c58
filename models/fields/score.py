"""The score as a field: a denoiser learned by regression, whose ODE moves the particles.

The particles of a diffusion are data with noise, so the field is fitted with no simulation:
E w(s) |D(x0 + s eps, s) - x0|^2 (Vincent 2011, eq. 11; Karras et al. 2022, arXiv:2206.00364,
eqs. 2 and 8). The score is (D - x)/s^2, and the probability-flow ODE is dx/ds = (x - D)/s.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from models.contracts.abilities import Denoise
from models.contracts.batch import Batch, Rows, by_parts
from models.contracts.execution import PLAIN, Execution
from models.contracts.untold import untold, untold_rows
from models.denoisers.denoiser import Denoiser
from models.denoisers.densities import Density
from models.denoisers.weights import WeightName, is_natural, loss_weight
from models.paths.clock import DisplayName, FlowClock, display_scale, display_scale_slope
from models.tensors import in_parts
from models.training.optim import OptimizerConfig
from models.training.part import TrainedPart
from models.training.trained import Trained

__all__ = ["ScoreField", "bound", "flow_velocity"]


class ScoreField(TrainedPart[Denoiser]):
    """A denoiser in training, with its averaged copy; a `models.fields.base.Field`.

    Args:
        denoiser: what is trained, already on its device.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        decay: of the averaged weights, which everything but the training uses.
        density: what the levels passed to `fit` are drawn from.
        weight: the loss weight w(s).
        gamma: the cap of the weight "min-snr".
        clock: flow time <-> noise level.
        display: the coordinates that `velocity` speaks.
        dropout: for how large a share of the rows nothing is given while it learns.
        pace: how many steps of the schedule of the rate are done; None for those of the field.
        execution: how the network is run.
    """

    def __init__(
        self,
        denoiser: Denoiser,
        *,
        optimizer: OptimizerConfig,
        horizon: int,
        decay: float,
        density: Density,
        weight: WeightName,
        gamma: float,
        clock: FlowClock,
        display: DisplayName,
        dropout: float = 0.0,
        pace: Callable[[], int] | None = None,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(
            denoiser,
            optimizer,
            horizon,
            decay=decay,
            clock=pace,
            execution=execution,
            name="denoiser",
        )
        self.density = density
        self.weight: WeightName = weight
        self.gamma = gamma
        self._natural = is_natural(weight, denoiser.precond)
        self._data_std = denoiser.data_std
        self.clock = clock
        self.display: DisplayName = display
        self.dropout = dropout

    def forgetting(self, rows: Batch, generator: torch.Generator) -> Batch:
        """Return rows to learn from, of a share of which nothing is given any more (Ho and Salimans
        2022, arXiv:2207.12598, algorithm 1); the rows themselves where there is no dropout.
        """
        if not self.dropout:
            return rows
        chance = torch.rand(len(rows), generator=generator, device=generator.device)
        return untold(rows, chance.to(rows.device) < self.dropout)

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Do one step; particles[i] = real[i] + level[i] * noise, level (B,).

        Raises:
            ValueError: there are no levels.
        """
        if level is None:
            raise ValueError("a score is fitted at noise levels: pass them")
        data, noised = Batch.of(real), Batch.of(particles)
        weight = None if self._natural else self._weigh(level)
        places = noised.places()

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            heavy = None if weight is None else weight[rows]
            part, real = noised.take(rows), data.x[rows]
            error = self.trained.net.squared_error(part, level[rows], real, heavy, places=places)
            return error, {}

        return self.trained.descend(loss, len(data))

    def _weigh(self, level: Tensor) -> Tensor:
        sd = self._data_std
        return loss_weight(self.weight, level, self.density, data_std=sd, gamma=self.gamma)

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return the averaged D(x, s), for rows with the mask and the conditions of these: x
        (n, *shape), s (n,) or 0-d.

        Raises:
            ValueError: of some rows nothing is given, and it was always told something.
        """
        if not self.dropout and untold_rows(like):
            raise ValueError(
                "the model was told the class of every row that it learned from (label dropout 0), "
                "so it knows nothing of rows without one: train one with a label dropout of 0.1"
            )
        return bound(self.trained.averaged, like)

    def velocity(self, x: Rows, t: float) -> Tensor:
        """Return dx/dt of the probability-flow ODE in display coordinates; see `flow_velocity`."""
        rows = Batch.of(x)
        denoise = self.denoiser(rows)
        return flow_velocity(denoise, rows.x, t, clock=self.clock, display=self.display)

    def scaled_score(self, rows: Rows, t: float) -> Tensor:
        """Return s grad log p(xbar; s) = (D(xbar, s) - xbar) / s at x = alpha(s) xbar, (n, *shape).

        Times s the score is of order 1 at every noise level.
        """
        batch = Batch.of(rows)
        x = batch.x
        s = torch.tensor(self.clock.s(t), dtype=x.dtype, device=x.device)
        straight = x / display_scale(self.display, s)
        return (self.denoiser(batch)(straight, s) - straight) / s


def bound(denoiser: Callable[..., Tensor], like: Batch | None) -> Denoise:
    """Return D(x, s) of a function of rows and s, for rows like these; x (n, *shape), s (n,) or
    0-d.
    """
    if like is None or (like.mask is None and not like.given):
        return lambda x, s: _plain(denoiser, x, s)

    def denoise(x: Tensor, s: Tensor) -> Tensor:
        return by_parts(denoiser, like.holding(x), s.expand(len(x)))

    return denoise


def _plain(denoiser: Callable[..., Tensor], x: Tensor, s: Tensor) -> Tensor:
    # One level for all is told as one: it is computed with once.
    return in_parts(partial(denoiser, s=s), x) if s.dim() == 0 else in_parts(denoiser, x, s)


def flow_velocity(
    denoise: Denoise, x: Tensor, t: float, *, clock: FlowClock, display: DisplayName
) -> Tensor:
    """Return dx/dt of the probability-flow ODE in display coordinates x = alpha(s) xbar.

    By the chain rule dx/dt = s'(t) [ (ln alpha)'(s) x + (x - alpha D(x/alpha, s))/s ].

    Args:
        denoise: D(xbar, s), s 0-d.
        x: points (n, *shape).
        t: flow time in [0, 1].
        clock: flow time <-> noise level.
        display: which alpha.
    """
    level = clock.s(t)
    s = torch.tensor(level, dtype=x.dtype, device=x.device)
    alpha = display_scale(display, s)
    slope = (x - alpha * denoise(x / alpha, s)) / s
    return clock.ds_dt(t) * (display_scale_slope(display, s) * x + slope)
