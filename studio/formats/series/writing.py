"""Series as files: a line a time, or sounds one after the other."""

import io
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cells import harmless, with_commas
from pushforward.studio.store.atomic import write_bytes, write_text

__all__ = ["RATE", "sound", "write_sound", "write_table"]

RATE = 8000
"""Samples a second of every sound."""
_PAUSE = 0.1  # seconds between two series


def write_table(path: Path, x: NDArray[Any], channels: Sequence[str] = ()) -> None:
    """Write series (n, L, C) as CSV: a line for each time of each, with their numbers from 0."""
    n, length, count = x.shape
    names = list(channels) if len(channels) == count else [f"x{i + 1}" for i in range(count)]
    lines = (
        [row, time, *(f"{float(value):.9g}" for value in x[row, time])]
        for row in range(n)
        for time in range(length)
    )
    write_text(path, with_commas(["series", "time", *map(harmless, names)], lines))


def sound(x: NDArray[Any], rate: int = RATE) -> bytes:
    """Return series (n, L, C) as the bytes of a WAV file of 16 bits and ``rate`` samples a second,
    one after the other with a pause between, as many channels as they have. All are made less loud
    by the same factor where one is beyond what a file can hold.
    """
    x = np.nan_to_num(np.asarray(x, np.float64))
    loudest = max(1.0, float(np.abs(x).max(initial=0.0)))
    pause = np.zeros((round(_PAUSE * rate), x.shape[2]))
    parts = [part for row in x for part in (row / loudest, pause)]
    samples = np.concatenate(parts or [pause])
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(x.shape[2])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(32767 * samples).astype("<i2").tobytes())
    return body.getvalue()


def write_sound(path: Path, x: NDArray[Any]) -> None:
    """Write series as a WAV file; see `sound`."""
    write_bytes(path, sound(x))
