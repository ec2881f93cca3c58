"""An autoregressive process of second order: noise that remembers, and swings."""

from functools import cache
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.series import SeriesSet
from pushforward.models.processes import ProcessMixture
from pushforward.models.registry import dataset

__all__ = ["Ar2Config", "ar2", "ar2_law", "autocovariances"]

_FIRST, _SECOND, _NOISE = 1.6, -0.85, 1.0
"""x_t = 1.6 x_(t-1) - 0.85 x_(t-2) + e_t, e_t ~ N(0, 1): it swings once in about twelve times, and
forgets half of a swing within nine."""


class Ar2Config(Config, frozen=True):
    """Size of a series."""

    length: Annotated[
        int, param("Length", "Number of time steps.", low=8, high=512, unit="samples")
    ] = 48


def autocovariances(count: int) -> Tensor:
    """Return the covariance with itself at the lags from 0 to count - 1, (count,) float64, by the
    equations of Yule and Walker (Box and Jenkins 1970, eqs. 3.2.17 to 3.2.20).
    """
    ratio = _FIRST / (1.0 - _SECOND)
    variance = _NOISE**2 / (1.0 - _FIRST * ratio - _SECOND * (_FIRST * ratio + _SECOND))
    found = [variance, variance * ratio]
    while len(found) < count:
        found.append(_FIRST * found[-1] + _SECOND * found[-2])
    return torch.tensor(found[:count], dtype=torch.float64)


@cache
def ar2_law(length: int) -> ProcessMixture:
    """Return the stationary distribution of a stretch of the process."""
    time = torch.arange(length)
    covariance = autocovariances(length)[(time[:, None] - time).abs()]
    return ProcessMixture(torch.ones(1, dtype=torch.float64), covariance[None])


@dataset(
    "ar2",
    title="AR(2) process",
    summary="Each value depends on the two before it plus noise, so series oscillate "
    "irregularly: the best forecast and its uncertainty are known exactly.",
    source="Yule 1927, doi:10.1098/rsta.1927.0007; Box and Jenkins 1970, section 3.2.4",
    holds="series",
    config=Ar2Config,
)
def ar2(config: Ar2Config, n: int, seed: int) -> SeriesSet:
    """Draw n stretches of the process."""
    law = ar2_law(config.length)
    x = law.draw(n, data_generator(n, seed)).float()[..., None]
    return SeriesSet(x, ("x",), law=law)
