"""Convolutions along the spectrum, then across the pixels of a window: what is there in the middle.

After the spectral-spatial residual network of Zhong et al. 2018, doi:10.1109/TGRS.2017.2755542
(SSRN): kernels of 7 bands with a stride of 2 that see one pixel each, one kernel over all that is
left of the spectrum, and kernels of 3 x 3 pixels; smaller, for few labels, and normalised window by
window, so that none looks at the others of its batch.

Shapes: x (B, channels, side, side), channels the bands or their principal components.
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.blank import blank
from pushforward.models.nets.conv import conv
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["SpectralSpatial", "SpectralSpatialConfig", "spectral_spatial"]

_BANDS = 7  # of a kernel
_GAIN = 1.68  # of SiLU


class SpectralSpatialConfig(Config, frozen=True):
    """Size of a spectral-spatial network."""

    spectral: Annotated[
        int,
        param(
            "Spectral kernels", "Number of convolution kernels along the spectrum.", low=2, high=128
        ),
    ] = 8
    width: Annotated[
        int,
        param(
            "Channels",
            "Channels of the spatial layers. The cost grows quadratically.",
            low=4,
            high=512,
            log=True,
        ),
    ] = 32
    blocks: Annotated[
        int, param("Residual blocks", "Residual blocks of each type.", low=1, high=8)
    ] = 1


def _along(dim_in: int, dim_out: int, stride: int, gain: float, g: torch.Generator) -> nn.Conv2d:
    """Return a convolution of 7 bands and one pixel, its weights as those of `conv`: spectra lie
    along the height, and the pixels of a window side by side.
    """
    layer = blank(
        nn.Conv2d, dim_in, dim_out, (_BANDS, 1), stride=(stride, 1), padding=(_BANDS // 2, 0)
    )
    bound = gain * (3.0 / (dim_in * _BANDS)) ** 0.5
    with torch.no_grad():
        layer.weight.uniform_(-1.0, 1.0, generator=g).mul_(bound)
        assert layer.bias is not None
        layer.bias.zero_()
    return layer


def _norm(channels: int) -> nn.GroupNorm:
    """Return a normalisation over all channels of a window together: with groups of few channels
    the mean of each over the window would be lost, and in a field it is what tells the class.
    """
    return nn.GroupNorm(1, channels)


class _Block(nn.Module):
    """x + f(x), which is x at first."""

    def __init__(self, norms: list[nn.Module], layers: list[nn.Module]) -> None:
        super().__init__()
        self.norms = nn.ModuleList(norms)
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for norm, layer in zip(self.norms, self.layers, strict=True):
            h = layer(functional.silu(norm(h)))
        return x + h


class SpectralSpatial(nn.Module):
    """Windows (B, channels, side, side) -> (B, outputs).

    Args:
        config: its size.
        channels: of a pixel.
        outputs: numbers that it says.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        config: SpectralSpatialConfig,
        channels: int,
        outputs: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, k, width = generator, config.spectral, config.width
        self.first = _along(1, k, 2, 1.0, g)
        self.spectral = nn.Sequential(
            *(
                _Block(
                    [_norm(k), _norm(k)],
                    [_along(k, k, 1, _GAIN, g), _along(k, k, 1, 0.0, g)],
                )
                for _ in range(config.blocks)
            )
        )
        left = (channels + 1) // 2
        self.joined = conv(k * left, width, 1, gain=_GAIN, generator=g)
        self.spatial = nn.Sequential(
            *(
                _Block(
                    [_norm(width), _norm(width)],
                    [
                        conv(width, width, gain=_GAIN, generator=g),
                        conv(width, width, gain=0.0, generator=g),
                    ],
                )
                for _ in range(config.blocks)
            )
        )
        self.norm = _norm(width)
        self.last = linear(2 * width, outputs, generator=g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        h = self.spectral(self.first(x.flatten(2)[:, None]))
        h = functional.silu(h).reshape(len(x), -1, *x.shape[2:])
        h = self.joined(h)
        h = functional.silu(self.norm(self.spatial(h)))
        middle = h[..., h.shape[2] // 2, h.shape[3] // 2]
        # The pixel itself, beside what is around it.
        said: Tensor = self.last(torch.cat([middle, h.mean(dim=(2, 3))], dim=1))
        return said


@network(
    "spectral-spatial",
    title="Spectral, then spatial",
    summary="Convolutions along the spectrum of each pixel, then across the pixels of a window.",
    source="after Zhong et al. 2018, doi:10.1109/TGRS.2017.2755542 (SSRN)",
    roles=("encoder",),
    needs=("patches",),
    config=SpectralSpatialConfig,
)
def spectral_spatial(
    config: SpectralSpatialConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return an encoder of windows."""
    return SpectralSpatial(config, spec.shape[0], role.outputs, generator=generator)
