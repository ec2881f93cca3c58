"""A carrier is what goes: the other half of every generative model here.

A carrier holds the particles that a field (`models.fields.base`) moves: free particles, which go
where the field says, or a generator, a network whose weights are trained so that its outputs do.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame
from pushforward.models.fields.base import Field

__all__ = ["Carrier"]


@runtime_checkable
class Carrier(Protocol):
    """What goes. It owns its network and its optimiser, where it has one."""

    def latents(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        """Draw n latents from the prior, from a generator of the CPU; conditions without a chosen
        value are sampled from the data.
        """
        ...

    def follow(self, field: Field, latents: Rows) -> dict[str, Tensor]:
        """Move what is trained one step along the field; return detached scalars.

        Free particles have nothing to train and return {}: they follow in `frames`.
        """
        ...

    def frames(
        self, field: Field, latents: Rows, *, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        """Push latents forward, yielding frames up to t=1; the last one holds the samples."""
        ...
