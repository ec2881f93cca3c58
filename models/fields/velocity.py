"""A velocity as a field: learned on lines from noise to data, and followed as an ODE in t.

On x_t = (1 - t) z + t x0 the field v that fits the slopes x0 - z best, E[x0 - z | x_t = x],
transports the distribution of the noise to that of the data for any coupling of z and x0 (Liu et
al. 2022, arXiv:2209.03003, eq. 1 and theorem 3.3; Lipman et al. 2022, arXiv:2210.02747, theorems 1
and 2). Only for independent z and x0 is it also a score.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.fields.score import bound
from pushforward.models.nets.calling import call
from pushforward.models.tensors import expand_like, mean_of_places
from pushforward.models.training.optim import OptimizerConfig
from pushforward.models.training.part import TrainedPart
from pushforward.models.training.trained import Trained

__all__ = ["VelocityField", "draw_times"]


class VelocityField(TrainedPart[nn.Module]):
    """v(x, t) in training, with its averaged copy.

    Args:
        net: a denoiser's network (`models.nets.calling`), already on its device; its clock is t.
        optimizer: settings of the optimiser.
        horizon: the length of the schedule, in steps of the clock.
        decay: of the averaged weights, which everything but the training uses.
        clock: how many steps of the schedule are done.
        execution: how the network is run.
    """

    def __init__(
        self,
        net: nn.Module,
        *,
        optimizer: OptimizerConfig,
        horizon: int,
        decay: float,
        clock: Callable[[], int] | None = None,
        execution: Execution = PLAIN,
    ) -> None:
        self.trained = Trained(
            net, optimizer, horizon, decay=decay, clock=clock, execution=execution, name="velocity"
        )

    def fit(self, rows: Rows, time: Tensor, slope: Tensor) -> dict[str, Tensor]:
        """Do one step: pull v(x, t) at rows x (B, *shape) and times (B,) to slopes (B, *shape)."""
        at = Batch.of(rows)
        places = at.places()

        def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
            said = _evaluate(self.trained.net, at.take(part), time[part])
            return mean_of_places((said - slope[part]).square(), places), {}

        return self.trained.descend(loss, len(at))

    @torch.no_grad()
    def error(self, rows: Rows, time: Tensor, slope: Tensor) -> Tensor:
        """Return what `fit` would pull down, by the averaged weights and without a step, 0-d."""
        at = Batch.of(rows)
        said = _evaluate(self.trained.averaged, at, time)
        return mean_of_places((said - slope).square(), at.places())

    def velocity(self, x: Rows, t: float) -> Tensor:
        """Return dx/dt at x (n, *shape) and flow time t in [0, 1]."""
        rows = Batch.of(x)
        v = bound(lambda part, s: _evaluate(self.trained.averaged, Batch.of(part), s), rows)
        return v(rows.x, torch.tensor(t, dtype=rows.x.dtype, device=rows.device))

    def transport(self, like: Batch | None = None) -> Denoise:
        """Return x + u v(x, 1 - u), the end of the line through x; see
        `models.contracts.abilities.HasTransport`.
        """

        def end(rows: Rows, s: Tensor) -> Tensor:
            at = Batch.of(rows)
            return at.x + expand_like(s, at.x) * _evaluate(self.trained.averaged, at, 1.0 - s)

        return bound(end, like)


def _evaluate(net: nn.Module, at: Batch, time: Tensor) -> Tensor:
    told = time.expand(len(at)) if time.dim() == 0 else time
    return at.zeroed(call(net, at, told))


def draw_times(n: int, generator: torch.Generator) -> Tensor:
    """Draw n flow times (n,), uniform on [0, 1), one in each n-th (Kingma et al. 2021,
    arXiv:2107.00630, appendix I.1), in rising order: batches are shuffled already.
    """
    device = generator.device
    shift = torch.rand(1, generator=generator, device=device)
    return (torch.arange(n, device=device) + shift) / n
