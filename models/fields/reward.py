"""A reward as a field: what is wished of a datum may be anything that can be looked up, and a
network that learns it says which way it grows.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.nets.calling import call
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["Reward"]


class Reward(TrainedPart[nn.Module]):
    """A network that says how much data are worth, between 0 and 1; a `models.fields.base.Field`.

    As in deep deterministic policy gradients of one step (Lillicrap et al. 2016, arXiv:1509.02971;
    De Cao and Kipf 2018, arXiv:1805.11973, section 3.1): it learns by squares what real and made
    data are worth, and particles climb it.

    Args:
        net: a critic (`models.nets.calling`), already on its device.
        worth: returns what rows are worth, (n,) between 0 and 1; it need not have a slope.
        optimizer: settings of the optimiser.
        horizon: planned number of steps.
        execution: how the network is run.
    """

    def __init__(
        self,
        net: nn.Module,
        worth: Callable[[Batch], Tensor],
        *,
        optimizer: OptimizerConfig,
        horizon: int,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(net, optimizer, horizon, execution=execution)
        self.worth = worth

    def fit(self, real: Rows, particles: Rows, level: Tensor | None = None) -> dict[str, Tensor]:
        """Do one step on data and particles; returns what the particles are worth on average."""
        made = Batch.of(particles)
        rows = Batch.cat([Batch.of(real), made])
        truth = self.worth(rows)

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            said = self._value(rows.take(part))
            return (said - truth[part]).square().mean(), {}

        missed = self.trained.descend(loss, len(rows))["loss"]
        return {"loss": missed, "reward": truth[-len(made) :].mean()}

    def velocity(self, x: Rows, t: float = 1.0) -> Tensor:
        """Return the slope of what rows are worth, (n, *shape)."""
        rows = Batch.of(x)
        with torch.inference_mode(False), torch.enable_grad():
            at = rows.x.detach().clone().requires_grad_()
            (slope,) = torch.autograd.grad(self._value(rows.holding(at)).sum(), at)
        return rows.zeroed(slope)

    def _value(self, rows: Batch) -> Tensor:
        return torch.sigmoid(call(self.trained.net, rows).squeeze(1))
