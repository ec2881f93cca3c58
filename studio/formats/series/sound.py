"""Sounds: WAV files, brought to 8,000 samples a second in one channel, and cut."""

import struct
import wave
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import importer
from pushforward.studio.formats.series.windows import LENGTH, STEP, check_windows, parts, windows
from pushforward.studio.formats.series.writing import RATE
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import Schema

__all__ = ["Sounds"]

_SHOWN = 6
_SECONDS = 600  # of a file at most: a sound is brought to another rate as a whole
_HINT = "Save it as WAV with linear PCM of 8, 16, 24 or 32 bits."


@importer
class Sounds(Importer):
    """Linear PCM of any rate and number of channels, which are mixed into one."""

    slug = "wav"
    kind = "series"
    title = "Sounds: windows of a WAV file"
    suffixes = (".wav",)
    options = (LENGTH, STEP)

    def claims(self, path: Path) -> bool:
        """Say whether a file begins as RIFF WAVE does."""
        with open(path, "rb") as file:
            head = file.read(12)
        return head[:4] == b"RIFF" and head[8:] == b"WAVE"

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Say how long sounds are, at which rate, and how many windows that comes to."""
        length, step = int(options["length"]), int(options["step"])
        rows, preview, problems, notes = 0, {}, [], []
        try:
            for path in paths:
                times, rate = _outline(path)
                rows += check_windows(path, times, 1, length, step)
                said = "" if rate == RATE else f", from {rate:,}"
                notes.append(f"{times / RATE:.2f} s at {RATE:,} samples a second{said}.")
            if not rows:
                raise _short(paths[0], length)
            first = next(_blocks(paths, length, step))["x"]
            preview = {"x": first[:_SHOWN].tolist()}
        except FormatError as error:
            rows, problems = 0, [f"{error.message} {error.hint}".strip()]
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format="WAV",
            bytes=0,
            rows=rows,
            parts=parts(length, 1),
            preview=preview,
            problems=problems,
            notes=notes[:3],
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the windows of all files."""
        length, step = int(options["length"]), int(options["step"])
        total = sum(check_windows(path, _outline(path)[0], 1, length, step) for path in paths)
        if not total:
            raise _short(paths[0], length)
        facts = {"channels": ["sound"], "rate": RATE}
        schema = Schema(kind=self.kind, parts=parts(length, 1), facts=facts)
        return Rows(schema, _blocks(paths, length, step), total)


def _short(path: Path, length: int) -> FormatError:
    return FormatError(
        f"{path.name} has fewer than {length:,} samples at {RATE:,} a second.",
        "Choose a shorter length, or a longer sound.",
    )


@contextmanager
def _opened(path: Path) -> Iterator[wave.Wave_read]:
    """Open a sound.

    Raises:
        FormatError: it is none, damaged, or none of linear PCM.
    """
    try:
        with wave.open(str(path), "rb") as file:
            yield file
    except (wave.Error, EOFError, ValueError, RuntimeError, struct.error) as error:
        # The library says nothing of a chunk that ends beyond its file.
        why = str(error) or "it is damaged"
        raise FormatError(f"{path.name} is not a readable sound: {why}.", _HINT) from error


def _outline(path: Path) -> tuple[int, int]:
    """Return how many samples a sound comes to at `RATE`, and its own rate.

    Raises:
        FormatError: it is none that can be taken.
    """
    with _opened(path) as file:
        rate, frames, width = file.getframerate(), file.getnframes(), file.getsampwidth()
        if not 1_000 <= rate <= 768_000 or width not in (1, 2, 3, 4) or not file.getnchannels():
            raise FormatError(f"{path.name} has {rate:,} samples a second of {width} bytes.", _HINT)
        # What a file declares is held against what there is of it.
        frames = min(frames, path.stat().st_size // (width * file.getnchannels()))
        if frames > _SECONDS * rate:
            raise FormatError(
                f"{path.name} lasts {frames / rate:,.0f} seconds; the limit is {_SECONDS:,}.",
                "Cut it into several files.",
            )
        return -(-frames * RATE // rate), rate


def _read(path: Path) -> NDArray[np.float32]:
    """Return a sound (n, 1) in [-1, 1] at `RATE`."""
    _, rate = _outline(path)
    with _opened(path) as file:
        raw, width = file.readframes(file.getnframes()), file.getsampwidth()
        channels = file.getnchannels()
    whole = len(raw) // (width * channels) * width * channels
    x = _decoded(raw[:whole], width).reshape(-1, channels).mean(axis=1)
    if rate != RATE and len(x):
        from scipy.signal import resample_poly

        common = gcd(rate, RATE)
        x = resample_poly(x, RATE // common, rate // common)
    return np.asarray(x, np.float32)[:, None]


def _decoded(raw: bytes, width: int) -> NDArray[np.float64]:
    """Return samples of linear PCM in [-1, 1): bytes are unsigned, all others signed."""
    if width == 1:
        return np.frombuffer(raw, np.uint8).astype(np.float64) / 128 - 1.0
    if width == 3:
        octets = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        padded = np.zeros((len(octets), 4), np.uint8)
        padded[:, 1:] = octets
        return padded.view("<i4")[:, 0].astype(np.float64) / 2**31
    if width == 2:
        return np.frombuffer(raw, "<i2").astype(np.float64) / 2**15
    return np.frombuffer(raw, "<i4").astype(np.float64) / 2**31


def _blocks(paths: Sequence[Path], length: int, step: int) -> Iterator[Block]:
    for path in paths:
        for x in windows([_read(path)], length, step):
            yield {"x": x}
