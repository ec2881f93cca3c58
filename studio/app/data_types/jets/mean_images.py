"""Mean jet images by type: generated, real, and their difference in standard deviations. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.app.core.data_type import LABEL, Arrays
from pushforward.studio.app.data_types.jets.jet_paint import PIXELS, image_pixels
from pushforward.studio.app.data_types.jets.type import momenta, shares

__all__ = ["Mean", "TypeMeans", "mean_of", "means_by_type", "pull"]

Floats = NDArray[np.float64]
BLOCK = 512  # jets of which images are held at once


@dataclass(frozen=True, eq=False)
class Mean:
    """The ``mean`` (PIXELS, PIXELS) of the images of n jets, shares of the pT of each, and the
    variance by chance of that mean in each pixel.
    """

    n: int
    mean: Floats
    variance: Floats


@dataclass(frozen=True, eq=False)
class TypeMeans:
    """Of one type the generated and the real mean, None where there is no such jet."""

    name: str
    made: Mean | None
    real: Mean | None


def mean_of(arrays: Arrays, radius: float) -> Mean | None:
    """Return the mean image of jets with a cone of that radius, None of none."""
    n = len(arrays["x"])
    if not n:
        return None
    total, square = np.zeros((2, PIXELS, PIXELS))
    for start in range(0, n, BLOCK):
        some = {name: each[start : start + BLOCK] for name, each in arrays.items()}
        x, pt = momenta(some)
        images = image_pixels(x[..., :2], shares(pt), radius)
        total += images.sum(axis=0)
        square += (images**2).sum(axis=0)
    mean = total / n
    variance = np.maximum(square / n - mean**2, 0.0) / max(1, n - 1)
    return Mean(n, mean, variance)


def means_by_type(
    made: Arrays | None, real: Arrays | None, names: Sequence[str], radius: float
) -> list[TypeMeans]:
    """Return the means of some types, of all jets where there are no names; ``radius`` is R of
    their cone.
    """
    if not names:
        both = (None if side is None else mean_of(side, radius) for side in (made, real))
        return [TypeMeans("", *both)]

    def of(side: Arrays | None, name: str) -> Mean | None:
        if side is None or LABEL not in side:
            return None
        rows = np.flatnonzero(side[LABEL] == name)
        return mean_of({key: each[rows] for key, each in side.items()}, radius)

    return [TypeMeans(name, of(made, name), of(real, name)) for name in names]


def pull(made: Mean, real: Mean) -> Floats:
    """Return the difference of generated and real jets per pixel in standard deviations (Student's
    t with pooled variance); NaN if both are empty. Pooling avoids overstating pixels that the
    smaller set misses.
    """
    n, m = made.n, real.n
    squares = made.variance * n * (n - 1) + real.variance * m * (m - 1)
    deviation = np.sqrt(squares / max(1, n + m - 2) * (1 / n + 1 / m))
    some = (made.mean > 0) | (real.mean > 0)
    far = np.divide(made.mean - real.mean, deviation, out=np.zeros_like(deviation),
                    where=deviation > 0)  # fmt: skip
    return np.where(some, far, np.nan)
