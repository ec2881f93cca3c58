"""Affine couplings of the pairs of a graph, node by node: the invertible network of GraphNVP.

A coupling stretches and shifts the pairs of one node by what all other pairs say (Madhawa et al.
2019, arXiv:1905.11600, eq. 6). These it leaves as they are, so that it is undone exactly, and the
logarithm of its determinant is the sum of the logarithms of the scales (Dinh et al. 2017,
arXiv:1605.08803, eqs. 4 to 8).
"""

from collections.abc import Iterator
from typing import Annotated

import torch
from torch import Tensor, nn

from pushforward.models.config import Config, param
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.graphs import Packing
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import MLP, MLPConfig

__all__ = ["CouplingsConfig", "NodeCouplings"]

_STRONGEST = 2.0  # |log scale| of a pair stays below it in each coupling


class CouplingsConfig(Config, frozen=True):
    """Size of couplings of graphs."""

    rounds: Annotated[
        int,
        param("Rounds", "Number of coupling layers over all nodes.", low=1, high=16),
    ] = 2
    width: Annotated[
        int,
        param(
            "Width",
            "Units of each hidden layer of the inner networks.",
            low=1,
            high=4096,
            log=True,
        ),
    ] = 64
    depth: Annotated[
        int, param("Depth", "Number of hidden layers of the inner networks.", low=1, high=32)
    ] = 1


class NodeCouplings(nn.Module):
    """y (B, pairs) <-> z (B, pairs), with nodes in the order in which they stand.

    Args:
        config: their size.
        spec: of graphs without numbers of nodes.
        generator: where the initial weights come from (a generator of the CPU).
    """

    touching: Tensor

    def __init__(
        self, config: CouplingsConfig, spec: DataSpec, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        packing = Packing.of(spec.parts)
        self.told = GivenFeatures(spec) if spec.given else None
        known = packing.pairs + (self.told.dim if self.told is not None else 0)
        # Of each node the places of its pairs, (N, N - 1).
        square = packing.dense(torch.arange(packing.pairs) + 1.0).long()
        places = torch.stack([row[row > 0] - 1 for row in square])
        self.register_buffer("touching", places.repeat(config.rounds, 1), persistent=False)
        self.nets = nn.ModuleList(
            [
                MLP(
                    MLPConfig(width=config.width, depth=config.depth),
                    known,
                    2 * (packing.nodes - 1),
                    output_gain=0.0,
                    generator=generator,
                )
                for _ in range(len(self.touching))
            ]
        )

    def to_noise(self, rows: Batch) -> tuple[Tensor, Tensor]:
        """Return where pairs are as noise, z (n, pairs), and log |det dz/dy| (n,)."""
        z, volume = rows.x, rows.x.new_zeros(len(rows))
        for net, mine in zip(self.nets, self.touching, strict=True):
            log_scale, shift = self._law(net, mine, z, rows)
            z = z.index_copy(1, mine, z[:, mine] * log_scale.exp() + shift)
            volume = volume + log_scale.sum(dim=1)
        return z, volume

    def to_data(self, rows: Batch) -> Iterator[Tensor]:
        """Yield the points after each coupling from noise to pairs, (n, pairs) each."""
        y = rows.x
        for net, mine in zip(reversed(self.nets), self.touching.flip(0), strict=True):
            log_scale, shift = self._law(net, mine, y, rows)
            y = y.index_copy(1, mine, (y[:, mine] - shift) * (-log_scale).exp())
            yield y

    def _law(self, net: nn.Module, mine: Tensor, x: Tensor, rows: Batch) -> tuple[Tensor, Tensor]:
        """Return log scale and shift of the pairs of a node, (n, N - 1), 0 where padded."""
        others = x.index_fill(1, mine, 0.0)
        told = (
            others
            if self.told is None
            else torch.cat([others, self.told.of(rows.given or None, x)], 1)
        )
        said = net(told)
        if rows.mask is not None:
            said = said * rows.mask[:, mine].repeat(1, 2)
        spread, shift = said.chunk(2, dim=1)
        return _STRONGEST * torch.tanh(spread / _STRONGEST), shift
