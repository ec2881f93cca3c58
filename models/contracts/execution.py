"""How a training computes: precision, micro-batches, compilation, and which averages it keeps."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

__all__ = ["PLAIN", "Execution", "Ranks"]


class Ranks(Protocol):
    """The processes that share each batch of a training; all do the same but for its rows.

    Attributes:
        rank: number of this process, from 0.
        world: number of processes.
    """

    rank: int
    world: int

    def add_up(self, numbers: Tensor) -> None:
        """Replace numbers by their sums over all processes, the same bits in each."""


@dataclass(frozen=True)
class Execution:
    """How networks are run; the default is float32, one pass a step, without compilation.

    Attributes:
        bf16: matrix products and convolutions in bfloat16; weights, losses and averages stay
            float32.
        micro_batches: number of parts of a batch whose gradients are summed: less memory, the same
            step up to rounding.
        compiled: networks are compiled by PyTorch where they first run.
        channels_last: images lie in memory with their channels last.
        lengths: also keep the averages from which those of any other length can be computed
            afterwards (`models.training.posthoc`).
        ranks: the processes that share each batch, None for one process. Random numbers and all
            that is no gradient are computed for the whole batch in each of them.
    """

    bf16: bool = False
    micro_batches: int = 1
    compiled: bool = False
    channels_last: bool = False
    lengths: bool = False
    ranks: Ranks | None = field(default=None, compare=False)

    def prepare(self, net: nn.Module) -> None:
        """Have a network run this way; its parameters keep their names."""
        if self.channels_last:
            net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.compiled:
            net.compile()

    def precision(self, device: torch.device) -> AbstractContextManager[object]:
        """Return a context in which networks compute in the requested precision."""
        if not self.bf16:
            return nullcontext()
        return torch.autocast(device.type, dtype=torch.bfloat16)

    def is_shared(self, n: int) -> bool:
        """Return whether n rows are divided among processes; fewer rows than processes are not."""
        return self.ranks is not None and 1 < self.ranks.world <= n

    def parts(self, n: int) -> Iterator[slice]:
        """Yield the rows of each micro-batch of n rows, of those that are this process's."""
        first, last = 0, n
        if self.ranks is not None and self.is_shared(n):
            rank, world = self.ranks.rank, self.ranks.world
            first, last = rank * n // world, (rank + 1) * n // world
        size = -(-(last - first) // self.micro_batches)
        for start in range(first, last, size):
            yield slice(start, min(last, start + size))


PLAIN = Execution()
