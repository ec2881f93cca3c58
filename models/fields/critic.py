"""A critic as a field: it learns to tell data from particles, and its slope says where to go."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.contracts.learner import CLOCKS, LOSS
from pushforward.models.fields.adversarial import AdversarialLoss
from pushforward.models.fields.rescaling import Rescaling
from pushforward.models.nets.calling import call
from pushforward.models.tensors import expand_like, weighed
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["Critic", "PenaltyPlace", "gradient_penalty"]

PenaltyPlace = Literal["between", "data", "particles"]


class Critic(TrainedPart[nn.Module]):
    """A network d(x), or d(x, t), in training; a `models.fields.base.Field`.

    ``rescaling``, ``penalty``, ``centre`` and ``place`` may be changed between two steps.

    Args:
        net: a critic (`models.nets.calling`), already on its device. No layer of it may mix rows of
            a batch, or the slope at a particle would not be its own.
        loss: what it minimises.
        rescaling: the h of the motion.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        penalty: weight of the gradient penalty; 0 for none.
        centre: the slope that the penalty pulls to.
        place: where the slope is penalised.
        generator: for the random places "between"; it belongs to the training.
        clock: whether the network is conditioned on the flow time.
        decay: of averaged weights, by which everything but `fit` and `motion` looks; None where
            there are none.
        execution: how the network is run.
        climbs: what moves along h, by which the loss of it is called.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        loss: AdversarialLoss,
        rescaling: Rescaling,
        optimizer: OptimizerConfig,
        horizon: int,
        penalty: float = 0.0,
        centre: float = 1.0,
        place: PenaltyPlace = "between",
        generator: torch.Generator,
        clock: bool = False,
        decay: float | None = None,
        execution: Execution = PLAIN,
        climbs: Literal["generator", "particle"] = "generator",
    ) -> None:
        self.climbs = climbs
        self.trained = Trained(net, optimizer, horizon, decay=decay, execution=execution)
        self.loss = loss
        self.rescaling = rescaling
        self.clock = clock
        self.penalty = penalty
        self.centre = centre
        self.place: PenaltyPlace = place
        self._generator = generator

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Do one step on data, x (B, *shape), and particles, x (C, *shape).

        A critic with a clock needs the flow times ``level``, one for each pair: datum i and
        particle i are judged at time i, and B = C. Any other ignores them.

        Returns the loss, the mean critic on either side, and the loss -E h(d) of what climbs, all
        before the step.

        Raises:
            ValueError: there are no flow times for a clock, or not as many data as particles where
                they go in pairs.
        """
        data, made = Batch.of(real), Batch.of(particles)
        level = self._paired(data, made, level)
        between = self._draw_between(data, made)

        def loss(rows: slice) -> tuple[Tensor, dict[str, Tensor]]:
            others = made.take(rows) if len(made) == len(data) else made
            at, u = (None if each is None else each[rows] for each in (level, between))
            return self._loss(data.take(rows), others, at, u)

        return self.trained.descend(loss, len(data))

    def _loss(
        self, real: Batch, particles: Batch, level: Tensor | None, between: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        # One pass over both: half the calls of two.
        both = None if level is None else torch.cat([level, level])
        d = _value(self.trained.net, Batch.cat([real, particles]), both)
        d_real, d_fake = d[: len(real)], d[len(real) :]
        loss = self.loss.real(d_real).mean() + self.loss.fake(d_fake).mean()
        metrics = {
            "critic-data": d_real.detach().mean(),
            "critic-particles": d_fake.detach().mean(),
            f"{self.climbs}-loss": -self.rescaling.h(d_fake.detach()).mean(),
        }
        if self.penalty > 0.0:
            places = self._places(real, particles, between)
            penalty = gradient_penalty(self.trained.net, places, self.centre, level)
            loss = loss + self.penalty * penalty
            metrics["penalty"] = penalty.detach()
        return loss, metrics

    def _paired(self, real: Batch, particles: Batch, level: Tensor | None) -> Tensor | None:
        """Return the flow times as input of the network, None for a critic without a clock."""
        if not self.clock:
            return None
        if level is None:
            raise ValueError("a critic with a clock needs the flow times of its particles")
        if not len(real) == len(particles) == len(level):
            raise ValueError(
                "a critic with a clock needs as many data, particles and flow times, got "
                f"{len(real)}, {len(particles)} and {len(level)}"
            )
        return level

    def _draw_between(self, real: Batch, particles: Batch) -> Tensor | None:
        """Return how far from datum i to particle i the slope is penalised, for the whole batch, so
        that parts of it are penalised at the same places; None where it is penalised elsewhere.
        """
        if self.penalty <= 0.0 or self.place != "between":
            return None
        if len(real) != len(particles):
            raise ValueError(
                "points between data and particles need as many of either, got "
                f"{len(real)} and {len(particles)}"
            )
        g = self._generator
        return torch.rand(len(real), generator=g, device=g.device).to(real.device)

    def _places(self, real: Batch, particles: Batch, between: Tensor | None) -> Batch:
        """Return where the slope is penalised: between datum i and particle i, under the conditions
        of the particle and in all places that either has.
        """
        if self.place == "data":
            return real
        if self.place == "particles":
            return particles
        assert between is not None
        x = torch.lerp(real.x, particles.x, expand_like(between, real.x))
        if real.mask is None or particles.mask is None:
            return particles.holding(x)
        return replace(particles, x=x, mask=real.mask | particles.mask)

    @torch.no_grad()
    def value(self, x: Rows, t: float | Tensor = 1.0) -> Tensor:
        """Return d(x, t), x (n, *shape), t one flow time or (n,) -> (n,).

        Without a clock t is ignored, here and below.
        """
        net = self.trained.averaged
        return self._each(lambda rows, t=None: _value(net, rows, t), x, t)

    @torch.no_grad()
    def own_loss(self, scene: Mapping[str, Tensor], batch: Batch) -> dict[str, Tensor]:
        """Return the loss of the critic at each particle, "loss" (n,)."""
        particles = scene.get("particles")
        if particles is None or CLOCKS & scene.keys() - {"time"}:
            return {}  # such a critic is told more than the scene has
        t = scene.get("time", 1.0)
        rows = batch.take(slice(len(particles))) if len(batch) >= len(particles) else None
        told = Batch.of(particles) if rows is None else rows.holding(particles)
        return {LOSS: self.loss.fake(self.value(told, t))}

    def velocity(self, x: Rows, t: float | Tensor = 1.0) -> Tensor:
        """Return h'(d) grad d, x (n, *shape), t one flow time or (n,) -> (n, *shape)."""
        net = self.trained.averaged
        return self._each(lambda rows, t=None: self._slope(net, rows, t), x, t)

    def motion(self, x: Rows, t: float | Tensor = 1.0) -> Tensor:
        """Return `velocity` by the weights being trained, all particles in one call.

        For the many small steps of a training batch; no graph is kept, and no gradient of a
        weight computed.
        """
        rows = Batch.of(x)
        return self._slope(self.trained.net, rows, self._clock_input(rows, t))

    def _clock_input(self, rows: Batch, t: float | Tensor) -> Tensor | None:
        if not self.clock:
            return None
        return t if isinstance(t, Tensor) else rows.x.new_full((len(rows),), t)

    def _each(self, function: Callable[..., Tensor], x: Rows, t: float | Tensor) -> Tensor:
        rows = Batch.of(x)
        told = self._clock_input(rows, t)
        return by_parts(function, rows) if told is None else by_parts(function, rows, told)

    def _slope(self, net: nn.Module, rows: Batch, t: Tensor | None) -> Tensor:
        # A caller that only looks may have switched gradients off; the slope needs them.
        with torch.inference_mode(False), torch.enable_grad():
            x = rows.x.detach().clone().requires_grad_()
            told = t.clone() if t is not None and t.is_inference() else t
            d = _value(net, rows.holding(x), told)
            # The rows do not mix, so that one backward pass gives each its own slope.
            slope = torch.autograd.grad(weighed(d, self.rescaling.slope(d.detach())), x)[0]
        return rows.zeroed(slope)


def _value(net: nn.Module, rows: Batch, t: Tensor | None) -> Tensor:
    return call(net, rows, t).squeeze(1)


def gradient_penalty(net: nn.Module, x: Rows, centre: float, t: Tensor | None = None) -> Tensor:
    """Return the mean over x (B, *shape) of (|grad d(x)| - centre)^2, itself differentiable.

    With flow times t (B,) it is the slope by x of d(x, t).

    Centre 1 is WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028, eq. 3); centre 0 on data or
    particles is R1 or R2 (Mescheder et al. 2018, arXiv:1801.04406, eqs. 9 and 10, without the
    factor 1/2), which converges locally where centre 1 need not.
    """
    rows = Batch.of(x)
    place = rows.x.detach().requires_grad_()
    value = _value(net, rows.holding(place), t).sum()
    (slope,) = torch.autograd.grad(value, place, create_graph=True)
    square = rows.zeroed(slope).flatten(1).square().sum(dim=1)
    if centre == 0.0:
        # No square root, whose own slope is infinite at zero.
        return square.mean()
    return ((square + 1e-12).sqrt() - centre).square().mean()
