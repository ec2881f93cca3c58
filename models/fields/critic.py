"""A critic as a field: it learns to tell data from particles, and its slope says where to go."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from models.base import State
from models.fields.adversarial import AdversarialLoss
from models.fields.rescaling import Rescaling
from models.tensors import expand_like, in_parts
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

__all__ = ["Critic", "PenaltyPlace", "gradient_penalty"]

PenaltyPlace = Literal["between", "data", "particles"]


class Critic:
    """A network d(x), or d(x, t), in training; a `models.fields.base.Field`.

    ``rescaling``, ``penalty``, ``centre`` and ``place`` may be changed between two steps.

    Args:
        net: x (B, *shape) -> (B, 1), or with a clock x and t (B,) -> (B, 1), already on its device.
            No layer of it may mix points of a batch, or the slope at a particle would not be its
            own.
        loss: what it minimises.
        rescaling: the h of the motion.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        penalty: weight of the gradient penalty; 0 for none.
        centre: the slope that the penalty pulls to.
        place: where the slope is penalised.
        generator: for the random places "between"; it belongs to the training.
        clock: whether the network is told the flow time.
        decay: of averaged weights, by which everything but `fit` and `motion` looks; None where
            there are none.
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
    ) -> None:
        self.net = net
        self.loss = loss
        self.rescaling = rescaling
        self.clock = clock
        self.optimizer = ScheduledOptimizer(optimizer, net.parameters(), horizon)
        self.ema = None if decay is None else Ema(net, decay)
        self.penalty = penalty
        self.centre = centre
        self.place: PenaltyPlace = place
        self._generator = generator

    def fit(self, real: Tensor, particles: Tensor, level: Tensor | None) -> dict[str, Tensor]:
        """Do one step on data (B, *shape) and particles (C, *shape).

        A critic with a clock needs the flow times ``level``, one for each pair: datum i and
        particle i are judged at time i, and B = C. Any other ignores them.

        Returns the loss, the mean critic on either side, and the generator loss -E h(d), all
        before the step.

        Raises:
            ValueError: there are no flow times for a clock, or not as many data as particles where
                they go in pairs.
        """
        level = self._paired(real, particles, level)
        # One pass over both: half the calls of two.
        both = None if level is None else torch.cat([level, level])
        d = _value(self.net, torch.cat([real, particles]), both)
        d_real, d_fake = d[: len(real)], d[len(real) :]
        loss = self.loss.real(d_real).mean() + self.loss.fake(d_fake).mean()
        metrics = {
            "critic-data": d_real.detach().mean(),
            "critic-particles": d_fake.detach().mean(),
            "generator-loss": -self.rescaling.h(d_fake.detach()).mean(),
        }
        if self.penalty > 0.0:
            places = self._places(real, particles)
            penalty = gradient_penalty(self.net, places, self.centre, level)
            loss = loss + self.penalty * penalty
            metrics["penalty"] = penalty.detach()
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        if self.ema is not None:
            self.ema.update()
        return {"loss": loss.detach(), **metrics}

    def _paired(self, real: Tensor, particles: Tensor, level: Tensor | None) -> Tensor | None:
        """Return the flow times that the network is told, None for a critic without a clock."""
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

    def _places(self, real: Tensor, particles: Tensor) -> Tensor:
        if self.place == "data":
            return real
        if self.place == "particles":
            return particles
        if len(real) != len(particles):
            raise ValueError(
                "points between data and particles need as many of either, got "
                f"{len(real)} and {len(particles)}"
            )
        g = self._generator
        u = torch.rand(len(real), generator=g, device=g.device).to(real.device)
        return torch.lerp(real, particles, expand_like(u, real))

    @torch.no_grad()
    def value(self, x: Tensor, t: float | Tensor = 1.0) -> Tensor:
        """Return d(x, t), x (n, *shape), t one flow time or (n,) -> (n,).

        Without a clock t is ignored, here and below.
        """
        net = self._shown()
        return self._each(lambda x, t=None: _value(net, x, t), x, t)

    def velocity(self, x: Tensor, t: float | Tensor = 1.0) -> Tensor:
        """Return h'(d) grad d, x (n, *shape), t one flow time or (n,) -> (n, *shape)."""
        net = self._shown()
        return self._each(lambda x, t=None: self._slope(net, x, t), x, t)

    def motion(self, x: Tensor, t: float | Tensor = 1.0) -> Tensor:
        """Return `velocity` by the weights being trained, all particles in one call.

        For the many small steps of a training batch; no graph is kept, and no gradient of a
        weight computed.
        """
        return self._slope(self.net, x, self._told(x, t))

    def _shown(self) -> nn.Module:
        return self.net if self.ema is None else self.ema.module

    def _told(self, x: Tensor, t: float | Tensor) -> Tensor | None:
        if not self.clock:
            return None
        return t if isinstance(t, Tensor) else x.new_full((len(x),), t)

    def _each(self, function: Callable[..., Tensor], x: Tensor, t: float | Tensor) -> Tensor:
        told = self._told(x, t)
        return in_parts(function, x) if told is None else in_parts(function, x, told)

    def _slope(self, net: nn.Module, x: Tensor, t: Tensor | None) -> Tensor:
        # A caller that only looks may have switched gradients off; the slope needs them.
        with torch.inference_mode(False), torch.enable_grad():
            x = x.detach().clone().requires_grad_()
            told = t.clone() if t is not None and t.is_inference() else t
            d = _value(net, x, told)
            # The points do not mix, so that one backward pass gives each its own slope.
            return torch.autograd.grad(d, x, self.rescaling.slope(d.detach()))[0]

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state, but for the generator, whose owner packs it."""
        pack_module(state, f"{part}/net", self.net)
        pack_optimizer(state, f"{part}/optimizer", self.optimizer)
        if self.ema is not None:
            pack_ema(state, f"{part}/ema", self.ema)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        unpack_module(state, f"{part}/net", self.net)
        unpack_optimizer(state, f"{part}/optimizer", self.optimizer)
        if self.ema is not None:
            unpack_ema(state, f"{part}/ema", self.ema)


def _value(net: Callable[..., Tensor], x: Tensor, t: Tensor | None) -> Tensor:
    return (net(x) if t is None else net(x, t)).squeeze(1)


def gradient_penalty(
    net: Callable[..., Tensor], x: Tensor, centre: float, t: Tensor | None = None
) -> Tensor:
    """Return the mean over x (B, *shape) of (|grad d(x)| - centre)^2, itself differentiable.

    With flow times t (B,) it is the slope by x of d(x, t).

    Centre 1 is WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028, eq. 3); centre 0 on data or
    particles is R1 or R2 (Mescheder et al. 2018, arXiv:1801.04406, eqs. 9 and 10, without the
    factor 1/2), which converges locally where centre 1 need not.
    """
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(_value(net, x, t).sum(), x, create_graph=True)
    square = slope.flatten(1).square().sum(dim=1)
    if centre == 0.0:
        # No square root, whose own slope is infinite at zero.
        return square.mean()
    return ((square + 1e-12).sqrt() - centre).square().mean()
