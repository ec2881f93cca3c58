"""The same graphs with their nodes in another order, for laws of what must not see one."""

import torch
from torch import Tensor

from pushforward.models.kinds.graphs import GraphSet
from pushforward.models.layouts.graphs import Packing
from pushforward.models.tensors import make_generator

__all__ = ["permuted", "renumbered"]


def renumbered(set_: GraphSet, seed: int) -> tuple[GraphSet, Tensor]:
    """Return graphs with their real nodes in another order, and the order (n, N)."""
    packing, count = set_.packing, torch.arange(set_.packing.nodes)
    chance = torch.rand((len(set_), packing.nodes), generator=make_generator(seed))
    order = chance.masked_fill(count >= set_.size[:, None], 2.0).argsort(dim=1)
    return GraphSet(permuted(set_.x, order, packing), set_.size, set_.feature), order


def permuted(x: Tensor, order: Tensor, packing: Packing) -> Tensor:
    """Return rows x (n, L) with the nodes of each in another order (n, N)."""
    rows = torch.arange(len(x))[:, None]
    square = packing.dense(x)
    square = square[rows[..., None], order[:, :, None], order[:, None]]
    edges = packing.flat(square)
    return torch.cat([x[rows, order], edges], dim=1) if packing.featured else edges
