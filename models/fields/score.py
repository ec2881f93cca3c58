"""The score as a field: a denoiser learned by regression, whose ODE moves the particles.

The particles of a diffusion are data with noise, so the field is fitted with no simulation:
E w(s) |D(x0 + s eps, s) - x0|^2 (Vincent 2011, eq. 11; Karras et al. 2022, arXiv:2206.00364,
eqs. 2 and 8). The score is (D - x)/s^2, and the probability-flow ODE is dx/ds = (x - D)/s.
"""

from functools import partial

import torch
from torch import Tensor

from models.base import State
from models.denoisers.denoiser import Denoiser
from models.denoisers.densities import Density
from models.denoisers.weights import WeightName, is_natural, loss_weight
from models.paths.clock import DisplayName, FlowClock, display_scale, display_scale_slope
from models.samplers.base import Denoise
from models.tensors import in_parts
from models.training.ema import Ema
from models.training.optim import OptimizerConfig, ScheduledOptimizer
from models.training.state import (
    pack_ema,
    pack_module,
    pack_optimizer,
    unpack_ema,
    unpack_module,
    unpack_optimizer,
)

__all__ = ["ScoreField", "flow_velocity"]


class ScoreField:
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
    ) -> None:
        self.denoiser = denoiser
        self.optimizer = ScheduledOptimizer(optimizer, denoiser.parameters(), horizon)
        self.ema = Ema(denoiser, decay)
        self.density = density
        self.weight: WeightName = weight
        self.gamma = gamma
        self._natural = is_natural(weight, denoiser.precond)
        self.clock = clock
        self.display: DisplayName = display

    def fit(self, real: Tensor, particles: Tensor, level: Tensor | None) -> dict[str, Tensor]:
        """Do one step; particles[i] = real[i] + level[i] * noise, level (B,).

        Raises:
            ValueError: there are no levels.
        """
        if level is None:
            raise ValueError("a score is fitted at noise levels: pass them")
        weight = None if self._natural else self._weigh(level)
        loss = self.denoiser.squared_error(particles, level, real, weight)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        norm = self.optimizer.step()
        self.ema.update()
        metrics = {"loss": loss.detach()}
        if norm is not None:
            metrics["gradient-norm"] = norm
        return metrics

    def _weigh(self, level: Tensor) -> Tensor:
        sd = self.denoiser.data_std
        return loss_weight(self.weight, level, self.density, data_std=sd, gamma=self.gamma)

    def denoise(self, x: Tensor, s: Tensor) -> Tensor:
        """Return the averaged D(x, s): x (n, *shape), s (n,) or 0-d."""
        if s.ndim == 0:
            return in_parts(partial(self._averaged, s=s), x)
        return in_parts(self._averaged, x, s)

    def _averaged(self, x: Tensor, s: Tensor) -> Tensor:
        out: Tensor = self.ema.module(x, s)
        return out

    def velocity(self, x: Tensor, t: float) -> Tensor:
        """Return dx/dt of the probability-flow ODE in display coordinates; see `flow_velocity`."""
        return flow_velocity(self.denoise, x, t, clock=self.clock, display=self.display)

    def scaled_score(self, x: Tensor, t: float) -> Tensor:
        """Return s grad log p(xbar; s) = (D(xbar, s) - xbar) / s at x = alpha(s) xbar, (n, *shape).

        Times s the score is of order 1 at every noise level.
        """
        s = torch.tensor(self.clock.s(t), dtype=x.dtype, device=x.device)
        straight = x / display_scale(self.display, s)
        return (self.denoise(straight, s) - straight) / s

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        pack_module(state, f"{part}/denoiser", self.denoiser)
        pack_optimizer(state, f"{part}/optimizer", self.optimizer)
        pack_ema(state, f"{part}/ema", self.ema)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        unpack_module(state, f"{part}/denoiser", self.denoiser)
        unpack_optimizer(state, f"{part}/optimizer", self.optimizer)
        unpack_ema(state, f"{part}/ema", self.ema)


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
