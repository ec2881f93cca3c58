"""Notes: short sounds of known pitch, by additive synthesis and frequency modulation."""

import math
from typing import Annotated

import torch

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.series import SeriesSet
from pushforward.models.registry import dataset

__all__ = ["NOTES", "RATE", "NotesConfig", "notes", "pitches"]

RATE = 8000
"""Samples a second."""
NOTES = ("A4", "C5", "D5", "E5", "G5")
_SEMITONES = (0, 3, 5, 7, 10)  # above A4
_A4 = 440.0  # Hz
_PARTIALS = 3
_MOST_INDEX = 0.8  # of the modulation


class NotesConfig(Config, frozen=True):
    """Length of a sound."""

    length: Annotated[
        int, param("Length", "Samples per sound, at 8,000 per second.", low=64, high=4096)
    ] = 512


def pitches() -> torch.Tensor:
    """Return the pitch of each note in Hz, (5,): equal temperament from A4 = 440 Hz (ISO 16)."""
    return _A4 * 2.0 ** (torch.tensor(_SEMITONES) / 12.0)


@dataset(
    "notes",
    title="Notes",
    summary="Sounds of 64 ms at five pitches: strings with random partials, or bells (frequency "
    "modulation).",
    source="Mathews 1963, doi:10.1126/science.142.3592.553 (additive synthesis); Chowning 1973, "
    "J. Audio Eng. Soc. 21, 526 (frequency modulation)",
    holds="series",
    config=NotesConfig,
)
def notes(config: NotesConfig, n: int, seed: int) -> SeriesSet:
    """Draw n sounds at random phase, half of either sort."""
    generator = data_generator(n, seed)
    label = torch.randint(len(NOTES), (n,), generator=generator)
    time = torch.arange(config.length) / RATE
    angle = 2.0 * math.pi * pitches()[label][:, None] * time
    phase = 2.0 * math.pi * torch.rand((n, _PARTIALS + 1), generator=generator)
    shade = torch.rand((n, _PARTIALS), generator=generator)
    strings = torch.zeros_like(angle)
    for k in range(_PARTIALS):
        # The first is the strongest: it is the pitch.
        strength = 1.0 if k == 0 else 0.5 * shade[:, k, None] / k
        strings += strength * ((k + 1) * angle + phase[:, k, None]).sin()
    index = _MOST_INDEX * shade[:, 0, None]
    bells = (angle + phase[:, :1] + index * (2.0 * angle + phase[:, -1:]).sin()).sin()
    sort = torch.rand((n, 1), generator=generator) < 0.5
    loud = 0.2 + 0.3 * torch.rand((n, 1), generator=generator)
    fades = torch.exp(-time * 20.0 * torch.rand((n, 1), generator=generator))
    x = loud * fades * torch.where(sort, strings, bells)
    return SeriesSet(x[..., None], ("sound",), RATE, label, NOTES)
