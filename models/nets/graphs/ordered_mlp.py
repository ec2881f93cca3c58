"""A fully connected encoder of graphs that sees their nodes in an order."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["ordered_mlp"]


class _Ordered(nn.Module):
    """x (B, L) -> (B, outputs), what is padded being 0; it is unconditional."""

    def __init__(self, net: MLP) -> None:
        super().__init__()
        self.net = net

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        out: Tensor = self.net(x if mask is None else x * mask)
        return out


@network(
    "ordered-mlp",
    title="Fully connected, ordered nodes",
    summary="A multilayer perceptron on all pairs of a graph in node order: for models that fix "
    "an order.",
    source="Kingma and Welling 2014, arXiv:1312.6114, appendix C",
    roles=("encoder",),
    needs=("graph",),
    config=MLPConfig,
)
def ordered_mlp(
    config: MLPConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return an encoder of rows of graphs."""
    return _Ordered(MLP(config, spec.shape[0], role.outputs, generator=generator))
