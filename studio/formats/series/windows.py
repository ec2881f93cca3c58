"""Long series, cut into windows of equal length."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import MAX_COLUMNS, FormatError, check_points
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store.parts import Part

__all__ = ["LENGTH", "STEP", "check_windows", "parts", "windows"]

LENGTH = FieldSpec(
    path="length",
    kind="int",
    title="Length",
    help="Number of times per series; longer data are cut into windows.",
    default=64,
    low=4,
    high=4096,
)
STEP = FieldSpec(
    path="step",
    kind="int",
    title="Step",
    help="Times between the starts of consecutive windows.",
    default=16,
    low=1,
    high=4096,
)


def parts(length: int, channels: int) -> list[Part]:
    """Return what a row is made of: x (L, C) float32."""
    return [Part(name="x", dtype="float32", shape=[length, channels])]


def check_windows(path: Path, times: int, channels: int, length: int, step: int) -> int:
    """Return the number of windows of a series of ``times`` times.

    Raises:
        FormatError: none, or too many.
    """
    if channels > MAX_COLUMNS:
        raise FormatError(f"{path.name} has {channels:,} channels; the limit is {MAX_COLUMNS:,}.")
    count = max(0, (times - length) // step + 1)
    if count:
        check_points(path, "", count, length * channels)
    return count


def windows(
    blocks: Iterable[NDArray[np.float32]], length: int, step: int
) -> Iterator[NDArray[np.float32]]:
    """Yield the windows (n, L, C) of a series that comes in blocks (k, C), some at a time."""
    left: NDArray[np.float32] | None = None
    skip = 0  # times between two windows where the step is longer than they are
    for block in blocks:
        left = block if left is None else np.concatenate([left, block])
        gone = min(skip, len(left))
        left, skip = left[gone:], skip - gone
        count = (len(left) - length) // step + 1
        if count <= 0:
            continue
        seen: NDArray[Any] = np.lib.stride_tricks.sliding_window_view(left, length, axis=0)
        yield np.ascontiguousarray(seen[::step][:count].transpose(0, 2, 1))
        gone = min(count * step, len(left))
        skip += count * step - gone
        left = left[gone:]
