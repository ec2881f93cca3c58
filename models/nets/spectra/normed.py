"""Convolutions with weight normalisation: w = g v / |v| (Salimans and Kingma 2016,
arXiv:1602.07868, eq. 2). No layer mixes the rows of a batch, so that labelled, unlabelled and
generated rows may go through together or apart.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["NormedConv", "NormedLinear", "NormedTransposed"]

_STD = 0.05


class _Normed(nn.Module):
    """Directions, gains and biases; ``axis`` is that of the outputs in the weight."""

    def __init__(
        self, shape: tuple[int, ...], axis: int, gain: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        self._axes = [i for i in range(len(shape)) if i != axis]
        # Views of the outputs along their axis.
        ones = [shape[axis] if i == axis else 1 for i in range(len(shape))]
        # As long as a usual weight: Adam turns a longer direction more slowly.
        self.direction = nn.Parameter(_STD * torch.randn(shape, generator=generator))
        self.gain = nn.Parameter(torch.full(ones, gain))
        self.bias = nn.Parameter(torch.zeros(shape[axis]))

    @property
    def weight(self) -> Tensor:
        """The weight, each output of norm |g|."""
        v = self.direction
        norm = v.square().sum(dim=self._axes, keepdim=True).sqrt()
        return self.gain * v / norm.clamp_min(1e-12)


class NormedConv(_Normed):
    """A convolution without padding unless it is given, kernel (height, width)."""

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        gain: float = 1.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__((dim_out, dim_in, *kernel), 0, gain, generator)
        self.stride, self.padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(
            x, self.weight, self.bias, stride=self.stride, padding=self.padding
        )

    def dense(self, x: Tensor, dilation: int) -> Tensor:
        """Return the outputs at every pixel: stride 1, the kernel dilated by a number of pixels."""
        return functional.conv2d(x, self.weight, self.bias, dilation=dilation)


class NormedTransposed(_Normed):
    """A transposed convolution, kernel (height, width)."""

    def __init__(
        self,
        dim_in: int,
        dim_out: int,
        kernel: tuple[int, int],
        *,
        stride: tuple[int, int] = (1, 1),
        gain: float = 1.0,
        generator: torch.Generator,
    ) -> None:
        super().__init__((dim_in, dim_out, *kernel), 1, gain, generator)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv_transpose2d(x, self.weight, self.bias, stride=self.stride)


class NormedLinear(_Normed):
    """A linear layer."""

    def __init__(
        self, dim_in: int, dim_out: int, *, gain: float = 1.0, generator: torch.Generator
    ) -> None:
        super().__init__((dim_out, dim_in), 0, gain, generator)

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias)
