"""Animations: GIF, which every program plays; animated PNG, which keeps all colours; WebP, which is
the smallest. Pillow writes them.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.atomic import write_bytes

__all__ = ["ANIMATION_SUFFIXES", "write_animation"]

Frames = NDArray[np.uint8]
ANIMATION_SUFFIXES = (".gif", ".apng", ".webp")
PALETTE = 256
LEVELS = (6, 7, 6)  # of red, green and blue, where there are more colours than a palette holds
WEBP_QUALITY = 80


def write_animation(path: Path, frames: Frames, seconds: float, hold: float = 1.0) -> None:
    """Write frames (T, h, w, 3) of an animation; the suffix chooses the format. The animation lasts
    ``seconds`` plus ``hold`` for the last frame, then loops. A GIF uses all colours if there are at
    most 256, otherwise the four most frequent ones and a palette of 252.

    Raises:
        ValueError: invalid frames.
        FormatError: the suffix is none of ``ANIMATION_SUFFIXES``.
        StoreError: the disk refused.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not frames.size:
        raise ValueError(f"frames must be (T, h, w, 3) bytes, got {frames.shape} {frames.dtype}")
    suffix = path.suffix.lower()
    if suffix not in ANIMATION_SUFFIXES:
        raise FormatError(
            f"An animation cannot be written as {suffix or 'a file without a suffix'}.",
            f"Use one of {', '.join(ANIMATION_SUFFIXES)}.",
            kind="user",
        )
    each = seconds / len(frames)
    times = [round(1000 * each)] * (len(frames) - 1) + [round(1000 * (each + hold))]
    write_bytes(path, _encode(suffix, frames, times))


def _encode(suffix: str, frames: Frames, times: Sequence[int]) -> bytes:
    """Return a file that shows each frame for a time in milliseconds, for ever."""
    from PIL import Image

    options: dict[str, Any] = {"save_all": True, "duration": list(times), "loop": 0}
    if suffix == ".gif":
        palette, indices = _indexed(frames)
        images = [Image.fromarray(each) for each in indices]
        for image in images:
            image.putpalette(palette.tobytes())
        # A GIF counts in hundredths of a second; browsers play less than two of them slowly.
        options |= {"optimize": False, "duration": [max(20, time) for time in times]}
    else:
        images = [Image.fromarray(each) for each in frames]
    if suffix == ".webp":
        options |= {"quality": WEBP_QUALITY, "method": 4}
    made = io.BytesIO()
    known = {".gif": "GIF", ".apng": "PNG", ".webp": "WEBP"}
    images[0].save(made, known[suffix], append_images=images[1:], **options)
    return made.getvalue()


def _indexed(frames: Frames) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a palette (256, 3), and the frames (T, h, w) as places in it."""
    packed = frames.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    counts = np.bincount(packed.ravel(), minlength=1)
    colours = np.flatnonzero(counts)
    places = np.zeros(len(counts), np.uint8)  # in the palette, by colour
    palette = np.zeros((PALETTE, 3), np.uint8)
    bytes_of = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.uint8)
    if len(colours) <= PALETTE:
        palette[: len(colours)] = bytes_of
        places[colours] = np.arange(len(colours))
        return palette, places[packed]
    steps = np.array(LEVELS) - 1
    near = (bytes_of.astype(np.uint16) * steps + 127) // 255
    grid = np.stack(np.meshgrid(*map(np.arange, LEVELS), indexing="ij"), axis=-1).reshape(-1, 3)
    palette[: len(grid)] = (grid * 255 + steps // 2) // steps
    places[colours] = (near[:, 0] * LEVELS[1] + near[:, 1]) * LEVELS[2] + near[:, 2]
    frequent = counts[colours].argsort()[: -(PALETTE - len(grid)) - 1 : -1]
    for free, most in enumerate(frequent, len(grid)):  # a background keeps its colour
        palette[free], places[colours[most]] = bytes_of[most], free
    return palette, places[packed]
