"""Neural spline flow: couplings by rational-quadratic splines."""

from typing import Annotated

import torch
from torch import nn

from pushforward.models.config import param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.flows.layers import FlowConfig, InvertibleLayers
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["NsfConfig", "nsf"]


class NsfConfig(FlowConfig, frozen=True):
    """Size of a neural spline flow."""

    bins: Annotated[
        int,
        param(
            "Bins",
            "Pieces of each spline between −5 and 5 standard deviations; outside, a layer is "
            "the identity.",
            low=2,
            high=64,
        ),
    ] = 8


@network(
    "nsf",
    title="Splines (NSF)",
    summary="Coupling layers with monotonic rational-quadratic splines: separates modes, fast "
    "in both directions.",
    source="Durkan et al. 2019, arXiv:1906.04032, sections 3.1 and 3.2",
    roles=("flow",),
    needs=("continuous", "whole"),
    config=NsfConfig,
)
def nsf(config: NsfConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return the layers."""
    from zuko.flows import NSF

    return InvertibleLayers(
        lambda numbers, told: NSF(
            numbers,
            told,
            bins=config.bins,
            transforms=config.transforms,
            hidden_features=config.hidden,
            passes=2,
        ),
        spec,
        name="splines",
        passes=2,
        generator=generator,
    )
