"""A transformer for clouds of constituents: in any order, of any number.

Vaswani et al. 2017, arXiv:1706.03762, without positions and with context in every feed-forward
block: the transformer encoder of PC-Droid (Leigh et al. 2023, arXiv:2307.06836) and of PC-JeDi
(Leigh et al. 2023, arXiv:2303.05376), each by its settings. Padded places are masked.

| as in | width | layers | heads | feed-forward | activation | in and out | norms | weights |
|---|---|---|---|---|---|---|---|---|
| PC-Droid | 256 | 3 | 16 | 2 | leaky ReLU | networks, context 64 | both | 2.07 M |
| PC-JeDi | 128 | 4 | 8 | 2 | leaky ReLU | networks, context 64 | hidden | 0.72 M |
| on a CPU | 64 | 4 | 4 | 2 | SiLU | linear | neither | 0.17 M |
"""

import torch
from torch import Tensor, nn

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.role import Role
from pushforward.models.nets.sets.base import SetNet
from pushforward.models.nets.sets.layers import Layer
from pushforward.models.nets.sets.settings import SetNetConfig, check_heads
from pushforward.models.registry import network

__all__ = ["SetTransformer", "SetTransformerConfig", "set_transformer"]


class SetTransformerConfig(SetNetConfig, frozen=True):
    """Size and make of a transformer for sets."""


class SetTransformer(SetNet):
    """Every place looks at every other, in each of the layers; for the arguments see `SetNet`."""

    def __init__(
        self, config: SetNetConfig, spec: DataSpec, role: Role, generator: torch.Generator
    ) -> None:
        super().__init__(config, spec, role, generator)
        self.blocks = nn.ModuleList(
            [Layer(config, self.told, generator=generator) for _ in range(config.layers)]
        )
        self.norm = nn.LayerNorm(config.width)
        self._end(generator)

    def think(
        self, h: Tensor, context: Tensor | None, bias: Tensor | None, written: bool
    ) -> Tensor:
        for block in self.blocks:
            h = block(h, context, bias, written=written)
        normed: Tensor = self.norm(h)
        return normed


@network(
    "set-transformer",
    title="Transformer for sets",
    summary="Attention between all elements of a set; permutation equivariant, padding is masked.",
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
    check_heads(config)
    return SetTransformer(config, spec, role, generator)
