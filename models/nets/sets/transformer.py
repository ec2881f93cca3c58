"""A transformer for clouds of constituents: whatever their order, whatever their number.

Vaswani et al. 2017, arXiv:1706.03762, without positions, with normalisation before each block
(Xiong et al. 2020, arXiv:2002.04745) and context in every feed-forward block, as in Leigh et al.
2023, arXiv:2307.06836 (PC-Droid, transformer encoder). A padded place is seen by nobody.

Shapes: x (B, N, features), latents (B, latent), clock (B,), mask (B, N).
"""

import math
from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.config import Config, ConfigError, param
from models.contracts.spec import DataSpec
from models.nets.given import GivenFeatures
from models.nets.mlp import FourierFeatures, linear
from models.nets.role import Role
from models.registry import network

__all__ = ["SetTransformer", "SetTransformerConfig", "set_transformer"]

_NOWHERE = -1e9  # instead of minus infinity, whose softmax over nothing is not a number


class SetTransformerConfig(Config, frozen=True):
    """Size of a transformer for sets."""

    width: Annotated[
        int,
        param("Width", "Numbers that each place is thought of in.", low=8, high=1024, log=True),
    ] = 64
    layers: Annotated[
        int, param("Layers", "Blocks of attention and feed-forward.", low=1, high=24)
    ] = 4
    heads: Annotated[
        int,
        param("Heads", "Looks in so many ways at once; must divide the width.", low=1, high=32),
    ] = 4


class _Block(nn.Module):
    """Attention between the places, then each for itself, told the context; both from zero."""

    def __init__(self, width: int, heads: int, told: int, generator: torch.Generator) -> None:
        super().__init__()
        g = generator
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.mixed = linear(width, 3 * width, generator=g)
        self.out = linear(width, width, gain=0.0, generator=g)
        self.after = nn.LayerNorm(width)
        self.first = linear(width, 2 * width, generator=g)
        self.context = linear(told, 2 * width, generator=g) if told else None
        self.second = linear(2 * width, width, gain=0.0, generator=g)

    def forward(self, h: Tensor, context: Tensor | None, seen: Tensor | None) -> Tensor:
        h = h + self.out(self._attend(self.before(h), seen))
        hidden = self.first(self.after(h))
        if self.context is not None and context is not None:
            # Added once a row: the same as the context beside each place, and cheaper.
            hidden = hidden + self.context(context)[:, None]
        out: Tensor = h + self.second(functional.silu(hidden))
        return out

    def _attend(self, h: Tensor, seen: Tensor | None) -> Tensor:
        n, places, width = h.shape
        q, k, v = self.mixed(h).view(n, places, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        # Written out: the fused kernels have no second derivative, which penalties need.
        weight = q @ k.mT * (width // self.heads) ** -0.5
        if seen is not None:
            weight = weight.masked_fill(~seen[:, None, None], _NOWHERE)
        mixed: Tensor = (weight.softmax(dim=-1) @ v).transpose(1, 2).reshape(n, places, width)
        return mixed


class SetTransformer(nn.Module):
    """A denoiser, (B, N, f) -> (B, N, f); a critic, -> (B, 1); or a generator from (B, latent).

    A generator thinks of each place as a mark of its own plus the latent; the marks are learned.

    Args:
        config: its size.
        spec: of the data.
        role: what it is to be.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        config: SetTransformerConfig,
        spec: DataSpec,
        role: Role,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, width = generator, config.width
        places, features = spec.shape[0], math.prod(spec.shape[1:])
        self.shape = spec.shape
        self.clock = FourierFeatures() if role.clock else None
        self.told = GivenFeatures(spec) if spec.given else None
        known = (self.clock.dim_out if self.clock is not None else 0) + (
            self.told.dim if self.told is not None else 0
        )
        self.context = linear(known, width, generator=g) if known else None
        self.marks: nn.Parameter | None = None
        if role.latent:
            self.marks = nn.Parameter(torch.randn((places, width), generator=g))
        self.first = linear(role.latent or features, width, generator=g)
        told = width if known else 0
        self.blocks = nn.ModuleList(
            [_Block(width, config.heads, told, g) for _ in range(config.layers)]
        )
        self.norm = nn.LayerNorm(width)
        self.pooled = role.name == "critic"
        gain = 0.0 if role.name == "denoiser" else 1.0
        self.last = linear(width, 1 if self.pooled else features, gain=gain, generator=g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        h = self._begin(x, mask)
        context = self._context(clock, given)
        for block in self.blocks:
            h = block(h, context, mask)
        h = self.norm(h)
        if not self.pooled:
            out: Tensor = self.last(h)
            return out.reshape(len(x), *self.shape)
        if mask is None:
            pooled = h.mean(dim=1)
        else:
            share = mask.float() / mask.sum(dim=1, keepdim=True).clamp_min(1)
            pooled = (h * share[..., None]).sum(dim=1)
        score: Tensor = self.last(pooled)
        return score

    def _begin(self, x: Tensor, mask: Tensor | None) -> Tensor:
        if self.marks is not None:
            h: Tensor = self.first(x)[:, None] + self.marks
            return h
        flat = x.flatten(2)
        if mask is not None:
            # What stands in a padded place is not even looked at.
            flat = flat * mask[..., None].to(flat.dtype)
        begun: Tensor = self.first(flat)
        return begun

    def _context(self, clock: Tensor | None, given: Mapping[str, Tensor] | None) -> Tensor | None:
        parts = []
        if self.clock is not None and clock is not None:
            parts.append(self.clock(clock))
        if self.told is not None and given is not None:
            parts.append(self.told(given))
        if self.context is None or not parts:
            return None
        told = torch.cat(parts, dim=1).to(self.context.weight.dtype)
        return functional.silu(self.context(told))


@network(
    "set-transformer",
    title="Transformer for sets",
    summary="Every place looks at every other; neither their order nor the padding matters.",
    source="Vaswani et al. 2017, arXiv:1706.03762; for jets: Leigh et al. 2023, arXiv:2307.06836",
    roles=("denoiser", "critic", "generator"),
    needs=("set",),
    config=SetTransformerConfig,
)
def set_transformer(
    config: SetTransformerConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a transformer for a role.

    Raises:
        ConfigError: the heads do not divide the width.
    """
    if config.width % config.heads:
        raise ConfigError("heads", f"must divide the width, {config.width}, got {config.heads}")
    return SetTransformer(config, spec, role, generator=generator)
