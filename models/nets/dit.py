"""A transformer over patches of an image, conditioned on a noise level or a flow time.

Peebles and Xie 2023, arXiv:2212.09748, with adaLN-Zero (section 3.2): an image is cut into squares,
each becomes a token at a place that its sines and cosines say, and the update of each block is
scaled, shifted and gated by the conditions. All gates begin at zero, so that each block is the
identity at first, and so does what is said of each patch in the end.

| as in | width | layers | heads | patch | weights |
|---|---|---|---|---|---|
| DiT-S | 384 | 12 | 6 | 2, 4 or 8 | 33 M |
| on a CPU | 64 | 4 | 4 | 2 | 0.4 M |

Shapes: images (B, C, H, W), levels or times (B,).
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.conv import Clock
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.nets.sets.layers import attend, needs_written_attention
from pushforward.models.registry import network

__all__ = ["DiT", "DiTConfig", "dit", "places"]

_SILU_GAIN = 1.68
_LONGEST = 10_000.0  # of the periods of places, in patches


class DiTConfig(Config, frozen=True):
    """Size of a transformer over patches."""

    width: Annotated[
        int,
        param(
            "Width",
            "Channels per patch; a multiple of 4 and of the heads.",
            low=8,
            high=1152,
            log=True,
        ),
    ] = 64
    layers: Annotated[int, param("Layers", "Number of transformer blocks.", low=1, high=28)] = 4
    heads: Annotated[
        int,
        param("Heads", "Number of attention heads; must divide the width.", low=1, high=32),
    ] = 4
    patch: Annotated[
        int,
        param(
            "Patch size",
            "Side of the patches. Half of it gives four times as many tokens, at quadratic "
            "cost. Images that it does not divide are padded.",
            low=1,
            high=16,
        ),
    ] = 2


def places(rows: int, columns: int, width: int) -> Tensor:
    """Return where each patch of a grid is, (rows * columns, width): sines and cosines of its row
    in the first half and of its column in the other, with periods from 2 pi to 10,000 times that
    (Vaswani et al. 2017, arXiv:1706.03762, section 3.5, along each axis).
    """
    quarter = width // 4
    frequency = _LONGEST ** (-torch.arange(quarter, dtype=torch.float64) / quarter)

    def along(n: int) -> Tensor:
        angle = torch.arange(n, dtype=torch.float64)[:, None] * frequency
        return torch.cat([angle.sin(), angle.cos()], dim=1)

    down = along(rows)[:, None].expand(-1, columns, -1)
    across = along(columns)[None].expand(rows, -1, -1)
    return torch.cat([down, across], dim=2).flatten(0, 1).float()


class _Block(nn.Module):
    """h + gate * f(scale * norm(h) + shift), with attention for f, then with a feed-forward."""

    def __init__(self, width: int, heads: int, *, generator: torch.Generator) -> None:
        super().__init__()
        g = generator
        self.heads = heads
        # Scales and shifts come from what it is told, and not from the norm itself.
        self.norm_in = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.norm_out = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.mixed = linear(width, 3 * width, generator=g)
        self.out = linear(width, width, generator=g)
        self.first = linear(width, 4 * width, generator=g)
        self.second = linear(4 * width, width, gain=_SILU_GAIN, generator=g)
        self.told = linear(width, 6 * width, gain=0.0, generator=g)

    def forward(self, h: Tensor, context: Tensor, written: bool) -> Tensor:
        parts = self.told(context)[:, None].chunk(6, dim=2)
        shift, scale, gate, shift_fed, scale_fed, gate_fed = parts
        q, k, v = self.mixed(torch.addcmul(shift, self.norm_in(h), scale + 1.0)).chunk(3, dim=2)
        h = torch.addcmul(h, gate, self.out(attend(q, k, v, self.heads, None, written)))
        fed = torch.addcmul(shift_fed, self.norm_out(h), scale_fed + 1.0)
        fed = self.second(functional.gelu(self.first(fed), approximate="tanh"))
        return torch.addcmul(h, gate_fed, fed)


class DiT(nn.Module):
    """(x (B, C, H, W), c (B,)) -> (B, C, H, W).

    Args:
        config: its size.
        shape: (C, H, W) of an image.
        generator: where the initial weights come from (a generator of the CPU).
        told: encodes the conditions, which are added to the embedded time.
    """

    where: Tensor

    def __init__(
        self,
        config: DiTConfig,
        shape: tuple[int, int, int],
        *,
        generator: torch.Generator,
        told: GivenFeatures | None = None,
    ) -> None:
        super().__init__()
        channels, height, width = shape
        g, self.patch = generator, config.patch
        self.grid = (-(-height // self.patch), -(-width // self.patch))
        dim = channels * self.patch**2
        self.first = linear(dim, config.width, generator=g)
        self.register_buffer("where", places(*self.grid, config.width), persistent=False)
        self.clock = Clock(config.width, generator=g)
        self.told = told
        if told is not None:
            self.embed = linear(told.dim, config.width, generator=g)
        self.blocks = nn.ModuleList(
            [_Block(config.width, config.heads, generator=g) for _ in range(config.layers)]
        )
        self.norm = nn.LayerNorm(config.width, eps=1e-6, elementwise_affine=False)
        self.shown = linear(config.width, 2 * config.width, gain=0.0, generator=g)
        self.last = linear(config.width, dim, gain=0.0, generator=g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        height, width = x.shape[-2:]
        context = self.clock(clock)
        if self.told is not None:
            context = functional.silu(context + self.embed(self.told.of(given, x)))
        h = self.first(self._tokens(x)) + self.where
        written = needs_written_attention(x)
        for block in self.blocks:
            h = block(h, context, written)
        shift, scale = self.shown(context)[:, None].chunk(2, dim=2)
        h = torch.addcmul(shift, self.norm(h), scale + 1.0)
        return self._image(self.last(h))[..., :height, :width]

    def _tokens(self, x: Tensor) -> Tensor:
        """Return patches as tokens (B, T, C p^2), row by row; a border is filled up with zeros."""
        height, width = x.shape[-2:]
        rows, columns = self.grid
        filled = (0, columns * self.patch - width, 0, rows * self.patch - height)
        x = functional.pad(x, filled) if any(filled) else x
        return functional.pixel_unshuffle(x, self.patch).flatten(2).mT

    def _image(self, tokens: Tensor) -> Tensor:
        return functional.pixel_shuffle(tokens.mT.reshape(len(tokens), -1, *self.grid), self.patch)


@network(
    "dit",
    title="DiT",
    summary="A transformer over patches of an image with adaptive layer norm: a denoiser.",
    source="Peebles and Xie 2023, arXiv:2212.09748, section 3.2 (adaLN-Zero)",
    roles=("denoiser",),
    needs=("grid",),
    config=DiTConfig,
)
def dit(config: DiTConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return a denoiser of images.

    Raises:
        ConfigError: the width is no multiple of 4 or of the heads.
    """
    if config.width % config.heads:
        raise ConfigError("heads", f"must divide the width, {config.width}; got {config.heads}")
    if config.width % 4:
        raise ConfigError("width", f"must be a multiple of 4, got {config.width}")
    channels, height, width = spec.shape
    told = GivenFeatures(spec) if spec.given else None
    return DiT(config, (channels, height, width), generator=generator, told=told)
