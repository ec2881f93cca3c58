"""The graph network for graphs whose nodes and edges have types."""

from typing import Annotated

import torch
from torch import nn

from pushforward.models.config import param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.graphs.graph_net import GraphNet, GraphNetConfig
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["TypedGraphNetConfig", "typed_graph_net"]


class TypedGraphNetConfig(GraphNetConfig, frozen=True):
    """Size and inputs of a network for graphs with types."""

    valences: Annotated[
        bool,
        param(
            "Valence features",
            "Adds the expected number of edges of each type at every node, and learns prior "
            "weights of the types.",
        ),
    ] = False


@network(
    "typed-graph-net",
    title="Graph network of types",
    summary="A permutation-equivariant network with node and pair types as inputs and outputs.",
    source="Maron et al. 2019, arXiv:1905.11136, section 3; Vignac et al. 2023, arXiv:2209.14734, "
    "section 4.1",
    roles=("denoiser",),
    needs=("types",),
    config=TypedGraphNetConfig,
)
def typed_graph_net(
    config: TypedGraphNetConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return a network of graphs with types for a role."""
    return GraphNet(config, spec, role, valences=config.valences, generator=generator)
