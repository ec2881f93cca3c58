"""A transformer that says of each place of a row how likely each symbol is.

Vaswani et al. 2017, arXiv:1706.03762, with normalisation before each block (Xiong et al. 2020,
arXiv:2002.04745) and a learned bias by how far two places are apart (Raffel et al. 2020,
arXiv:1910.10683, section 2.1). Each head begins by looking at one of the next neighbours: without,
a network knows for hundreds of steps no more of a text than how often each letter comes. A
predictor sees all places, and the clock; an autoregressive network says each place from those
before it, for which the row is moved on by one behind a beginning of its own.

Shapes: x (B, L) int64 symbols, or (B, L, inputs) numbers; clock (B,); said (B, L, outputs). L is
what the spec says, or less: rows may end earlier, all of a batch at once.
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import FourierFeatures, linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["KeysValues", "SymbolTransformer", "SymbolTransformerConfig", "symbol_transformer"]

_CACHE_BYTES = 2**30


class SymbolTransformerConfig(Config, frozen=True):
    """Size of a transformer for symbols."""

    width: Annotated[
        int,
        param("Width", "Channels per position.", low=8, high=1024, log=True),
    ] = 64
    layers: Annotated[int, param("Layers", "Number of transformer blocks.", low=1, high=24)] = 2
    heads: Annotated[
        int,
        param("Heads", "Number of attention heads; must divide the width.", low=1, high=32),
    ] = 4


class KeysValues:
    """Keys and values of the places that a causal transformer has read, so that one more place
    costs one place and not all of them.

    Args:
        n: rows.
        places: how many places they can have.
        blocks: of the transformer.
    """

    def __init__(self, n: int, places: int, blocks: int) -> None:
        self.places, self.length = places, 0
        self._n = n
        self._blocks: list[tuple[Tensor, Tensor] | None] = [None] * blocks

    def __len__(self) -> int:
        return self._n

    def extend(self, block: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Add the key and the value of the next place, (n, heads, 1, d) each; return those of all
        places up to it, (n, heads, length + 1, d).
        """
        kept = self._blocks[block]
        if kept is None:
            shape = (*k.shape[:2], self.places, k.shape[3])
            kept = self._blocks[block] = k.new_empty(shape), v.new_empty(shape)
        stop = self.length + 1
        for all_, one in zip(kept, (k, v), strict=True):
            all_[:, :, self.length : stop] = one
        return kept[0][:, :, :stop], kept[1][:, :, :stop]

    def take(self, rows: Tensor) -> None:
        """Keep only some rows, by their numbers (m,)."""
        self._n = len(rows)
        self._blocks = [pair and (pair[0][rows], pair[1][rows]) for pair in self._blocks]


class _Block(nn.Module):
    """Attention between the places, then each for itself."""

    apart: Tensor

    def __init__(
        self, width: int, heads: int, places: int, causal: bool, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        offset = torch.arange(-places + 1, places)
        near = torch.tensor([_neighbour(head, causal) for head in range(heads)])
        self.bias = nn.Parameter(-(offset - near[:, None]).abs().float())
        place = torch.arange(places)
        apart = place - place[:, None]
        self.register_buffer("apart", apart + places - 1, persistent=False)
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixed = linear(width, 3 * width, generator=generator)
        self.out = linear(width, width, gain=0.5, generator=generator)
        self.first = linear(width, 4 * width, generator=generator)
        self.second = linear(4 * width, width, gain=0.5, generator=generator)

    def forward(self, h: Tensor) -> Tensor:
        places = h.shape[1]
        q, k, v = self._queries(h)
        apart = self.apart[:places, :places]
        bias = self.bias[:, apart]
        if self.causal:
            later = torch.ones_like(apart, dtype=torch.bool).triu(1)
            bias = bias.masked_fill(later, -torch.inf)
        return self._answer(h, q, k, v, bias)

    def next(self, h: Tensor, cache: KeysValues, block: int) -> Tensor:
        """Return the next place, h (n, 1, width), after the block; it sees those in the cache."""
        q, k, v = self._queries(h)
        k, v = cache.extend(block, k, v)
        bias = self.bias[:, self.apart[cache.length, : cache.length + 1]][:, None]
        return self._answer(h, q, k, v, bias)

    def _queries(self, h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, (n, heads, places, d) each."""
        parts = self.mixed(self.before(h)).view(*h.shape[:2], 3, self.heads, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        return q, k, v

    def _answer(self, h: Tensor, q: Tensor, k: Tensor, v: Tensor, bias: Tensor) -> Tensor:
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        h = h + self.out(seen.transpose(1, 2).reshape(h.shape))
        out: Tensor = h + self.second(functional.gelu(self.first(self.after(h))))
        return out


def _neighbour(head: int, causal: bool) -> int:
    """Return how far from its own place a head looks first: 0, -1, -2, ... or -1, 1, -2, 2, ..."""
    return -head if causal else (head // 2 + 1) * (1 if head % 2 else -1)


class SymbolTransformer(nn.Module):
    """Logits of each place.

    Args:
        config: its size.
        spec: of the data.
        role: what it is to be.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        config: SymbolTransformerConfig,
        spec: DataSpec,
        role: Role,
        *,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, width, places = generator, config.width, spec.shape[0]
        assert spec.symbols is not None
        self.causal = role.name == "autoregressive"
        self.numbers = linear(role.inputs, width, generator=g) if role.inputs else None
        if not role.inputs:
            # One more than the data have: masked, or the beginning of a row.
            self.symbols = nn.Parameter(torch.randn((spec.symbols + 1, width), generator=g))
        self.places = nn.Parameter(0.5 * torch.randn((places, width), generator=g))
        self.clock = FourierFeatures() if role.clock else None
        self.told = GivenFeatures(spec) if spec.given else None
        known = (self.clock.dim_out if self.clock is not None else 0) + (
            self.told.dim if self.told is not None else 0
        )
        self.context = linear(known, width, generator=g) if known else None
        self.blocks = nn.ModuleList(
            [_Block(width, config.heads, places, self.causal, g) for _ in range(config.layers)]
        )
        self.norm = nn.LayerNorm(width)
        self.last = linear(width, role.outputs, gain=0.3, generator=g)

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        if self.numbers is not None:
            h: Tensor = self.numbers(x)
        else:
            start = len(self.symbols) - 1
            seen = functional.pad(x[:, :-1], (1, 0), value=start) if self.causal else x
            h = self.symbols[seen]
        h = h + self.places[: h.shape[1]]
        context = self._context(clock, given)
        if context is not None:
            h = h + context
        for block in self.blocks:
            h = block(h)
        said: Tensor = self.last(self.norm(h))
        return said

    def cache(self, n: int) -> KeysValues | None:
        """Return an empty cache of n rows, for `next`; None where it would take too much memory."""
        numbers = 2 * n * self.places.numel() * len(self.blocks)
        if numbers * self.places.element_size() > _CACHE_BYTES:
            return None
        return KeysValues(n, len(self.places), len(self.blocks))

    def next(
        self, before: Tensor | None, cache: KeysValues, given: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Return the logits of the next place of rows (n, outputs), and add it to the cache: the
        last place of what `forward` says of the rows so far, but for rounding.

        Args:
            before: symbols at the place before, (n,) int64; None at the first place.
            cache: of the places before.
            given: what is known of each row.
        """
        if before is None:
            h = self.symbols[-1].expand(len(cache), 1, -1)
        else:
            h = self.symbols[before][:, None]
        h = h + self.places[cache.length]
        context = self._context(None, given)
        if context is not None:
            h = h + context
        for number, block in enumerate(self.blocks):
            assert isinstance(block, _Block)
            h = block.next(h, cache, number)
        cache.length += 1
        said: Tensor = self.last(self.norm(h))
        return said[:, 0]

    def _context(self, clock: Tensor | None, given: Mapping[str, Tensor] | None) -> Tensor | None:
        """Return what is added to each place for the time and the conditions, (B, 1, width)."""
        parts = []
        if self.clock is not None and clock is not None:
            parts.append(self.clock(clock))
        if self.told is not None and given is not None:
            parts.append(self.told(given))
        if self.context is None or not parts:
            return None
        context: Tensor = self.context(torch.cat(parts, dim=1))
        return context[:, None]


@network(
    "symbol-transformer",
    title="Transformer for symbols",
    summary="A transformer with a distribution over symbols at each position; bidirectional or "
    "causal.",
    source="Vaswani et al. 2017, arXiv:1706.03762; Xiong et al. 2020, arXiv:2002.04745",
    roles=("predictor", "autoregressive"),
    needs=("symbols", "whole", "sequence"),
    config=SymbolTransformerConfig,
)
def symbol_transformer(
    config: SymbolTransformerConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a transformer for a role.

    Raises:
        ConfigError: the heads do not divide the width.
    """
    if config.width % config.heads:
        raise ConfigError("heads", f"must divide the width, {config.width}, got {config.heads}")
    return SymbolTransformer(config, spec, role, generator=generator)
