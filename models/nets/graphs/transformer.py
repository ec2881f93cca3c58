"""A graph transformer: attention between nodes that the pairs between them bias and scale.

What node i asks of node j is a product of queries and keys, channel by channel, which the pair
scales and shifts; it is the attention of the node, and the message to the pair (Dwivedi and Bresson
2021, arXiv:2012.09699, section 2; Vignac et al. 2023, arXiv:2209.14734, section 3.2). Pairs have no
direction here: the message is the mean of both. Nodes and pairs also receive the mean of the graph.
Besides the noise level it receives cycle counts and the spectrum, which attention alone cannot
compute (section 4.2 there).
"""

import math
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.graphs.shell import ConditionalNorm, GraphShell, Structure
from pushforward.models.nets.mlp import linear
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["GraphTransformerConfig", "graph_transformer"]


class GraphTransformerConfig(Config, frozen=True):
    """Size and inputs of a graph transformer."""

    width: Annotated[int, param("Width", "Channels per node.", low=4, high=512, log=True)] = 32
    pairs: Annotated[
        int, param("Pairs", "Channels per pair of nodes.", low=4, high=256, log=True)
    ] = 24
    heads: Annotated[int, param("Heads", "Number of attention heads.", low=1, high=16)] = 4
    layers: Annotated[int, param("Layers", "Number of message-passing rounds.", low=1, high=16)] = 4
    structure: Annotated[
        Structure,
        param(
            "Structural features",
            "Graph features as additional inputs, computed from the noisy graph.",
            choices={
                "none": "None",
                "walks": "Degrees, triangles, walks",
                "cycles": "Cycles and spectrum, too",
            },
        ),
    ] = "cycles"


class _Layer(nn.Module):
    """Nodes attend to nodes, then the attention scores update the pairs."""

    def __init__(
        self, config: GraphTransformerConfig, told: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        g, width, pairs, self.heads = generator, config.width, config.pairs, config.heads
        inner = config.heads * max(1, width // config.heads)
        self.scale = 1.0 / math.sqrt(inner / config.heads)
        self.node_in, self.pair_in = (
            ConditionalNorm(width, told, g),
            ConditionalNorm(pairs, told, g),
        )
        self.asked = linear(width, 3 * inner, generator=g)
        self.bias = linear(pairs, 2 * inner, generator=g)
        self.whole = linear(width + pairs, width, generator=g)
        self.heard = linear(inner + 2 * width, 2 * width, generator=g)
        self.node_out = linear(2 * width, width, gain=0.0, generator=g)
        self.own = linear(pairs, 2 * pairs, generator=g)
        self.weights = linear(inner, 2 * pairs, generator=g)
        self.ends = linear(width, 2 * pairs, generator=g)
        self.pair_out = linear(2 * pairs, pairs, gain=0.0, generator=g)

    def forward(
        self, h: Tensor, e: Tensor, context: Tensor | None, real: Tensor, joined: Tensor, n: Tensor
    ) -> tuple[Tensor, Tensor]:
        seen, pairs = self.node_in(h, context) * real, self.pair_in(e, context) * joined
        query, key, value = self.asked(seen).chunk(3, dim=-1)
        times, plus = (self.bias(pairs) * joined).chunk(2, dim=-1)
        asked = query[:, :, None] * key[:, None] * self.scale * (1.0 + times) + plus
        weights = self._weights(asked, joined)
        many = value.view(*value.shape[:2], self.heads, -1)
        message = torch.einsum("bijk,bjkc->bikc", weights, many).flatten(2)
        mean = torch.cat([seen.sum(dim=1) / n[:, 0], _mean(pairs, n)], dim=-1)
        whole = self.whole(mean)[:, None].expand_as(h)
        heard = functional.silu(self.heard(torch.cat([seen, message, whole], dim=-1)))
        h = (h + self.node_out(heard)) * real
        ends = self.ends(h)
        asked = 0.5 * (asked + asked.transpose(1, 2))
        told = self.own(pairs) + self.weights(asked) + ends[:, :, None] + ends[:, None]
        return h, (e + self.pair_out(functional.silu(told))) * joined

    def _weights(self, asked: Tensor, joined: Tensor) -> Tensor:
        """Return the attention of each node to each other, (B, N, N, heads), by the sum of what it
        asks in the channels of a head; an isolated node receives nothing.
        """
        scores = asked.view(*asked.shape[:3], self.heads, -1).sum(dim=-1)
        scores = scores.masked_fill(joined == 0.0, torch.finfo(scores.dtype).min)
        weights: Tensor = scores.softmax(dim=2) * joined
        return weights


def _mean(pairs: Tensor, n: Tensor) -> Tensor:
    """Return the mean over the pairs that there are, (B, channels)."""
    couples = (n * (n - 1.0)).clamp_min(1.0)
    return pairs.sum(dim=(1, 2)) / couples[:, 0]


@network(
    "graph-transformer",
    title="Graph transformer",
    summary="Attention between nodes with pair biases, and cycle and spectral features.",
    source="Dwivedi and Bresson 2021, arXiv:2012.09699, section 2; Vignac et al. 2023, "
    "arXiv:2209.14734, sections 3.2 and 4.2",
    roles=("denoiser",),
    needs=("graph",),
    config=GraphTransformerConfig,
)
def graph_transformer(
    config: GraphTransformerConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a graph transformer for a role."""
    return GraphShell(
        spec,
        role,
        width=config.width,
        pairs=config.pairs,
        layer=lambda told: _Layer(config, told, generator),
        layers=config.layers,
        structure=config.structure,
        generator=generator,
    )
