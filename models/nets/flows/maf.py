"""Masked autoregressive flow: each number is stretched and shifted by all before it."""

import math

import torch
from torch import nn

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.flows.layers import FlowConfig, InvertibleLayers
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["maf"]


@network(
    "maf",
    title="Autoregressive (MAF)",
    summary="Each value is scaled and shifted by the earlier ones. A density takes one pass, a "
    "sample one pass per value.",
    source="Papamakarios et al. 2017, arXiv:1705.07057, eqs. 3-5",
    roles=("flow",),
    needs=("continuous", "whole"),
    config=FlowConfig,
)
def maf(config: FlowConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return the layers."""
    from zuko.flows import MAF

    return InvertibleLayers(
        lambda numbers, told: MAF(
            numbers, told, transforms=config.transforms, hidden_features=config.hidden
        ),
        spec,
        name="regressions",
        passes=math.prod(spec.shape),
        generator=generator,
    )
