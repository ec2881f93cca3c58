"""RealNVP: affine couplings."""

import torch
from torch import nn

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.flows.layers import FlowConfig, InvertibleLayers
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["realnvp"]


@network(
    "realnvp",
    title="Affine couplings (RealNVP)",
    summary="Coupling layers that scale and shift: fast in both directions, but modes stay "
    "connected by bridges.",
    source="Dinh et al. 2017, arXiv:1605.08803, eqs. 4-8",
    roles=("flow",),
    needs=("continuous", "whole"),
    config=FlowConfig,
)
def realnvp(
    config: FlowConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return the layers."""
    from zuko.flows import RealNVP

    return InvertibleLayers(
        lambda numbers, told: RealNVP(
            numbers, told, transforms=config.transforms, hidden_features=config.hidden
        ),
        spec,
        name="couplings",
        passes=1,
        generator=generator,
    )
