"""Parse rows of typed graphs from an operator's input."""

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec
from pushforward.models.layouts.graphs import Packing

__all__ = ["parse_types"]


def parse_types(x: Tensor, spec: DataSpec) -> Batch:
    """Return rows (n, L) with their sizes; the last node with a nonzero value determines the
    size.
    """
    packing = Packing.of(spec.parts)
    said = (packing.of_nodes(x) != 0.0).any(dim=2)
    last = torch.where(said, torch.arange(1, packing.nodes + 1), 0).amax(dim=1)
    size = last.clamp_min(1)
    return Batch(x, packing.masks[size], {SIZE: size})
