"""A fully connected encoder: what a datum has to say in a few numbers, its conditions left out."""

import math

import torch
from torch import nn

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.mlp import MLP, Flattened, MLPConfig
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["mlp_encoder"]


@network(
    "mlp-encoder",
    title="Fully connected encoder",
    summary="A multilayer perceptron with the parameters of the latents as output.",
    source="Kingma and Welling 2014, arXiv:1312.6114, appendix C",
    roles=("encoder",),
    needs=("continuous", "whole"),
    config=MLPConfig,
)
def mlp_encoder(
    config: MLPConfig, spec: DataSpec, role: Role, generator: torch.Generator
) -> nn.Module:
    """Return an encoder; it is unconditional, as it predicts what others are conditioned on."""
    net = MLP(config, math.prod(spec.shape), role.outputs, generator=generator)
    return net if len(spec.shape) == 1 else Flattened(net, ())
