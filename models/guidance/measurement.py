"""Linear measurements of rows, y = A x, and guidance towards them."""

import math
from abc import abstractmethod
from copy import copy
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor
from torch.nn import functional

from pushforward.models.contracts.abilities import Denoise
from pushforward.models.contracts.batch import Batch
from pushforward.models.guidance.base import DenoiseOf, Guidance

__all__ = [
    "Averages",
    "Blurred",
    "Grey",
    "KnownValues",
    "Measured",
    "Measurement",
    "MeasurementGuidance",
]

LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue are to the eye (ITU-R BT.601, section 2.5.1)."""
LEAST_GAIN = 0.05
"""Of a blur: what comes through weaker than that is taken as not known, or its noise would be made
twenty times as loud."""


class Measurement(Protocol):
    """A linear map A of rows x (n, *shape), with a right inverse A+, so that A A+ = 1."""

    def apply(self, x: Tensor) -> Tensor:
        """Return A x, (n, ...)."""
        ...

    def pseudo_inverse(self, y: Tensor) -> Tensor:
        """Return A+ y, (n, *shape)."""
        ...


@dataclass(frozen=True)
class KnownValues:
    """Some numbers of each row are known, (n, *shape) bool; of the others A x says 0."""

    places: Tensor

    def apply(self, x: Tensor) -> Tensor:
        return torch.where(self.places, x, 0.0)

    def pseudo_inverse(self, y: Tensor) -> Tensor:
        return torch.where(self.places, y, 0.0)


@dataclass(frozen=True)
class Averages:
    """Only means over squares of ``side`` x ``side`` pixels are known, x (n, C, H, W)."""

    side: int

    def apply(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, self.side)

    def pseudo_inverse(self, y: Tensor) -> Tensor:
        return functional.interpolate(y, scale_factor=float(self.side), mode="nearest")


@dataclass(frozen=True)
class Grey:
    """Only the brightness of each pixel is known, x (n, 3, H, W) -> (n, 1, H, W)."""

    def apply(self, x: Tensor) -> Tensor:
        weights = x.new_tensor(LUMA).reshape(3, 1, 1)
        return (x * weights).sum(dim=1, keepdim=True)

    def pseudo_inverse(self, y: Tensor) -> Tensor:
        return y.expand(-1, 3, -1, -1)


@dataclass(frozen=True)
class Blurred:
    """Only images under a Gaussian blur of deviation ``width`` pixels are known, x (n, C, H, W).

    At the edges the image is reflected: the blur is then diagonal in the cosine basis, with the
    gain exp(-(width f)^2 / 2) at the angular frequency f = pi k / N of its k-th wave along a side
    of N pixels (Hoogeboom and Salimans 2022, arXiv:2209.05557, section 2.2). Waves that come
    through weaker than `LEAST_GAIN` are not known, and of the others A+ undoes the blur.
    """

    width: float

    def blur(self, x: Tensor) -> Tensor:
        """Return images as they look under the blur, all waves of them."""
        return self._filtered(x, self._gain(x))

    def apply(self, x: Tensor) -> Tensor:
        gain = self._gain(x)
        return self._filtered(x, torch.where(gain >= LEAST_GAIN, gain, 0.0))

    def seen(self, y: Tensor) -> Tensor:
        """Return what of blurred images y is known."""
        return self._filtered(y, (self._gain(y) >= LEAST_GAIN).to(y))

    def pseudo_inverse(self, y: Tensor) -> Tensor:
        gain = self._gain(y)
        return self._filtered(y, torch.where(gain >= LEAST_GAIN, 1 / gain, 0.0))

    def _gain(self, x: Tensor) -> Tensor:
        """Return the gain of each wave, (H, W)."""
        down, across = (
            torch.exp(-0.5 * (self.width * math.pi * torch.arange(n) / n) ** 2).to(x)
            for n in x.shape[-2:]
        )
        return down[:, None] * across

    @staticmethod
    def _filtered(x: Tensor, gain: Tensor) -> Tensor:
        down, across = (_cosines(n).to(x) for n in x.shape[-2:])
        return down.T @ (gain * (down @ x @ across.T)) @ across


def _cosines(n: int) -> Tensor:
    """Return the orthonormal cosine basis of n numbers, a wave a row (DCT-II), (n, n)."""
    k, place = torch.arange(n)[:, None], torch.arange(n) + 0.5
    waves = torch.cos(math.pi * k * place / n) * math.sqrt(2.0 / n)
    waves[0] /= math.sqrt(2.0)
    return waves


@dataclass(frozen=True)
class Measured:
    """What was measured of some rows: y = A x, (n, ...), standardised."""

    y: Tensor
    measurement: Measurement


class MeasurementGuidance(Guidance):
    """Guides samples towards their measurements."""

    measured: Measured | None = None

    def to(self, measured: Measured) -> Self:
        """Return the same guidance towards a measurement."""
        other = copy(self)
        other.measured = measured
        return other

    def guide(self, denoise_of: DenoiseOf, rows: Batch) -> Denoise:
        if self.measured is None:
            raise ValueError("nothing was measured that could be led to")
        return self.constrain(denoise_of(rows), self.measured)

    @abstractmethod
    def constrain(self, denoise: Denoise, measured: Measured) -> Denoise:
        """Return D(x, s) held to what was measured."""
