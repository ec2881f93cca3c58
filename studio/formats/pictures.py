"""Pictures: images as arrays, or on one sheet of pixels; PNG is written with zlib alone."""

import json
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio.formats.arrays import ARRAY_SUFFIXES
from studio.formats.limits import FormatError
from studio.formats.registry import discover
from studio.formats.tables.registry import registry
from studio.store.atomic import write_bytes

__all__ = ["IMAGE_SUFFIXES", "MOST_ON_A_SHEET", "sheet", "write_images", "write_png"]

IMAGE_SUFFIXES = (*ARRAY_SUFFIXES, ".png")
MOST_ON_A_SHEET = 1024
SMALLEST = 512
GAP = 0.1


def write_images(path: Path, x: ArrayLike, attrs: Mapping[str, Any] | None = None) -> None:
    """Write images x (n, C, H, W) to a file whose suffix says how, replacing it atomically.

    NPZ and HDF5 hold the numbers as they are, "x" float32, and PNG one sheet of the first (at most
    1,024) images. ``attrs`` says where they come from (plain JSON): "provenance", in PNG a comment.

    Raises:
        ValueError: x is not (n, C, H, W) with C 1 or 3 and n at least 1.
        FormatError: images cannot be written with this suffix.
        StoreError: the disk refused.
    """
    data = np.asarray(x, np.float32)
    if data.ndim != 4 or data.shape[1] not in (1, 3) or not data.size:
        raise ValueError(f"x must be images (n, 1 or 3, H, W), got {data.shape}")
    suffix = path.suffix.lower()
    if suffix not in IMAGE_SUFFIXES:
        raise FormatError(
            f"Images cannot be written as {suffix or 'a file without a suffix'}.",
            f"Use one of {', '.join(IMAGE_SUFFIXES)}.",
            kind="user",
        )
    if suffix == ".png":
        write_png(path, sheet(data[:MOST_ON_A_SHEET]), {"Comment": json.dumps(dict(attrs or {}))})
        return
    discover()
    registry.for_path(path, writing=True).write(path, data, (), attrs or {})


def sheet(
    images: NDArray[np.floating], columns: int = 0, smallest: int = SMALLEST
) -> NDArray[np.uint8]:
    """Return images (n, C, H, W) of values in [0, 1], C 1 or 3, row by row in so many columns, or
    for 0 in a nearly square grid.

    Values outside are clipped; what is not finite is black. Pixels are whole numbers of pixels
    large, so that the sheet has at least ``smallest`` on its longer side. Returns (h, w, 3).
    """
    n, channels, height, width = images.shape
    if not n:
        raise ValueError("a sheet needs at least one image")
    columns = columns or math.ceil(math.sqrt(n * height / width))
    rows = math.ceil(n / columns)
    scale = max(1, math.ceil(smallest / max(columns * width, rows * height)))
    high, wide = scale * height, scale * width
    gap = max(1, round(GAP * scale * min(height, width)))
    bytes_ = np.nan_to_num(images, nan=0.0).clip(0.0, 1.0) * 255.0 + 0.5
    colours = bytes_.astype(np.uint8)[:, [min(c, channels - 1) for c in range(3)]]
    large = colours.repeat(scale, axis=2).repeat(scale, axis=3).transpose(0, 2, 3, 1)
    made = np.full((gap + rows * (high + gap), gap + columns * (wide + gap), 3), 32, np.uint8)
    for index, image in enumerate(large):
        row, column = divmod(index, columns)
        top, left = gap + row * (high + gap), gap + column * (wide + gap)
        made[top : top + high, left : left + wide] = image
    return made


def write_png(path: Path, image: NDArray[np.uint8], texts: Mapping[str, str] | None = None) -> None:
    """Write an (h, w, 3) uint8 image; ``texts`` are kept in the file under their keywords.

    Raises:
        StoreError: the disk refused.
    """
    height, width, _ = image.shape
    # Each row starts with its filter: none.
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    for key, text in (texts or {}).items():
        body = key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")
        chunks.append((b"iTXt", body))
    chunks += [(b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")]
    write_bytes(path, b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(k, body) for k, body in chunks))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
