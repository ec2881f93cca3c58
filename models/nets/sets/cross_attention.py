"""Cross-attention by way of tokens: constituents exchange messages through a few tokens.

In each round some tokens look at the cloud, and the cloud at the tokens: 2 T N scores instead of
N^2, so that the cost is linear in the number N of constituents. It is the cross-attention encoder
of PC-Droid (Leigh et al. 2023, arXiv:2307.06836): width 64, 3 rounds, 8 heads, feed-forward 4,
leaky ReLU, 16 tokens, both inner norms, 0.45 M weights. There all layers begin at zero; here those
of the tokens do not, which are not read before the cloud attends to them: else their weights would
have to wait for two others that begin at zero.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from pushforward.models.config import param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.role import Role
from pushforward.models.nets.sets.base import SetNet
from pushforward.models.nets.sets.layers import Layer
from pushforward.models.nets.sets.settings import Encoding, SetNetConfig, check_heads
from pushforward.models.registry import network

__all__ = ["CrossAttention", "CrossAttentionConfig", "cross_attention"]


class CrossAttentionConfig(SetNetConfig, frozen=True):
    """Size and make of a cross-attention encoder."""

    layers: Annotated[
        int,
        param(
            "Rounds",
            "Number of rounds of cross-attention, in both directions.",
            low=1,
            high=24,
        ),
    ] = 3
    tokens: Annotated[
        int,
        param(
            "Tokens",
            "Number of tokens for cross-attention; PC-Droid uses 16.",
            low=1,
            high=256,
            log=True,
        ),
    ] = 16
    encoding: Encoding = "log-cosine"


class CrossAttention(SetNet):
    """Tokens look at the cloud, the cloud at the tokens; for the arguments see `SetNet`."""

    def __init__(
        self, config: CrossAttentionConfig, spec: DataSpec, role: Role, generator: torch.Generator
    ) -> None:
        super().__init__(config, spec, role, generator)
        g, size = generator, (config.tokens, config.width)
        self.tokens = nn.Parameter(torch.randn(size, generator=g))
        self.gather, self.spread = (
            nn.ModuleList(
                Layer(config, self.told, across=True, gain=gain, generator=g)
                for _ in range(config.layers)
            )
            for gain in (1.0, 0.0)
        )
        self._end(g)

    def think(
        self, h: Tensor, context: Tensor | None, bias: Tensor | None, written: bool
    ) -> Tensor:
        tokens = self.tokens.expand(len(h), -1, -1)
        for gather, spread in zip(self.gather, self.spread, strict=True):
            tokens = gather(tokens, context, bias, others=h, written=written)
            h = spread(h, context, None, others=tokens, written=written)
        return h


@network(
    "cross-attention",
    title="Cross-attention by tokens",
    summary="Constituents exchange information through a few tokens: the cost is linear in "
    "their number, which pays off above about 100.",
    source="Leigh et al. 2023, arXiv:2307.06836 (PC-Droid); Jaegle et al. 2021, arXiv:2103.03206",
    roles=("denoiser", "critic", "generator"),
    needs=("set",),
    config=CrossAttentionConfig,
)
def cross_attention(
    config: CrossAttentionConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a cross-attention encoder for a role.

    Raises:
        ConfigError: the heads do not divide the width.
    """
    check_heads(config)
    return CrossAttention(config, spec, role, generator)
