"""An energy as a field: p(x) = exp(-E(x)) / Z, so that the score is -grad E for any Z.

It is learned by contrast: down at the data, up at the particles, which is the gradient of
log p where these are drawn from the model (Hinton 2002, Neural Computation 14:1771, eq. 3).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch, Rows, by_parts
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.nets.calling import call
from pushforward.models.tensors import slope_of
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["Energy"]


class Energy(TrainedPart[nn.Module]):
    """A network E(x), or E(x, t), in training; a `models.fields.base.Field`.

    Args:
        net: a critic (`models.nets.calling`) already on its device, whose output is the energy. No
            layer of it may mix rows of a batch.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        decay: of averaged weights, by which everything but the training looks.
        restraint: weight of the square of the energies, which keeps them near 0 (Du and Mordatch
            2019, arXiv:1903.08689, section 3.3); may be set between steps.
        clock: whether the network is conditioned on a noise level.
        execution: how the network is run.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        optimizer: OptimizerConfig,
        horizon: int,
        decay: float,
        restraint: float = 0.0,
        clock: bool = False,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(net, optimizer, horizon, decay=decay, execution=execution)
        self.restraint = restraint
        self.clock = clock

    def fit(self, real: Rows, particles: Rows, level: Tensor | None) -> dict[str, Tensor]:
        """Do one step on data, x (B, *shape), and as many particles; both at the levels (B,) where
        there is a clock. Returns the loss, and the mean energy on either side, before the step.
        """
        data, made = Batch.of(real), Batch.of(particles)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            both = Batch.cat([data.take(part), made.take(part)])
            told = None if level is None else torch.cat([level[part], level[part]])
            energy = _value(self.trained.net, both, told)
            n = len(energy) // 2
            down, up = energy[:n].mean(), energy[n:].mean()
            loss = down - up + self.restraint * energy.square().mean()
            return loss, {"energy-data": down.detach(), "energy-particles": up.detach()}

        return self.trained.descend(loss, len(data))

    @torch.no_grad()
    def value(self, x: Rows, t: float | Tensor = 1.0) -> Tensor:
        """Return E(x, t), x (n, *shape), t one level or (n,), ignored without a clock -> (n,)."""
        net = self.trained.averaged
        return self._each(lambda rows, t=None: _value(net, rows, t), Batch.of(x), t)

    def velocity(self, x: Rows, t: float | Tensor = 1.0) -> Tensor:
        """Return -grad E, the score, (n, *shape)."""
        net = self.trained.averaged
        return self._each(lambda rows, t=None: _score(net, rows, t), Batch.of(x), t)

    def motion(self, x: Rows, t: float | Tensor = 1.0) -> Tensor:
        """Return `velocity` by the weights being trained, all particles in one call."""
        rows = Batch.of(x)
        return _score(self.trained.net, rows, self._clock_input(rows, t))

    def _clock_input(self, rows: Batch, t: float | Tensor) -> Tensor | None:
        if not self.clock:
            return None
        return t if isinstance(t, Tensor) else rows.x.new_full((len(rows),), t)

    def _each(self, function: Callable[..., Tensor], rows: Batch, t: float | Tensor) -> Tensor:
        told = self._clock_input(rows, t)
        return by_parts(function, rows) if told is None else by_parts(function, rows, told)


def _value(net: nn.Module, rows: Batch, t: Tensor | None) -> Tensor:
    return call(net, rows, t).squeeze(1)


def _score(net: nn.Module, rows: Batch, t: Tensor | None) -> Tensor:
    return -slope_of(lambda x: _value(net, rows.holding(x), t), rows.x)
