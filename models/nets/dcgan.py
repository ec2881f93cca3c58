"""Convolutional critic and generator for images, after DCGAN.

Radford et al. 2016, arXiv:1511.06434, section 3: strided convolutions down, transposed ones up, no
pooling. Two things differ. Nothing mixes the images of a batch: the critic has no normalisation
(its slope at a particle must be that particle's own), the generator normalises each image by
itself. And sizes that are no power of two are rounded up on the way down and cropped on the way up.

Shapes: images (B, C, H, W), latents (B, latent), times (B,).
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.conv import Clock, conv, group_norm, pyramid, transposed
from pushforward.models.nets.given import Balanced, GivenFeatures, loudness
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["DcganConfig", "DcganCritic", "DcganGenerator", "dcgan"]

_LEAK = 0.2
_LEAKY_GAIN = math.sqrt(2.0 / (1.0 + _LEAK**2))
_SMALLEST = 3
_WIDEST = 4
# Above this side, the first layer of a critic already halves it: most of the cost is there.
_LARGE = 16


class DcganConfig(Config, frozen=True):
    """Size of a critic or generator of images."""

    width: Annotated[
        int,
        param(
            "Channels",
            "Channels at full resolution; they double at each halving, up to four times.",
            low=1,
            high=512,
            log=True,
        ),
    ] = 32
    modulated: Annotated[
        bool,
        param(
            "Latent modulation",
            "Lets the latent of a generator scale and shift every layer, so that normalisation "
            "does not remove brightness and colour. No effect on a critic.",
            advanced=True,
        ),
    ] = False
    balanced: Balanced = False


def _channels(width: int, level: int) -> int:
    return width * min(1 << level, _WIDEST)


class DcganCritic(nn.Module):
    """(x (B, C, H, W), perhaps c (B,)) -> (B, outputs): strided convolutions, leaky ReLU, a linear
    layer.

    Args:
        config: channels.
        shape: (C, H, W) of an image.
        clock: whether it is conditioned on a flow time, which then shifts and scales every layer.
        outputs: number of outputs per image.
        generator: where the initial weights come from (a generator of the CPU).
        told: encodes the conditions, which are projected on the features (Miyato and Koyama 2018,
            arXiv:1802.05637, eq. 3, here also for numbers).
    """

    def __init__(
        self,
        config: DcganConfig,
        shape: tuple[int, int, int],
        *,
        clock: bool = False,
        outputs: int = 1,
        generator: torch.Generator,
        told: GivenFeatures | None = None,
    ) -> None:
        super().__init__()
        side, stride = (shape[1], shape[2]), 1
        if max(side) > _LARGE:
            side, stride = ((side[0] + 1) // 2, (side[1] + 1) // 2), 2
        sizes = pyramid(side, _SMALLEST)
        widths = [_channels(config.width, level) for level in range(len(sizes))]
        first = conv(
            shape[0], widths[0], 3 if stride == 1 else 5, stride=stride, generator=generator
        )
        later = [
            conv(a, b, stride=2, gain=_LEAKY_GAIN, generator=generator) for a, b in pairwise(widths)
        ]
        self.convs = nn.ModuleList([first, *later])
        h, w = sizes[-1]
        self.last = linear(widths[-1] * h * w, outputs, generator=generator)
        self.given = told
        if told is not None:
            # From zero: at first it is the same critic whatever is given.
            seen = widths[-1] * h * w
            self.weighs = linear(told.dim, seen, gain=0.0, generator=generator)
        self.clock: Clock | None = None
        if clock:
            dim = 2 * config.width
            self.clock = Clock(dim, generator=generator)
            # From zero: at first the critic is the same at all times.
            self.told = nn.ModuleList(
                [linear(dim, 2 * width, gain=0.0, generator=generator) for width in widths]
            )

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        hidden = self.clock(clock) if self.clock is not None and clock is not None else None
        for index, layer in enumerate(self.convs):
            x = layer(x)
            if hidden is not None:
                shift, scale = self.told[index](hidden)[:, :, None, None].chunk(2, dim=1)
                x = torch.addcmul(x + shift, x, scale)
            x = functional.leaky_relu(x, _LEAK)
        seen = x.flatten(1)
        out: Tensor = self.last(seen)
        if self.given is not None:
            weights = self.weighs(self.given.of(given, x))
            out = out + (weights * seen).sum(dim=1, keepdim=True) / seen.shape[1] ** 0.5
        return out


class DcganGenerator(nn.Module):
    """z (B, latent) -> (B, C, H, W): a linear layer, transposed convolutions, ReLU.

    Args:
        config: channels.
        latent: numbers of a latent.
        shape: (C, H, W) of an image.
        generator: where the initial weights come from (a generator of the CPU).
        told: encodes the conditions, which are concatenated with z (Mirza and
            Osindero 2014, arXiv:1411.1784, section 3.2).

    Modulated, the output of each normalisation is scaled and shifted by the latent and the
    conditions (self-modulation: Chen et al. 2019, arXiv:1810.01365, section 2, here by one linear
    layer each).
    """

    def __init__(
        self,
        config: DcganConfig,
        latent: int,
        shape: tuple[int, int, int],
        *,
        generator: torch.Generator,
        told: GivenFeatures | None = None,
    ) -> None:
        super().__init__()
        full = self.full = (shape[1], shape[2])
        # Of a large image the last transposed convolution makes the pixels; a small one affords a
        # convolution at its full size.
        large = max(full) > _LARGE
        sizes = pyramid(full)[::-1]
        count = len(sizes) - large
        widths = [_channels(config.width, level) for level in range(count)][::-1]
        self.start = (widths[0], *sizes[0])
        self.sizes = sizes[1:]
        self.given = told
        self.loudness = loudness(told, latent) if config.balanced else 1.0
        seen = latent + (0 if told is None else told.dim)
        self.first = linear(seen, math.prod(self.start), generator=generator)
        self.norms = nn.ModuleList([group_norm(width) for width in widths])
        styles = widths if config.modulated else []
        self.styles = nn.ModuleList(
            [linear(seen, 2 * width, generator=generator) for width in styles]
        )
        gain = math.sqrt(2.0)
        self.ups = nn.ModuleList(
            [transposed(a, b, gain=gain, generator=generator) for a, b in pairwise(widths)]
        )
        self.last = (
            transposed(widths[-1], shape[0], gain=gain, generator=generator)
            if large
            else conv(widths[-1], shape[0], gain=gain, generator=generator)
        )

    def forward(
        self,
        z: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        if self.given is not None:
            z = torch.cat([z, self.loudness * self.given.of(given, z)], dim=1)
        x = self._lit(0, self.first(z).unflatten(1, self.start), z)
        for level, (up, (h, w)) in enumerate(zip(self.ups, self.sizes, strict=False), start=1):
            x = self._lit(level, up(x)[:, :, :h, :w], z)
        h, w = self.full
        out: Tensor = self.last(x)[:, :, :h, :w]
        return out

    def _lit(self, level: int, x: Tensor, z: Tensor) -> Tensor:
        x = self.norms[level](x)
        if self.styles:
            scale, shift = self.styles[level](z)[:, :, None, None].chunk(2, dim=1)
            x = torch.addcmul(x + shift, x, scale)
        return functional.relu(x)


@network(
    "dcgan",
    title="Strided convolutions (DCGAN)",
    summary="Strided and transposed convolutions: critic, generator or encoder of images.",
    source="modulated: Chen et al. 2019, arXiv:1810.01365, section 2; Radford et al. 2016, "
    "arXiv:1511.06434, section 3",
    roles=("critic", "generator", "encoder"),
    needs=("grid",),
    config=DcganConfig,
)
def dcgan(config: DcganConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return a critic, a generator or an encoder of images."""
    channels, height, width = spec.shape
    shape = (channels, height, width)
    if role.name == "encoder":
        # It is asked what others are told.
        return DcganCritic(config, shape, outputs=role.outputs, generator=generator)
    told = GivenFeatures(spec) if spec.given else None
    if role.name == "critic":
        return DcganCritic(config, shape, clock=role.clock, generator=generator, told=told)
    return DcganGenerator(config, role.latent, shape, generator=generator, told=told)
