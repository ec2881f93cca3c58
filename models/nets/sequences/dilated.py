"""A stack of dilated convolutions along the time, each place seen from both sides.

After DiffWave (Kong et al. 2021, arXiv:2009.09761, section 3 and appendix A): residual blocks of a
convolution of 3 taps whose dilation doubles from block to block, a gate tanh(a) sigmoid(b), a
residual and a skip output, and the noise level added to what each block reads. Conditions of a row
as a whole are added to the level; conditions of each of its numbers (which are observed, and their
values) are additional channels, as CSDI does (Tashiro et al. 2021, arXiv:2107.03502, section 4.3).

Shapes: x (B, L, C); clock (B,); said (B, L, C).
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.blank import blank
from pushforward.models.nets.conv import Clock
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["DilatedConv", "DilatedConvConfig", "dilated_conv"]

_TAPS = 3
_CLOCK = 64  # features of the noise level


class DilatedConvConfig(Config, frozen=True):
    """Size of a stack of dilated convolutions."""

    width: Annotated[
        int, param("Channels", "Channels of each block.", low=4, high=512, log=True)
    ] = 32
    layers: Annotated[
        int,
        param(
            "Residual blocks",
            "Number of residual blocks. Each has twice the reach of the one before, up to the "
            "maximum.",
            low=1,
            high=60,
        ),
    ] = 6
    cycle: Annotated[
        int,
        param(
            "Dilation cycle",
            "Number of blocks after which the dilation restarts at 1; 8 gives 1, 2, 4, … 128.",
            low=1,
            high=12,
        ),
    ] = 8


def _taps(dim_in: int, dim_out: int, size: int, dilation: int, g: torch.Generator) -> nn.Conv1d:
    """Return a convolution along the time, weights uniform with variance 1 / fan-in."""
    padding = dilation * (size // 2)
    layer = blank(nn.Conv1d, dim_in, dim_out, size, dilation=dilation, padding=padding)
    bound = math.sqrt(3.0 / (dim_in * size))
    with torch.no_grad():
        layer.weight.uniform_(-1.0, 1.0, generator=g).mul_(bound)
        assert layer.bias is not None
        layer.bias.zero_()
    return layer


class _Block(nn.Module):
    """One residual block: h -> (h', skip)."""

    def __init__(self, width: int, dilation: int, generator: torch.Generator) -> None:
        super().__init__()
        self.told = linear(_CLOCK, width, generator=generator)
        self.mixed = _taps(width, 2 * width, _TAPS, dilation, generator)
        self.out = _taps(width, 2 * width, 1, 1, generator)

    def forward(self, h: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.mixed(h + self.told(told)[..., None]).chunk(2, dim=1)
        onward, skip = self.out(a.tanh() * b.sigmoid()).chunk(2, dim=1)
        return (h + onward) * 0.5**0.5, skip


class DilatedConv(nn.Module):
    """(x (B, L, C), clock (B,)) -> (B, L, C).

    Args:
        config: its size.
        spec: of the data.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self, config: DilatedConvConfig, spec: DataSpec, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        g, width, channels = generator, config.width, spec.shape[1]
        # What is said of each number is read where the number stands.
        self._along = tuple(n for n, known in spec.given.items() if known.shape == spec.shape)
        whole = {n: known for n, known in spec.given.items() if n not in self._along}
        self.told = GivenFeatures(replace(spec, given=whole)) if whole else None
        self.context = linear(self.told.dim, _CLOCK, generator=g) if self.told else None
        self.clock = Clock(_CLOCK, generator=g)
        self.first = _taps(channels * (1 + len(self._along)), width, 1, 1, g)
        longest = max(1, (spec.shape[0] - 1).bit_length())
        dilations = [2 ** (i % min(config.cycle, longest)) for i in range(config.layers)]
        self.blocks = nn.ModuleList([_Block(width, each, g) for each in dilations])
        self.second = _taps(width, width, 1, 1, g)
        self.last = _taps(width, channels, 1, 1, g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        known = given or {}
        seen = [x, *(known[name].to(x) for name in self._along)]
        h = functional.relu(self.first(torch.cat(seen, dim=2).mT))
        told = self.clock(x.new_zeros(len(x)) if clock is None else clock)
        if self.told is not None and self.context is not None:
            told = functional.silu(told + self.context(self.told.of(given, x)))
        skips = torch.zeros_like(h)
        for block in self.blocks:
            h, skip = block(h, told)
            skips = skips + skip
        out = self.last(functional.relu(self.second(skips * len(self.blocks) ** -0.5)))
        said: Tensor = out.mT
        return said


@network(
    "dilated-conv",
    title="Dilated convolutions",
    summary="Residual blocks of dilated convolutions along time, each with twice the reach of "
    "the one before: for series and sounds.",
    source="Kong et al. 2021, arXiv:2009.09761 (DiffWave), section 3; van den Oord et al. 2016, "
    "arXiv:1609.03499, eq. 2 (the gate)",
    roles=("denoiser",),
    needs=("continuous", "whole", "sequence"),
    config=DilatedConvConfig,
)
def dilated_conv(
    config: DilatedConvConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a denoiser of series."""
    return DilatedConv(config, spec, generator=generator)
