"""MADE: a fully connected network whose masks let each number depend on earlier ones only.

The masks are those of zuko (Rozet et al., MIT licence), imported where a network is made.
"""

import math
from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.flows.layers import seeded
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import CoordinateFeatures
from pushforward.models.nets.role import Role
from pushforward.models.registry import network

__all__ = ["Made", "MadeConfig", "made"]


class MadeConfig(Config, frozen=True):
    """Size of a masked network."""

    width: Annotated[
        int, param("Width", "Units in each hidden layer.", low=1, high=8192, log=True)
    ] = 256
    depth: Annotated[int, param("Depth", "Number of hidden layers.", low=1, high=32)] = 2
    frequencies: Annotated[
        int,
        param(
            "Fourier features",
            "Sines and cosines of each value as additional inputs, from 1 to 16 rad per "
            "standard deviation; resolves conditionals that change quickly.",
            low=0,
            high=64,
        ),
    ] = 6


class Made(nn.Module):
    """x (B, *shape) -> (B, numbers, outputs); what is said of number i depends on those before it,
    and on all that is given.
    """

    def __init__(
        self, config: MadeConfig, spec: DataSpec, outputs: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        from zuko.nn import MaskedMLP

        self.numbers, self.outputs = math.prod(spec.shape), outputs
        self.features = CoordinateFeatures(self.numbers, config.frequencies)
        self.told = GivenFeatures(spec) if spec.given else None
        before = torch.ones((self.numbers, self.numbers), dtype=torch.bool).tril(-1)
        # The features of number j stand together: sines, then cosines, of all frequencies.
        heard = [before] + [before.repeat_interleave(config.frequencies, dim=1)] * 2
        told = self.told.dim if self.told is not None else 0
        always = torch.ones((self.numbers, 1 + told), dtype=torch.bool)
        adjacency = torch.cat([*heard[: 3 if config.frequencies else 1], always], dim=1)
        rows = adjacency.repeat_interleave(outputs, dim=0)
        hidden = [config.width] * config.depth
        self.layers = seeded(
            lambda: MaskedMLP(rows, hidden, activation=nn.SiLU),
            generator,
        )

    def forward(
        self,
        x: Tensor,
        clock: Tensor | None = None,
        given: Mapping[str, Tensor] | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        flat = x.flatten(1)
        # A one: the first number hears nothing else, and no mask may be all empty.
        seen = [self.features(flat), flat.new_ones((len(flat), 1))]
        if self.told is not None and given is not None:
            seen.append(self.told(given))
        out: Tensor = self.layers(torch.cat(seen, dim=1))
        return out.reshape(len(flat), self.numbers, self.outputs)


@network(
    "made",
    title="Masked (MADE)",
    summary="Fully connected with masks, so that each output depends only on earlier inputs: "
    "all conditionals in one pass.",
    source="Germain et al. 2015, arXiv:1502.03509, eqs. 8-13",
    roles=("autoregressive",),
    needs=("continuous", "whole"),
    config=MadeConfig,
)
def made(config: MadeConfig, spec: DataSpec, role: Role, generator: torch.Generator) -> nn.Module:
    """Return the masked network."""
    return Made(config, spec, role.outputs, generator=generator)
