"""The mask of an inpainting on the command line: an image file, or a region by its name."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.model_loading import newest_checkpoint
from pushforward.studio.formats.images.decoding import Undecodable, decoded
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError

__all__ = ["REGIONS", "read_mask"]

REGIONS = ("left", "right", "top", "bottom", "middle")
MOST_BYTES = 64 * 2**20


def read_mask(text: str, run: RunFolder) -> Any:
    """Return a mask (1, *shape), 1 for known and 0 for sampled pixels, as nested lists.

    Args:
        text: a region of known pixels, or an image file in which they are white.
        run: its data must be images.

    Raises:
        UsageError: neither, wrong image size, or the data are not images.
    """
    shape = saved_data(newest_checkpoint(run)).shape
    if len(shape) != 3:
        raise UsageError(
            f"--rows known={text}: only images have regions; write it as JSON, such as [[1, 0]]"
        )
    known = _region(text, shape[1:]) if text in REGIONS else _picture(text, shape[1:])
    return np.broadcast_to(known, (1, *shape)).astype(int).tolist()


def _region(name: str, size: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels (h, w) are in a region."""
    down, across = (np.arange(n) for n in size)
    high, wide = size
    middle = (
        (abs(2 * down + 1 - high) <= high // 2)[:, None] & (abs(2 * across + 1 - wide) <= wide // 2)
    )  # fmt: skip
    halves = {
        "left": across < wide // 2,
        "right": across >= wide // 2,
        "top": (down < high // 2)[:, None],
        "bottom": (down >= high // 2)[:, None],
    }
    return np.broadcast_to(halves.get(name, middle), size)


def _picture(text: str, size: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels (h, w) of an image file are white."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise UsageError(
            f"--rows known={text}: there is no such file; name an image file whose white "
            f"pixels are known, a region ({', '.join(REGIONS)}), or write the mask as JSON"
        )
    if path.stat().st_size > MOST_BYTES:
        raise UsageError(f"--rows known={text}: the file is larger than 64 MB")
    try:
        pixels = decoded(path.read_bytes())
    except (Undecodable, OSError) as error:
        raise UsageError(f"--rows known={text}: {error}") from error
    if pixels.shape[:2] != size:
        high, wide = pixels.shape[:2]
        raise UsageError(
            f"--rows known={text}: the image has {wide} x {high} pixels, and the data have "
            f"{size[1]} x {size[0]}; resize it"
        )
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    return np.asarray(grey >= 128)
