"""Sine mixtures: a few oscillations of random strength and phase, at paces that go together."""

import math
from functools import cache
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.series import SeriesSet
from pushforward.models.processes import ProcessMixture
from pushforward.models.registry import dataset

__all__ = ["SineMixtureConfig", "sine_law", "sine_mixtures"]

_PACES = ((2.0, 5.0), (3.0, 8.0), (1.5, 6.5))
"""Cycles in a series of the oscillations of each sort of series: they do not fit it, so that its
end does not tell its beginning."""
_STRENGTHS = (1.0, 0.6)  # deviation of each
_LAG = 0.9  # radians by which a channel comes after the one before
_NOISE = 0.05


class SineMixtureConfig(Config, frozen=True):
    """Size of a series."""

    length: Annotated[
        int, param("Length", "Number of time steps.", low=8, high=512, unit="samples")
    ] = 48
    channels: Annotated[
        int,
        param("Channels", "Channels that oscillate together with a phase shift.", low=1, high=4),
    ] = 1


@cache
def sine_law(length: int, channels: int) -> ProcessMixture:
    """Return the distribution, a Gaussian process for each class.

    A series is sum_k a_k cos(w_k t - c lag) + b_k sin(w_k t - c lag) + noise, a_k and b_k normal.
    """
    time = torch.arange(length, dtype=torch.float64) / length
    lag = _LAG * torch.arange(channels, dtype=torch.float64)
    found = [_covariance(time, lag, paces) for paces in _PACES]
    k = len(found)
    return ProcessMixture(torch.full((k,), 1.0 / k, dtype=torch.float64), torch.stack(found))


def _covariance(time: Tensor, lag: Tensor, paces: tuple[float, ...]) -> Tensor:
    d = len(time) * len(lag)
    total = _NOISE**2 * torch.eye(d, dtype=torch.float64)
    for pace, strength in zip(paces, _STRENGTHS, strict=True):
        angle = (2.0 * math.pi * pace * time[:, None] - lag).flatten()
        total += strength**2 * (angle[:, None] - angle).cos()
    return total


@dataset(
    "sine-mixtures",
    title="Sine mixtures",
    summary="Two oscillations with random amplitude and phase plus noise, at one of three pairs "
    "of frequencies: the distribution of masked values is known exactly.",
    source="by definition; law: Rasmussen and Williams 2006, section 2.2",
    holds="series",
    config=SineMixtureConfig,
)
def sine_mixtures(config: SineMixtureConfig, n: int, seed: int) -> SeriesSet:
    """Draw n series."""
    law = sine_law(config.length, config.channels)
    x = law.draw(n, data_generator(n, seed)).float().reshape(n, config.length, config.channels)
    return SeriesSet(x, tuple(f"channel {i + 1}" for i in range(config.channels)), law=law)
