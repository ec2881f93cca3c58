"""What all families share that are made of a field and a carrier, whatever these are."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

from pushforward.models.carriers.base import Carrier
from pushforward.models.config import Config
from pushforward.models.contracts.batch import Batch, Rows
from pushforward.models.contracts.family import Family, Frame

__all__ = ["CarriedFamily"]

C = TypeVar("C", bound=Config)


class CarriedFamily(Family[C]):
    """Latents are those of a carrier, and it takes them along a field; a subclass makes both.

    Attributes:
        field: where particles go, for most a `models.fields.base.Field`; a subclass says what it is
            by its own annotation.
        carrier: what goes.
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
