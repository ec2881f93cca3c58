"""SASRec: causal self-attention over the items of a history."""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, ConfigError, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.histories import PADDING
from pushforward.models.nets.role import Role
from pushforward.models.nets.sequences.recommender import Recommender, draw_weights
from pushforward.models.registry import network

__all__ = ["AttentionConfig", "AttentionStack", "SasRecNet", "check_heads", "sasrec"]


class AttentionConfig(Config, frozen=True):
    """Size of a transformer over histories."""

    width: Annotated[int, param("Width", "Dimension of the item embeddings.", low=4, high=4096)] = (
        64
    )
    layers: Annotated[int, param("Layers", "Number of attention blocks.", low=1, high=24)] = 2
    heads: Annotated[
        int, param("Heads", "Number of attention heads; must divide the width.", low=1, high=32)
    ] = 1


class _Block(nn.Module):
    """h + attention(norm(h)), then h + feed-forward(norm(h))."""

    def __init__(self, width: int, heads: int, *, causal: bool) -> None:
        super().__init__()
        self._heads, self._causal = heads, causal
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, h: Tensor, mask: Tensor | None) -> Tensor:
        b, places, width = h.shape
        parts = self.qkv(self.first(h)).view(b, places, 3, self._heads, width // self._heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask, is_causal=self._causal
        )
        h = h + self.out(seen.transpose(1, 2).reshape(h.shape))
        found: Tensor = h + self.narrow(functional.gelu(self.wide(self.second(h))))
        return found


class AttentionStack(nn.Module):
    """Blocks of attention over embedded places, with learned positions.

    Args:
        config: its size.
        places: length of the longest history.
        causal: whether a place sees only those before it.
    """

    def __init__(self, config: AttentionConfig, places: int, *, causal: bool) -> None:
        super().__init__()
        self.positions = nn.Parameter(torch.empty(places, config.width))
        self.blocks = nn.ModuleList(
            [_Block(config.width, config.heads, causal=causal) for _ in range(config.layers)]
        )
        self.norm = nn.LayerNorm(config.width)

    def forward(self, embedded: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return states, (B, L, d) -> (B, L, d); mask (B, L), True at real places."""
        places = embedded.shape[1]
        # Histories that are longer than any in training share the last position.
        at = torch.arange(places, device=embedded.device).clamp_max(len(self.positions) - 1)
        h = embedded * embedded.shape[2] ** 0.5 + self.positions[at]
        seen = None if mask is None else mask[:, None, None, :]
        for block in self.blocks:
            h = block(h, seen)
        found: Tensor = self.norm(h)
        return found


class SasRecNet(Recommender):
    """s = causal attention over e(x_1), ..., e(x_t); logits = s_t . e(i) + b_i over all items."""

    def __init__(self, config: AttentionConfig, items: int, places: int) -> None:
        super().__init__()
        self.items = nn.Embedding(items + 1, config.width, padding_idx=PADDING)
        self.stack = AttentionStack(config, places, causal=True)
        self.bias = nn.Parameter(torch.zeros(items))

    def read(self, embedded: Tensor) -> Tensor:
        """See `Recommender.read`."""
        states: Tensor = self.stack(embedded)
        return states

    def item_vectors(self) -> Tensor:
        """See `Recommender.item_vectors`."""
        return self.items.weight[1:]


def check_heads(config: AttentionConfig) -> None:
    """Make sure that the heads divide the width.

    Raises:
        ConfigError: they do not.
    """
    if config.width % config.heads:
        raise ConfigError("heads", f"must divide the width, {config.width}, got {config.heads}")


@network(
    "sasrec",
    title="Self-attention",
    summary="Attends to all earlier items of a history and scores all items after each.",
    source="Kang and McAuley 2018 (SASRec), arXiv:1808.09781, section 3; normalisation before each "
    "block (Xiong et al. 2020, arXiv:2002.04745)",
    roles=("recommender",),
    needs=("symbols", "sequence", "items"),
    config=AttentionConfig,
)
def sasrec(
    config: AttentionConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> SasRecNet:
    """Return the network for histories of a spec, its initial weights from the generator.

    Raises:
        ConfigError: the heads do not divide the width.
    """
    check_heads(config)
    assert spec.symbols is not None
    with torch.device("meta"):
        net = SasRecNet(config, spec.symbols - 1, spec.shape[0])
    return draw_weights(net, generator)
