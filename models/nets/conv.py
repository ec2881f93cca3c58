"""What convolutional networks share: layers with weights from a passed generator, sizes.

Shapes: x (B, C, H, W). Weights are scaled as those of `models.nets.mlp.linear`, and no layer mixes
images of a batch: batch normalisation would make the slope of a critic at one particle depend on
all others.
"""

import math

import torch
from torch import Tensor, nn

from pushforward.models.nets.blank import blank
from pushforward.models.nets.mlp import FourierFeatures, linear

__all__ = ["Clock", "conv", "group_norm", "pyramid", "transposed"]


def _fill(
    layer: nn.Conv2d | nn.ConvTranspose2d, fan_in: float, gain: float, generator: torch.Generator
) -> None:
    with torch.no_grad():
        layer.weight.uniform_(-1.0, 1.0, generator=generator).mul_(gain * math.sqrt(3.0 / fan_in))
        if layer.bias is not None:
            layer.bias.zero_()


def conv(
    dim_in: int,
    dim_out: int,
    size: int = 3,
    *,
    stride: int = 1,
    gain: float = 1.0,
    generator: torch.Generator,
) -> nn.Conv2d:
    """Return a convolution, weights uniform with variance gain^2 / fan-in, biases zero.

    Padded so that a side h becomes ceil(h / stride); ``size`` is odd.
    """
    layer = blank(nn.Conv2d, dim_in, dim_out, size, stride=stride, padding=size // 2)
    _fill(layer, dim_in * size**2, gain, generator)
    return layer


def transposed(
    dim_in: int, dim_out: int, *, gain: float = 1.0, generator: torch.Generator
) -> nn.ConvTranspose2d:
    """Return a transposed convolution that doubles a side: 4 x 4, stride 2, as in DCGAN."""
    layer = blank(nn.ConvTranspose2d, dim_in, dim_out, 4, stride=2, padding=1)
    # A pixel of the output sees 2 x 2 of the 4 x 4 taps.
    _fill(layer, dim_in * 4, gain, generator)
    return layer


def group_norm(channels: int) -> nn.GroupNorm:
    """Return a normalisation over groups of channels of each image by itself."""
    return nn.GroupNorm(math.gcd(channels, 8), channels)


def pyramid(side: tuple[int, int], smallest: int = 4) -> list[tuple[int, int]]:
    """Return the sizes (H, W) of a pyramid: each half of the one before, rounded up, until neither
    side is longer than ``smallest``.
    """
    found = [side]
    while max(found[-1]) > smallest:
        h, w = found[-1]
        found.append(((h + 1) // 2, (w + 1) // 2))
    return found


class Clock(nn.Module):
    """c (B,) -> (B, dim): a flow time or noise level, as features that a layer can use."""

    def __init__(self, dim: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.features = FourierFeatures()
        self.first = linear(self.features.dim_out, dim, generator=generator)
        self.second = linear(dim, dim, gain=1.68, generator=generator)

    def forward(self, c: Tensor) -> Tensor:
        hidden = nn.functional.silu(self.first(self.features(c)))
        out: Tensor = nn.functional.silu(self.second(hidden))
        return out
