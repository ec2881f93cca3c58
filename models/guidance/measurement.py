"""What was measured of rows, y = A x, and guidance that leads samples to it."""

from abc import abstractmethod
from copy import copy
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor
from torch.nn import functional

from models.contracts.abilities import Denoise
from models.contracts.batch import Batch
from models.guidance.base import DenoiseOf, Guidance

__all__ = ["Averages", "Known", "Measured", "Measurement", "MeasurementGuidance"]


class Measurement(Protocol):
    """A linear map A of rows x (n, *shape), with a right inverse A+, so that A A+ = 1."""

    def of(self, x: Tensor) -> Tensor:
        """Return A x, (n, ...)."""
        ...

    def back(self, y: Tensor) -> Tensor:
        """Return A+ y, (n, *shape)."""
        ...


@dataclass(frozen=True)
class Known:
    """Some numbers of each row are known, (n, *shape) bool; of the others A x says 0."""

    places: Tensor

    def of(self, x: Tensor) -> Tensor:
        return torch.where(self.places, x, 0.0)

    def back(self, y: Tensor) -> Tensor:
        return torch.where(self.places, y, 0.0)


@dataclass(frozen=True)
class Averages:
    """Only means over squares of ``side`` x ``side`` pixels are known, x (n, C, H, W)."""

    side: int

    def of(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, self.side)

    def back(self, y: Tensor) -> Tensor:
        return functional.interpolate(y, scale_factor=float(self.side), mode="nearest")


@dataclass(frozen=True)
class Measured:
    """What was measured of some rows: y = A x, (n, ...), standardised."""

    y: Tensor
    measurement: Measurement


class MeasurementGuidance(Guidance):
    """Leads samples to what was measured of them."""

    measured: Measured | None = None

    def to(self, measured: Measured) -> Self:
        """Return the same guidance towards a measurement."""
        other = copy(self)
        other.measured = measured
        return other

    def guide(self, denoise_of: DenoiseOf, rows: Batch) -> Denoise:
        if self.measured is None:
            raise ValueError("nothing was measured that could be led to")
        return self.held(denoise_of(rows), self.measured)

    @abstractmethod
    def held(self, denoise: Denoise, measured: Measured) -> Denoise:
        """Return D(x, s) held to what was measured."""
