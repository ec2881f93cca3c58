"""The distribution of the numbers of nodes, given their graph."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.nets.given import GivenFeatures
from pushforward.models.nets.mlp import linear

__all__ = ["NodeNumbers"]

_NARROWEST, _WIDEST = -5.0, 2.0  # logarithms of a deviation


class NodeNumbers(nn.Module):
    """x_i ~ N(mu_i, sigma_i^2), each node for itself: from its degree, its triangles, the degrees
    of its neighbours, and what is given of the graph.

    Args:
        spec: of the data.
        width: of the hidden layer.
        generator: where the initial weights come from (a generator of the CPU).
    """

    def __init__(self, spec: DataSpec, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.told = GivenFeatures(spec) if spec.given else None
        known = 3 + (self.told.dim if self.told is not None else 0)
        self.first = linear(known, width, generator=generator)
        self.last = linear(width, 2, gain=0.3, generator=generator)

    def log_prob(
        self, x: Tensor, adjacency: Tensor, real: Tensor, given: Mapping[str, Tensor]
    ) -> Tensor:
        """Return log p of the numbers x (n, N) of the nodes of graphs (n, N, N) that are ``real``
        (n, N), in nats, (n,).
        """
        mean, log_std = self._mean_and_log_std(adjacency, given)
        each = -0.5 * ((x - mean) / log_std.exp()).square() - log_std - 0.5 * math.log(2 * math.pi)
        return (each * real).sum(dim=1)

    def draw_numbers(self, z: Tensor, adjacency: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """Return numbers (n, N) from normal ones z (n, N)."""
        mean, log_std = self._mean_and_log_std(adjacency, given)
        return mean + log_std.exp() * z

    def _mean_and_log_std(
        self, adjacency: Tensor, given: Mapping[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        a = adjacency.to(self.last.weight)
        n, nodes, _ = a.shape
        degree = a.sum(dim=2)
        triangles = ((a @ a) * a).sum(dim=2)
        around = (a @ degree[..., None])[..., 0] / degree.clamp_min(1.0)
        seen = torch.stack([degree / nodes, triangles / nodes**2, around / nodes], dim=2)
        if self.told is not None:
            told = self.told.of(given or None, seen)
            seen = torch.cat([seen, told[:, None].expand(n, nodes, -1)], dim=2)
        mean, log_std = self.last(functional.silu(self.first(seen))).unbind(dim=2)
        return mean, log_std.clamp(_NARROWEST, _WIDEST)
