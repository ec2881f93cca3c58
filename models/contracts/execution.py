"""How a training computes: precision, micro-batches, compilation, and which averages it keeps."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

__all__ = ["PLAIN", "Execution"]


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
    """

    bf16: bool = False
    micro_batches: int = 1
    compiled: bool = False
    channels_last: bool = False
    lengths: bool = False

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

    def parts(self, n: int) -> Iterator[slice]:
        """Yield the rows of each micro-batch of n rows."""
        size = -(-n // self.micro_batches)
        for start in range(0, n, size):
            yield slice(start, min(n, start + size))


PLAIN = Execution()
