"""Discriminator and generator of spectral-spatial windows, of four types of layers: spectral and
spatial convolutions down, spatial and spectral transposed convolutions up.

After Zhong et al. 2020, doi:10.1109/TCYB.2019.2915094, which gives the four types of layers but not
the sizes; these are our own. The small preset sees all channels of a pixel at once (spectral layers
of 1 x 1 pixel); with spectral kernels the bands are convolved, as in SSRN (Zhong et al. 2018,
doi:10.1109/TGRS.2017.2755542: kernels of 7 bands with a stride of 2, 24 of them).

Shapes: windows (B, channels, side, side), latents (B, latent).
"""

import math
from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.nets.spectra.normed import NormedConv, NormedTransposed
from pushforward.models.registry import network

__all__ = ["PatchConfig", "PatchDiscriminator", "PatchGenerator", "patch_network"]

_BANDS, _STRIDE = 7, 2  # of a spectral kernel
_LEAK = 0.2
_GAIN = math.sqrt(2.0 / (1.0 + _LEAK**2))
_SMALLEST = 7  # side of a window in which two spatial layers fit without padding


class PatchConfig(Config, frozen=True):
    """Size of a discriminator or generator of windows."""

    width: Annotated[
        int,
        param(
            "Channels",
            "Channels of the spatial layers. 32 trains in seconds on a CPU; published networks "
            "have about 128.",
            low=4,
            high=512,
            log=True,
        ),
    ] = 32
    spectral: Annotated[
        int,
        param(
            "Spectral kernels",
            "Number of kernels of 7 bands along the spectrum; published networks have 24. 0: "
            "layers that see all channels of a pixel, as is right for principal components.",
            low=0,
            high=128,
            zero="all channels at once",
        ),
    ] = 0


def _act(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, _LEAK)


class _Spectral(nn.Module):
    """Two layers along the spectrum of each pixel: (B, channels, H, W) -> (B, width, H, W)."""

    def __init__(self, config: PatchConfig, channels: int, g: torch.Generator) -> None:
        super().__init__()
        k, width = config.spectral, config.width
        self._kernels = k if channels >= _BANDS else 0
        if self._kernels:
            size, step, pad = (_BANDS, 1), (_STRIDE, 1), (_BANDS // 2, 0)
            self.first = NormedConv(1, k, size, stride=step, padding=pad, gain=_GAIN, generator=g)
            left = -(-channels // _STRIDE)
        else:
            self.first = NormedConv(channels, width, (1, 1), gain=_GAIN, generator=g)
            k, left = width, 1
        self.second = NormedConv(k * left, width, (1, 1), gain=_GAIN, generator=g)

    def forward(self, x: Tensor) -> Tensor:
        if self._kernels:
            along = _act(self.first(x.flatten(2)[:, None]))
            h = along.reshape(len(x), -1, *x.shape[2:])
        else:
            h = _act(self.first(x))
        return _act(self.second(h))


class PatchDiscriminator(nn.Module):
    """Windows (B, channels, side, side) -> (B, outputs): two spectral layers, a spatial one with
    stride 2, another one, the mean over what is left, a linear layer.

    Args:
        config: its size.
        channels: of a pixel.
        side: of a window.
        outputs: values per window.
        generator: of the initial weights (a generator of the CPU).
    """

    def __init__(
        self,
        config: PatchConfig,
        channels: int,
        side: int,
        outputs: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        width, self._side = config.width, side
        self._padding = 0 if side >= _SMALLEST else 1
        pad = (self._padding, self._padding)
        self.spectral = _Spectral(config, channels, generator)
        self.down = NormedConv(
            width, width, (3, 3), stride=(2, 2), padding=pad, gain=_GAIN, generator=generator
        )
        self.spatial = NormedConv(
            width, width, (3, 3), padding=pad, gain=_GAIN, generator=generator
        )
        self.last = linear(width, outputs, generator=generator)

    def features(self, x: Tensor) -> Tensor:
        """Return what the last layer sees, (B, width)."""
        h = _act(self.spatial(_act(self.down(self.spectral(x)))))
        return h.mean(dim=(2, 3))

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        out: Tensor = self.last(self.features(x))
        return out

    def dense(self, padded: Tensor) -> Tensor | None:
        """Return (outputs, H, W) of a scene (channels, H + side - 1, W + side - 1): as window by
        window, where the stride becomes a dilation. None where windows are padded inside.
        """
        if self._padding:
            return None
        h = self.spectral(padded[None])
        h = _act(self.down.dense(h, 1))
        h = _act(self.spatial.dense(h, 2))
        left = ((self._side - 3) // 2 + 1) - 2  # side of the map that is averaged, in pixels
        taps = h.new_full((h.shape[1], 1, left, left), 1.0 / left**2)
        h = functional.conv2d(h, taps, dilation=2, groups=h.shape[1])
        height, width = (n - self._side + 1 for n in padded.shape[1:])
        h = h[0, :, :height, :width]
        out: Tensor = self.last(h.movedim(0, 2)).movedim(2, 0)
        return out


class PatchGenerator(nn.Module):
    """Latents (B, latent) -> windows (B, channels, side, side): a linear layer, two spatial
    transposed convolutions, two spectral ones. Values are unbounded, as standardised ones are.

    Args:
        config: its size.
        channels: of a pixel.
        side: of a window.
        latent: numbers of a latent.
        generator: of the initial weights (a generator of the CPU).
    """

    def __init__(
        self,
        config: PatchConfig,
        channels: int,
        side: int,
        latent: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, width = generator, config.width
        self._side, self._channels, self._width = side, channels, width
        self._start = max(1, (side - 3) // 2)
        self._kernels = config.spectral if channels >= _BANDS else 0
        self.first = linear(latent, width * self._start**2, generator=g)
        self.spatial = NormedTransposed(width, width, (3, 3), gain=_GAIN, generator=g)
        self.up = NormedTransposed(width, width, (3, 3), stride=(2, 2), gain=_GAIN, generator=g)
        if self._kernels:
            k, self._left = config.spectral, -(-channels // _STRIDE)
            self.joined = NormedTransposed(width, k * self._left, (1, 1), gain=_GAIN, generator=g)
            size, step = (_BANDS, 1), (_STRIDE, 1)
            self.last = NormedTransposed(k, 1, size, stride=step, generator=g)
        else:
            self.joined = NormedTransposed(width, width, (1, 1), gain=_GAIN, generator=g)
            self.last = NormedTransposed(width, channels, (1, 1), generator=g)

    def forward(self, z: Tensor) -> Tensor:
        h = _act(self.first(z)).reshape(len(z), self._width, self._start, self._start)
        h = _act(self.up(_act(self.spatial(h))))
        h = _act(self.joined(h[..., : self._side, : self._side]))
        if not self._kernels:
            out: Tensor = self.last(h)
            return out
        along = h.reshape(len(z), self._kernels, self._left, -1)
        out = self.last(along)[:, 0, : self._channels]
        return out.reshape(len(z), self._channels, self._side, self._side)


@network(
    "patch-discriminator",
    title="Patch discriminator",
    summary="Spectral, then spatial convolutions with weight normalisation, which can go over a "
    "whole scene at once.",
    source="after Zhong et al. 2020, doi:10.1109/TCYB.2019.2915094; weight normalisation: Salimans "
    "and Kingma 2016, arXiv:1602.07868",
    roles=("encoder",),
    needs=("patches",),
    config=PatchConfig,
)
def patch_network(
    config: PatchConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return an encoder of windows."""
    return PatchDiscriminator(
        config, spec.shape[0], spec.shape[1], role.outputs, generator=generator
    )
