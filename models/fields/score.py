"""The score as a field: a denoiser learned by regression, whose ODE moves the particles.

The particles of a diffusion are data with noise, so the field is fitted with no simulation: E w(s)
|D(x0 + s eps, s) - x0|^2 (Vincent 2011, eq. 11; Karras et al. 2022, arXiv:2206.00364, eqs. 2 and
8), or with the data hidden from it (`models.denoisers.objectives`). The score is (D - x)/s^2, and
the probability-flow ODE is dx/ds = (x - D)/s. A noise schedule and the variance of reverse steps
may be learned as well.
"""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.contracts.learner import LOSS
from pushforward.models.contracts.state import Packed, State
from pushforward.models.contracts.unconditional import drop_conditions, has_unconditional_rows
from pushforward.models.denoisers.denoiser import Denoiser, DistanceName
from pushforward.models.denoisers.densities import Density
from pushforward.models.denoisers.objectives import ObjectiveName, sliced_errors
from pushforward.models.denoisers.times import Importance, SampledLevels, TimesName, draw_times
from pushforward.models.denoisers.weights import WeightName, is_natural, loss_weight
from pushforward.models.fields.reverse_variance import LearnedVariance
from pushforward.models.fields.schedule import LearnedSchedule
from pushforward.models.paths.clock import (
    DisplayName,
    FlowClock,
    display_scale,
    display_scale_slope,
)
from pushforward.models.tensors import in_parts, noise_like
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["ScoreField", "bound", "flow_velocity"]


class ScoreField(TrainedPart[Denoiser]):
    """A denoiser in training, with its averaged copy; a `models.fields.base.Field`.

    Args:
        denoiser: what is trained, already on its device.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        decay: of the averaged weights, which everything but the training uses.
        density: what levels are drawn from.
        weight: the loss weight w(s).
        gamma, power: of the weights "min-snr" and "p2".
        clock: flow time <-> noise level.
        display: the coordinates that `velocity` speaks.
        dropout: fraction of training rows whose conditions are dropped.
        pace: number of steps of the learning-rate schedule done; None for those of the field.
        execution: how the network is run.
        objective: what it learns from.
        distance: distance of the prediction from its target; the square if it is computed row by
            row.
        times: how the levels of a batch are drawn.
        noise: where an objective, or free ends of a schedule, draw from; on the denoiser's device.
        schedule: what learns the path whose time is the density.
        variance: what learns the variance of reverse steps.
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
        power: float = 1.0,
        clock: FlowClock,
        display: DisplayName,
        dropout: float = 0.0,
        pace: Callable[[], int] | None = None,
        execution: Execution = PLAIN,
        objective: ObjectiveName = "denoising",
        distance: DistanceName = "square",
        times: TimesName = "low-discrepancy",
        noise: torch.Generator | None = None,
        schedule: LearnedSchedule | None = None,
        variance: LearnedVariance | None = None,
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
        self.gamma, self.power = gamma, power
        self._natural = is_natural(weight, denoiser.precond)
        self._data_std = denoiser.data_std
        self._clock = clock
        self.display: DisplayName = display
        self.dropout = dropout
        self.objective: ObjectiveName = objective
        self.distance: DistanceName = distance
        self.times: TimesName = times
        self._noise = noise
        self.schedule = schedule
        self.variance = variance
        device = next(denoiser.parameters()).device
        self.importance = Importance(device) if times == "importance" else None

    @property
    def clock(self) -> FlowClock:
        """Flow time <-> noise level, between the ends of the schedule where it learns them."""
        if self.schedule is None or not self.schedule.path.free:
            return self._clock
        return FlowClock(*self.schedule.range())

    def draw(self, n: int, generator: torch.Generator) -> SampledLevels:
        """Draw the noise levels of a batch of n rows."""
        if self.importance is not None:
            return self.importance.draw(self.density, n, generator)
        return draw_times(self.times, self.density, n, generator)

    def forgetting(self, rows: Batch, generator: torch.Generator) -> Batch:
        """Return training rows with the conditions of a fraction dropped (Ho and Salimans 2022,
        arXiv:2207.12598, algorithm 1); the rows themselves without dropout.
        """
        if not self.dropout:
            return rows
        chance = torch.rand(len(rows), generator=generator, device=generator.device)
        return drop_conditions(rows, chance.to(rows.device) < self.dropout)

    def retune(self, optimizer: OptimizerConfig) -> None:
        """Train on with another optimiser, the variance too where one is learned."""
        for each in (self, self.variance):
            if each is not None:
                each.trained.optimizer.config = optimizer

    def fit(
        self, real: Rows, particles: Rows, level: Tensor | None, drawn: SampledLevels | None = None
    ) -> dict[str, Tensor]:
        """Do one step; particles[i] = real[i] + level[i] * noise, level (B,). ``drawn`` says how
        these levels were drawn, where they were not drawn evenly from the density.

        Raises:
            ValueError: there are no levels.
        """
        if level is None:
            raise ValueError("a score is fitted at noise levels: pass them")
        data, noised = Batch.of(real), Batch.of(particles)
        if self.objective == "denoising" and self.importance is None and self.schedule is None:
            metrics = self._regress(data, noised, level)
        else:
            metrics = self._by_rows(data, noised, drawn or SampledLevels(level))
        if self.variance is not None:
            metrics |= self.variance.fit(data, noised, level, self._in_training(noised))
        return metrics

    def _regress(self, data: Batch, noised: Batch, level: Tensor) -> dict[str, Tensor]:
        """Do one step of denoising: the mean error at once, which is all that it needs."""
        weight = None if self._natural else self._weigh(level)
        places = noised.places()

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            heavy = None if weight is None else weight[rows]
            part, real = noised.take(rows), data.x[rows]
            error = self.trained.net.squared_error(
                part, level[rows], real, heavy, places=places, distance=self.distance
            )
            return error, {}

        return self.trained.descend(loss, len(data))

    def _by_rows(self, data: Batch, noised: Batch, drawn: SampledLevels) -> dict[str, Tensor]:
        """Do one step and pass the error of each row to the schedule and the importance sampler."""
        level, odds = drawn.level, drawn.odds
        weight = self._weigh(level)
        heavy = weight if odds is None else weight * odds
        signs = self._signs(noised)
        size = self._size(noised)
        found: list[Tensor] = []

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            some = None if signs is None else signs[rows]
            error = self._errors(noised.take(rows), level[rows], data.x[rows], some) / size
            found.append(error.detach())
            return (heavy[rows] * error).mean(), {}

        metrics = self.trained.descend(loss, len(data))
        errors = torch.cat(found)
        if self.importance is not None:
            self.importance.learn(drawn, weight * errors)
        if self.schedule is not None:
            ends = self._at_ends(data) if self.schedule.path.free else None
            metrics |= self.schedule.adapt(level, errors * size, odds, ends)
        return metrics

    def _errors(self, noised: Batch, level: Tensor, real: Tensor, signs: Tensor | None) -> Tensor:
        """Return |D - x0|^2 of each row, or what has its mean, (n,)."""
        net = self.trained.net
        if signs is None:
            return net.errors(noised, level, real)
        # Past a compiled call: what PyTorch compiles it differentiates but once.
        return sliced_errors(
            lambda x: net.forward(noised.holding(x), level),
            noised.x,
            level,
            signs,
            reduced=self.objective == "sliced-vr",
        )

    @torch.no_grad()
    def own_loss(self, scene: Mapping[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        """Return the weighted error of D at each particle, "loss" (n,), and D, "denoised"."""
        real, noised, level = (scene.get(name) for name in ("real", "particles", "level"))
        if real is None or noised is None or level is None or len(real) != len(noised):
            return {}
        rows = batch.take(slice(len(noised))).holding(noised)
        denoised = self.denoiser(rows)(noised, level)
        error = rows.zeroed((denoised - real).square()).flatten(1).sum(dim=1)
        return {
            "denoised": denoised,
            LOSS: self._weigh(level) * error / self._size(rows),
        }

    def _signs(self, noised: Batch) -> Tensor | None:
        """Return random signs, 0 where a place is padded; None where nothing is sliced."""
        if self.objective == "denoising":
            return None
        generator = self._noise
        assert generator is not None
        coin = torch.rand(noised.x.shape, generator=generator, device=generator.device)
        signs = torch.where(coin < 0.5, -1.0, 1.0).to(noised.x)
        return noised.zeroed(signs)

    @staticmethod
    def _size(noised: Batch) -> Tensor | float:
        """Return how many real numbers a row has on average."""
        places = noised.places()
        if places is None:
            return float(noised.x[0].numel())
        return places * noised.x[0, 0].numel()

    @torch.no_grad()
    def _at_ends(self, data: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the data, and the mean of |D - x0|^2/s^2 at both ends of the schedule."""
        assert self.schedule is not None
        found = []
        for s in self.schedule.path.ends.detach().exp():
            noised = data.holding(data.x + s * data.zeroed(noise_like(data.x, self._noise)))
            error = self.trained.net.errors(noised, s.expand(len(data)), data.x)
            found.append(error.mean() / s.square())
        return data.x, found[0], found[1]

    def _in_training(self, rows: Batch) -> Denoise:
        return lambda x, s: self.trained.net(rows.holding(x), s)

    def _weigh(self, level: Tensor) -> Tensor:
        return loss_weight(
            self.weight,
            level,
            self.density,
            data_std=self._data_std,
            gamma=self.gamma,
            power=self.power,
        )

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        super().pack(state, part)
        for name, each in self._auxiliary_parts().items():
            each.pack(state, f"{part}/{name}")

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        super().unpack(state, part)
        for name, each in self._auxiliary_parts().items():
            each.unpack(state, f"{part}/{name}")

    def parameter_count(self) -> int:
        """Return how many numbers are trained."""
        beside = sum(each.parameter_count() for each in self._auxiliary_parts().values())
        return super().parameter_count() + beside

    def _auxiliary_parts(self) -> dict[str, Packed]:
        """Return the parts that learn along with the denoiser, by name."""
        parts = {
            "importance": self.importance,
            "schedule": self.schedule,
            "variance": self.variance,
        }
        return {name: each for name, each in parts.items() if each is not None}

    def denoiser(self, like: Batch | None = None) -> Denoise:
        """Return the averaged D(x, s), for rows with the mask and the conditions of these: x
        (n, *shape), s (n,) or 0-d.

        Raises:
            ValueError: some rows are unconditional, and the model was trained without label
                dropout.
        """
        if not self.dropout and has_unconditional_rows(like):
            raise ValueError(
                "the model has no unconditional prediction (label dropout 0): train one with a "
                "label dropout of 0.1"
            )
        denoise = bound(self.trained.averaged, like)
        return denoise if self.variance is None else _Reversing(denoise, self.variance, like)

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


class _Reversing:
    """A denoiser that knows its reverse steps, too; an ability, `HasReverseVariance`."""

    def __init__(self, denoise: Denoise, variance: LearnedVariance, like: Batch | None) -> None:
        self._denoise = denoise
        self._variance = variance
        self._like = like

    def __call__(self, x: Tensor, s: Tensor, /) -> Tensor:
        return self._denoise(x, s)

    def reverse_variance(self, x: Tensor, s: Tensor, s_next: Tensor) -> Tensor:
        """Return the variance of each number of x (n, *shape) after a step from s to s_next."""
        return self._variance.variance(x, s, s_next, self._like)


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
