"""A small U-Net, conditioned on a noise level or a flow time.

Ronneberger et al. 2015, arXiv:1505.04597, with the residual blocks and the embedded time of
Ho et al. 2020, arXiv:2006.11239, appendix B, without attention: for small images on a CPU.
Every block's last convolution and the output start at zero, so that each block is the identity.

Shapes: images (B, C, H, W), levels or times (B,).
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.conv import Clock, conv, group_norm, pyramid
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.pixels import OfPixels
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["UNet", "UNetConfig", "unet"]

_SILU_GAIN = 1.68
# Up to this side a network sees every pixel by itself; above, squares of 2 x 2 at first, which
# cost a quarter.
_LARGE = 16


class UNetConfig(Config, frozen=True):
    """Size of a U-Net."""

    width: Annotated[
        int,
        param(
            "Channels",
            "Channels at full resolution, twice as many below. The cost grows quadratically.",
            low=2,
            high=512,
            log=True,
        ),
    ] = 16
    blocks: Annotated[
        int,
        param(
            "Residual blocks",
            "Residual blocks at each resolution, down and up.",
            low=1,
            high=8,
        ),
    ] = 1


class _Block(nn.Module):
    """x + f(x, time): two convolutions; the time scales and shifts between them."""

    def __init__(
        self, dim_in: int, dim_out: int, dim_time: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.norm_in = group_norm(dim_in)
        self.conv_in = conv(dim_in, dim_out, gain=_SILU_GAIN, generator=generator)
        self.told = linear(dim_time, 2 * dim_out, gain=0.0, generator=generator)
        self.norm_out = group_norm(dim_out)
        self.conv_out = conv(dim_out, dim_out, gain=0.0, generator=generator)
        self.skip = (
            nn.Identity() if dim_in == dim_out else conv(dim_in, dim_out, 1, generator=generator)
        )

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        hidden = self.conv_in(functional.silu(self.norm_in(x)))
        scale, shift = self.told(time)[:, :, None, None].chunk(2, dim=1)
        hidden = torch.addcmul(shift, self.norm_out(hidden), scale + 1.0)
        out: Tensor = self.skip(x) + self.conv_out(functional.silu(hidden))
        return out


class UNet(nn.Module):
    """(x (B, C, H, W), c (B,)) -> (B, C, H, W).

    Args:
        config: channels and blocks.
        shape: (C, H, W) of an image.
        generator: where the initial weights come from (a generator of the CPU).
        told: encodes the conditions, which are added to the embedded time.
        says: number of output channels, if it differs from the input.
    """

    def __init__(
        self,
        config: UNetConfig,
        shape: tuple[int, int, int],
        *,
        generator: torch.Generator,
        told: GivenFeatures | None = None,
        says: int | None = None,
    ) -> None:
        super().__init__()
        channels, h, w = shape
        self.patch = 2 if max(h, w) > _LARGE and h % 2 == w % 2 == 0 else 1
        dim = channels * self.patch**2
        self.sizes = pyramid((h // self.patch, w // self.patch))
        widths = [config.width * min(level + 1, 2) for level in range(len(self.sizes))]
        time = 4 * config.width
        g = generator
        self.clock = Clock(time, generator=g)
        self.first = conv(dim, widths[0], generator=g)
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            self.down.append(_stage([width] * (config.blocks + 1), time, g))
            if level + 1 < len(widths):
                self.shrink.append(conv(width, widths[level + 1], stride=2, generator=g))
        self.middle = _Block(widths[-1], widths[-1], time, generator=g)
        self.up = nn.ModuleList()
        above = widths[-1]
        for width in reversed(widths):
            self.up.append(_stage([above + width, *[width] * config.blocks], time, g))
            above = width
        self.norm = group_norm(widths[0])
        said = (channels if says is None else says) * self.patch**2
        self.last = conv(widths[0], said, gain=0.0, generator=g)
        self.told = told
        if told is not None:
            self.embed = linear(told.dim, time, generator=g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        time = self.clock(clock)
        if self.told is not None:
            time = time + self.embed(self.told.of(given, x))
        x = self.first(functional.pixel_unshuffle(x, self.patch))
        kept: list[Tensor] = []
        for level, stage in enumerate(self.down):
            if level:
                x = self.shrink[level - 1](x)
            for block in stage:  # type: ignore[attr-defined]
                x = block(x, time)
            kept.append(x)
        x = self.middle(x, time)
        for stage in self.up:
            skip = kept.pop()
            if x.shape[-2:] != skip.shape[-2:]:
                x = functional.interpolate(x, size=skip.shape[-2:], mode="nearest")
            x = torch.cat([x, skip], dim=1)
            for block in stage:  # type: ignore[attr-defined]
                x = block(x, time)
        out: Tensor = self.last(functional.silu(self.norm(x)))
        return functional.pixel_shuffle(out, self.patch)


def _stage(widths: list[int], time: int, generator: torch.Generator) -> nn.ModuleList:
    """Return blocks that go from width to width."""
    return nn.ModuleList([_Block(a, b, time, generator=generator) for a, b in pairwise(widths)])


@network(
    "unet",
    title="U-Net",
    summary="A convolutional encoder–decoder with skip connections, conditioned on the noise "
    "level: a denoiser, or a classifier of each pixel's level.",
    source="Ronneberger et al. 2015, arXiv:1505.04597; Ho et al. 2020, arXiv:2006.11239, "
    "appendix B",
    roles=("denoiser", "predictor"),
    needs=("grid",),
    config=UNetConfig,
)
def unet(config: UNetConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return a denoiser of images, or a predictor of their pixels."""
    channels, height, width = spec.shape
    told = GivenFeatures(spec) if spec.given else None
    if role.name == "denoiser":
        return UNet(config, (channels, height, width), generator=generator, told=told)
    read = (channels * max(1, role.inputs), height, width)
    says = channels * role.outputs
    return OfPixels(UNet(config, read, generator=generator, told=told, says=says), channels)
