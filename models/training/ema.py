"""Exponential moving average of the weights of a network."""

import copy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

__all__ = ["Ema"]

M = TypeVar("M", bound=nn.Module)


class Ema(Generic[M]):
    """Averaged weights w <- w + (1 - decay_n) (theta - w), kept in a frozen copy of a network.

    decay_n = min(decay, (1 + n) / (10 + n)) after n updates, so that the random initial weights
    are forgotten early. A decay of 0 follows the network exactly.

    Attributes:
        module: the copy that carries the averaged weights, in evaluation mode, without gradients.
        count: how many updates there have been.
    """

    def __init__(self, source: M, decay: float) -> None:
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"decay must be in [0, 1), got {decay:g}")
        self.decay = decay
        self.count = 0
        self.module: M = copy.deepcopy(source).requires_grad_(False).eval()
        self._theta: list[Tensor] = list(source.parameters())
        self._mean: list[Tensor] = list(self.module.parameters())
        # Buffers that are not saved are constants.
        saved = source.state_dict().keys()
        buffers = [name for name, _ in source.named_buffers() if name in saved]
        self._buffers = [(self.module.get_buffer(b), source.get_buffer(b)) for b in buffers]

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the current weights; buffers are copied."""
        self.count += 1
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        # One call for all tensors: a loop over them costs more than the arithmetic.
        torch._foreach_lerp_(self._mean, self._theta, 1.0 - decay)
        for mean, buffer in self._buffers:
            mean.copy_(buffer)
