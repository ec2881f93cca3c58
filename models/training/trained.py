"""A network in training: with its optimiser, its averages, its precision and its clock."""

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

import torch
from torch import Tensor, nn

from pushforward.models.contracts.execution import PLAIN, Execution
from pushforward.models.contracts.state import State
from pushforward.models.tensors import weighed
from pushforward.models.training.ema import Ema
from pushforward.models.training.optim import OptimizerConfig, ScheduledOptimizer
from pushforward.models.training.posthoc import PosthocAverages
from pushforward.models.training.state import (
    pack_ema,
    pack_module,
    pack_optimizer,
    unpack_ema,
    unpack_module,
    unpack_optimizer,
)

__all__ = ["Loss", "Move", "Trained"]

M = TypeVar("M", bound=nn.Module)
Loss: TypeAlias = Callable[[slice], tuple[Tensor, dict[str, Tensor]]]
"""From the rows of a (micro-)batch to their mean loss, 0-d with its graph, and detached scalars."""
Move: TypeAlias = Callable[[slice], tuple[Tensor, Tensor]]
"""From the rows of a (micro-)batch to what the network says of them, with its graph, and to the way
that it is to go, of its shape."""


class Trained(Generic[M]):
    """What every part of a model that learns is made of.

    Args:
        net: what is trained, already on its device.
        optimizer: settings of the optimiser.
        horizon: the length of the schedule, in steps of the clock.
        decay: of averaged weights; None where there are none.
        clock: how many steps of the schedule are done (see
            `models.training.optim.ScheduledOptimizer`).
        execution: how it computes.
        name: under which the weights are saved.

    Attributes:
        net: the weights being trained.
        optimizer: with its settings, which may be replaced between two steps.
    """

    def __init__(
        self,
        net: M,
        optimizer: OptimizerConfig,
        horizon: int,
        *,
        decay: float | None = None,
        clock: Callable[[], int] | None = None,
        execution: Execution = PLAIN,
        name: str = "net",
    ) -> None:
        self.net = net
        self.optimizer = ScheduledOptimizer(optimizer, net.parameters(), horizon, clock)
        self.ema = None if decay is None else Ema(net, decay)
        # Of the very parameters that the execution prepares below.
        wanted = execution.lengths and self.ema is not None
        self.lengths = PosthocAverages(net) if wanted else None
        self.execution = execution
        self._name = name
        self._device = next((p.device for p in net.parameters()), torch.device("cpu"))
        for each in (net, self.ema.module if self.ema is not None else None):
            if each is not None:
                execution.prepare(each)

    @property
    def averaged(self) -> M:
        """The network with averaged weights; the one being trained where nothing is averaged."""
        return self.net if self.ema is None else self.ema.module

    @property
    def count(self) -> int:
        """How many steps it has done."""
        return self.optimizer.count

    def descend(self, loss: Loss, n: int) -> dict[str, Tensor]:
        """Do one step down the loss of n rows; return the "loss" before it, with its other scalars,
        and the "gradient-norm" where it was computed.
        """
        total: dict[str, Tensor] = {}
        self.optimizer.zero_grad()
        for rows in self.execution.parts(n):
            with self.execution.precision(self._device):
                value, more = loss(rows)
            whole = rows.stop - rows.start == n
            share = 1.0 if whole else (rows.stop - rows.start) / n
            torch.autograd.backward(value if whole else value * share)
            for name, scalar in {"loss": value.detach(), **more}.items():
                part = scalar if whole else scalar * share
                total[name] = part if name not in total else total[name] + part
        if self.execution.is_shared(n):
            total = self._add_up(total)
        norm = self.optimizer.step()
        self.average()
        if norm is not None:
            total["gradient-norm"] = norm
        return total

    def follow(self, move: Move, n: int) -> None:
        """Do one step that moves what the network says of n rows along a way; averages are left to
        the caller.
        """
        self.optimizer.zero_grad()
        for rows in self.execution.parts(n):
            with self.execution.precision(self._device):
                output, way = move(rows)
            torch.autograd.backward(weighed(output, -way))
        if self.execution.is_shared(n):
            self._add_up({})
        self.optimizer.step()

    def _add_up(self, scalars: dict[str, Tensor]) -> dict[str, Tensor]:
        """Add up the gradients and some scalars of all processes, each of its share of the batch.

        A weight that has no gradient in any of them still has none.
        """
        ranks = self.execution.ranks
        assert ranks is not None
        weights = [p for p in self.net.parameters() if p.requires_grad]
        has = [float(p.grad is not None) for p in weights]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in weights]
        device = self._device
        flat = torch.cat(
            [
                *(each.flatten() for each in gradients),
                torch.tensor(has, device=device),
                *(each.detach().reshape(1).to(device) for each in scalars.values()),
            ]
        )
        ranks.add_up(flat)
        sizes = [*(p.numel() for p in weights), len(has), *(1 for _ in scalars)]
        parts = torch.split(flat, sizes)
        present = parts[len(weights)].tolist()
        for weight, part, any_has in zip(weights, parts, present, strict=False):
            weight.grad = part.view_as(weight).to(weight.dtype) if any_has else None
        sums = parts[len(weights) + 1 :]
        return {name: part[0] for name, part in zip(scalars, sums, strict=True)}

    def average(self) -> None:
        """Move the averages, if there are some, towards the weights as they are."""
        if self.ema is not None:
            self.ema.update()
        if self.lengths is not None:
            self.lengths.update()

    def begin_as(self, other: nn.Module) -> None:
        """Begin with the weights of another network of the same size."""
        self.net.load_state_dict(other.state_dict())

    def pack(self, state: State, part: str) -> None:
        """Add the exact training state."""
        pack_module(state, f"{part}/{self._name}", self.net)
        pack_optimizer(state, f"{part}/optimizer", self.optimizer)
        if self.ema is not None:
            pack_ema(state, f"{part}/ema", self.ema)
        if self.lengths is not None:
            self.lengths.pack(state, part)

    def unpack(self, state: State, part: str) -> None:
        """Restore what `pack` added.

        Raises:
            ValueError: it does not fit.
        """
        unpack_module(state, f"{part}/{self._name}", self.net)
        unpack_optimizer(state, f"{part}/optimizer", self.optimizer)
        if self.ema is not None:
            unpack_ema(state, f"{part}/ema", self.ema)
        if self.lengths is not None and self.ema is not None:
            self.lengths.unpack(state, part, self.ema.count)

    def parameter_count(self) -> int:
        """Return how many numbers are trained."""
        return sum(p.numel() for p in self.net.parameters())
