"""A critic as a field: it learns to tell data from particles, and its slope says where to go."""

from typing import Literal

import torch
from torch import Tensor, nn

from models.base import State
from models.fields.adversarial import AdversarialLoss
from models.tensors import expand_like, in_parts
from models.training.optim import OptimizerConfig, ScheduledOptimizer
from models.training.state import pack_module, pack_optimizer, unpack_module, unpack_optimizer

__all__ = ["Critic", "PenaltyPlace", "gradient_penalty"]

PenaltyPlace = Literal["between", "data", "particles"]


class Critic:
    """A network d(x) in training; a `models.fields.base.Field` without a clock.

    Args:
        net: x (B, *shape) -> (B, 1), already on its device. No layer of it may mix points of a
            batch, or the slope at a particle would not be its own.
        loss: what it minimises, and the h of the motion.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        penalty: weight of the gradient penalty; 0 for none.
        centre: the slope that the penalty pulls to.
        place: where the slope is penalised.
        generator: for the random places "between"; it belongs to the training.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        loss: AdversarialLoss,
        optimizer: OptimizerConfig,
        horizon: int,
        penalty: float = 0.0,
        centre: float = 1.0,
        place: PenaltyPlace = "between",
        generator: torch.Generator,
    ) -> None:
        self.net = net
        self.loss = loss
        self.optimizer = ScheduledOptimizer(optimizer, net.parameters(), horizon)
        self.penalty = penalty
        self.centre = centre
        self.place: PenaltyPlace = place
        self._generator = generator

    def fit(self, real: Tensor, particles: Tensor, level: Tensor | None) -> dict[str, Tensor]:
        """Do one step on data (B, *shape) and particles (C, *shape); the critic has no levels.

        Returns the loss, the mean critic on either side, and the generator loss -E h(d), all
        before the step.
        """
        # One pass over both: half the calls of two.
        d = self._value(torch.cat([real, particles]))
        d_real, d_fake = d[: len(real)], d[len(real) :]
        loss = self.loss.real(d_real).mean() + self.loss.fake(d_fake).mean()
        metrics = {
            "critic-data": d_real.detach().mean(),
            "critic-particles": d_fake.detach().mean(),
            "generator-loss": -self.loss.rescaling.h(d_fake.detach()).mean(),
        }
        if self.penalty > 0.0:
            penalty = gradient_penalty(self.net, self._places(real, particles), self.centre)
            loss = loss + self.penalty * penalty
            metrics["penalty"] = penalty.detach()
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        return {"loss": loss.detach(), **metrics}

    def _value(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x)
        return out.squeeze(1)

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
    def value(self, x: Tensor) -> Tensor:
        """Return d(x), x (n, *shape) -> (n,)."""
        return in_parts(self._value, x)

    def velocity(self, x: Tensor, t: float = 1.0) -> Tensor:
        """Return h'(d) grad d at x (n, *shape); t is ignored, as there is no clock."""
        return in_parts(self._motion, x)

    def _motion(self, x: Tensor) -> Tensor:
        # A caller that only looks may have switched gradients off; the slope needs them.
        with torch.inference_mode(False), torch.enable_grad():
            x = x.detach().clone().requires_grad_()
            d = self._value(x)
            weight = self.loss.rescaling.slope(d.detach())
            return torch.autograd.grad(d, x, weight)[0]

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state, but for the generator, whose owner packs it."""
        pack_module(state, f"{part}/net", self.net)
        pack_optimizer(state, f"{part}/optimizer", self.optimizer)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        unpack_module(state, f"{part}/net", self.net)
        unpack_optimizer(state, f"{part}/optimizer", self.optimizer)


def gradient_penalty(net: nn.Module, x: Tensor, centre: float) -> Tensor:
    """Return the mean over x (B, *shape) of (|grad d(x)| - centre)^2, itself differentiable.

    Centre 1 is WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028, eq. 3); centre 0 on data or
    particles is R1 or R2 (Mescheder et al. 2018, arXiv:1801.04406, eqs. 9 and 10, without the
    factor 1/2), which converges locally where centre 1 need not.
    """
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
    square = slope.flatten(1).square().sum(dim=1)
    if centre == 0.0:
        # No square root, whose own slope is infinite at zero.
        return square.mean()
    return ((square + 1e-12).sqrt() - centre).square().mean()
