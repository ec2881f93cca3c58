"""Latents and flow of a family that delegates both to its carrier."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from pushforward.models.carriers.base import Carrier
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Frame

__all__ = ["Carried"]


class Carried:
    """Mixin of a `Family` whose carrier draws latents and moves them along its field.

    Attributes:
        field: the velocity of the particles, for most families a `models.fields.base.Field`.
        carrier: the particles or the generator that moves.
    """

    field: Any
    carrier: Carrier

    def prior(
        self, n: int, generator: torch.Generator, given: Mapping[str, Tensor] | None = None
    ) -> Batch:
        return self.carrier.latents(n, generator, given)

    def flow(
        self, latents: Rows, *, sampler: Any = None, generator: torch.Generator | None = None
    ) -> Iterator[Frame]:
        return self.carrier.frames(self.field, latents, generator=generator)
