"""The networks of a graph autoencoder: a graph convolution says where nodes lie, and a decoder of
nodes what of these is multiplied.
"""

from collections.abc import Mapping
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.config import Config, param
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.layouts.graph_structure import cycles
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear

__all__ = ["NodeCoder", "NodeCoderConfig"]

_STRUCTURE = 3  # the degree, and cycles of 3 and 4
_DOUBLED = 3  # a walk of 8 steps, lazy ones
_SMALL = 1e-3


class NodeCoderConfig(Config, frozen=True):
    """Size of encoder and decoder."""

    width: Annotated[int, param("Width", "Channels per node.", low=4, high=512, log=True)] = 32
    layers: Annotated[int, param("Layers", "Number of graph convolutions.", low=1, high=16)] = 3
    random: Annotated[
        int,
        param(
            "Random features",
            "Number of random inputs per node, which distinguish symmetric nodes.",
            low=0,
            high=64,
        ),
    ] = 4


class NodeCoder(nn.Module):
    """Encoder and decoder of nodes.

    Args:
        config: its size.
        spec: of the edges.
        latent: numbers of a node.
        share: of the pairs that are joined, from which the decoder starts.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(
        self,
        config: NodeCoderConfig,
        spec: DataSpec,
        latent: int,
        share: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        g, width = generator, config.width
        self.first = linear(_STRUCTURE + 2 * config.random, width, generator=g)
        self.layers = nn.ModuleList(
            [linear(2 * width, width, generator=g) for _ in range(config.layers)]
        )
        self.law = linear(width, 2 * latent, generator=g)
        self.told = GivenFeatures(spec) if spec.given else None
        known = self.told.dim if self.told is not None else 0
        self.lifted = linear(latent + known, width, generator=g)
        self.factor = linear(width, width, generator=g)
        self.odds = nn.Parameter(torch.logit(torch.tensor(share)))

    def encoded(self, joined: Tensor, real: Tensor, handed: Tensor) -> Tensor:
        """Return the parameters of the distribution of the latents of nodes, (B, N, 2 latent), by
        graph convolutions (Kipf and Welling 2017, arXiv:1609.02907, eq. 2) with a residual
        connection for each node.

        Args:
            joined: which nodes are, (B, N, N) bool.
            real: which nodes there are, (B, N), as 0 and 1.
            handed: random numbers of nodes, (B, N, random).
        """
        a = joined.to(handed)
        through, _ = cycles(a)
        seen = torch.cat([a.sum(dim=2, keepdim=True), through[..., :2]], dim=2)
        around = a + torch.diag_embed(real.to(a))
        degree = around.sum(dim=2)
        fair = degree.clamp_min(1.0).rsqrt()
        around = fair[:, :, None] * around * fair[:, None]
        told = [0.5 * torch.asinh(seen), handed, _spread(around, degree, real, handed)]
        h = self.first(torch.cat(told, dim=2)) * real[..., None]
        for layer in self.layers:
            h = functional.silu(layer(torch.cat([around @ h, h], dim=2))) * real[..., None]
        law: Tensor = self.law(h)
        return law

    def products(self, z: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """Return the log odds of each pair of nodes with latents z (B, N, latent), (B, N, N)."""
        if self.told is not None:
            told = self.told.of(given or None, z)
            z = torch.cat([z, told[:, None].expand(*z.shape[:2], -1)], dim=2)
        f = self.factor(functional.silu(self.lifted(z)))
        products: Tensor = f @ f.mT / f.shape[2] ** 0.5 + self.odds
        return products


def _spread(around: Tensor, degree: Tensor, real: Tensor, handed: Tensor) -> Tensor:
    """Return random numbers of nodes (B, N, k) after lazy walks, without what every walk ends in,
    and of mean square 1: nodes that hang together have about the same, as in the first steps of a
    power iteration for the second eigenvector (Golub and Van Loan 2013, section 7.3).
    """
    lazy = 0.5 * (torch.diag_embed(real.to(around)) + around)
    for _ in range(_DOUBLED):
        lazy = lazy @ lazy
    end = (degree * real).sqrt()
    end = end / end.norm(dim=1, keepdim=True).clamp_min(_SMALL)
    found = lazy @ handed
    found = found - end[..., None] * (end[:, None] @ found)
    square = found.square().sum(dim=1, keepdim=True) / real.sum(dim=1)[:, None, None].clamp_min(1.0)
    spread: Tensor = found / (square + _SMALL**2).sqrt()
    return spread
