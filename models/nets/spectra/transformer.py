"""A small transformer along the spectrum of a window, for classification.

After Hong et al. 2022, doi:10.1109/TGRS.2021.3130716 (SpectralFormer): groups of neighbouring bands
of the whole window are tokens, so that attention joins distant parts of the spectrum; a class token
gathers them (Dosovitskiy et al. 2021, arXiv:2010.11929). Sizes are our own.

Shapes: windows (B, channels, side, side), channels the bands or their principal components.
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["SpectralTransformer", "SpectralTransformerConfig", "spectral_transformer"]

_GAIN = 1.53  # of GELU


class SpectralTransformerConfig(Config, frozen=True):
    """Size of a spectral transformer."""

    width: Annotated[
        int,
        param("Width", "Numbers of a token; divisible by the heads.", low=4, high=512, log=True),
    ] = 32
    layers: Annotated[int, param("Layers", "Number of transformer layers.", low=1, high=12)] = 2
    heads: Annotated[int, param("Heads", "Attention heads of each layer.", low=1, high=16)] = 4
    group: Annotated[
        int,
        param(
            "Bands of a token",
            "Neighbouring bands that make one token. 1 with principal components, 5 to 10 with "
            "all bands.",
            low=1,
            high=64,
        ),
    ] = 1


class _Layer(nn.Module):
    """Attention, then a layer of twice the width; each normalised before, and added."""

    def __init__(self, width: int, heads: int, g: torch.Generator) -> None:
        super().__init__()
        self._heads = heads
        self.before = nn.LayerNorm(width)
        self.qkv = linear(width, 3 * width, generator=g)
        self.joined = linear(width, width, gain=0.5, generator=g)
        self.between = nn.LayerNorm(width)
        self.up = linear(width, 2 * width, generator=g)
        self.down = linear(2 * width, width, gain=0.5 * _GAIN, generator=g)

    def forward(self, x: Tensor) -> Tensor:
        b, n, width = x.shape
        q, k, v = (
            part.reshape(b, n, self._heads, -1).transpose(1, 2)
            for part in self.qkv(self.before(x)).chunk(3, dim=-1)
        )
        seen = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.joined(seen.transpose(1, 2).reshape(b, n, width))
        out: Tensor = x + self.down(functional.gelu(self.up(self.between(x))))
        return out


class SpectralTransformer(nn.Module):
    """Windows (B, channels, side, side) -> (B, outputs).

    Args:
        config: its size.
        channels: of a pixel.
        side: of a window.
        outputs: values per window.
        generator: of the initial weights (a generator of the CPU).

    Raises:
        ValueError: the heads do not divide the width.
    """

    def __init__(
        self,
        config: SpectralTransformerConfig,
        channels: int,
        side: int,
        outputs: int,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        width, g = config.width, generator
        if width % config.heads:
            raise ValueError(f"width {width} is not divisible by {config.heads} heads")
        self._group = min(config.group, channels)
        tokens = -(-channels // self._group)
        self.token = linear(self._group * side * side, width, generator=g)
        # Where a band lies is what it means: places as long as what is seen there.
        self.place = nn.Parameter(torch.randn((tokens, width), generator=g))
        self.summary = nn.Parameter(torch.randn((1, 1, width), generator=g))
        self.layers = nn.ModuleList(_Layer(width, config.heads, g) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.last = linear(width, outputs, generator=g)

    def features(self, x: Tensor) -> Tensor:
        """Return what the last layer sees, (B, width)."""
        h = x.flatten(2)
        h = functional.pad(h, (0, 0, 0, -h.shape[1] % self._group))
        h = self.token(h.reshape(len(x), -1, self._group * h.shape[2])) + self.place
        h = torch.cat([self.summary.expand(len(x), -1, -1), h], dim=1)
        for layer in self.layers:
            h = layer(h)
        out: Tensor = self.norm(h[:, 0])
        return out

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        out: Tensor = self.last(self.features(x))
        return out


@network(
    "spectral-transformer",
    title="Spectral transformer",
    summary="Groups of bands of a window are tokens; attention joins distant parts of a spectrum.",
    source="after Hong et al. 2022, doi:10.1109/TGRS.2021.3130716 (SpectralFormer)",
    roles=("encoder",),
    needs=("patches",),
    config=SpectralTransformerConfig,
)
def spectral_transformer(
    config: SpectralTransformerConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return an encoder of windows."""
    channels, side = spec.shape[0], spec.shape[1]
    return SpectralTransformer(config, channels, side, role.outputs, generator=generator)
