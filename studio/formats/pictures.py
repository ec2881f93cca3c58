"""Pictures: images as arrays, on one sheet of pixels, or each as a file in a zip; PNG is written
with zlib alone.
"""

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pushforward.studio.formats.arrays import ARRAY_SUFFIXES
from pushforward.studio.formats.cells import with_commas
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import discover
from pushforward.studio.formats.tables.registry import registry
from pushforward.studio.store.atomic import write_bytes

__all__ = ["IMAGE_SUFFIXES", "MOST_ON_A_SHEET", "coloured", "sheet", "write_images", "write_png"]

IMAGE_SUFFIXES = (*ARRAY_SUFFIXES, ".png", ".zip")
MOST_ON_A_SHEET = 1024
MOST_IN_A_ZIP = 100_000
SMALLEST = 512
GAP = 0.1
TABLE = "images.csv"


def write_images(
    path: Path,
    x: ArrayLike,
    attrs: Mapping[str, Any] | None = None,
    folders: Sequence[str] = (),
) -> None:
    """Write images x (n, C, H, W) to a file whose suffix chooses the format, replacing it
    atomically.

    NPZ and HDF5 hold "x" float32, PNG one sheet of the first (at most 1,024) images, a zip one PNG
    per image, in class ``folders`` (n,) if given, and images.csv, a line an image. ``attrs`` is the
    provenance (plain JSON): "provenance", in PNG a comment, in a zip provenance.json.

    Raises:
        ValueError: x is not (n, C, H, W) with C 1 or 3 and n at least 1.
        FormatError: images cannot be written with this suffix, or there are too many.
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
    if suffix == ".zip":
        write_bytes(path, _zipped(data, attrs or {}, folders))
        return
    discover()
    registry.for_path(path, writing=True).write(path, data, (), attrs or {})


def sheet(
    images: NDArray[np.floating], columns: int = 0, smallest: int = SMALLEST
) -> NDArray[np.uint8]:
    """Return images (n, C, H, W) with values in [0, 1], C 1 or 3, as a sheet (h, w, 3) with
    ``columns`` columns, 0 for a nearly square grid. Values are clipped, non-finite ones are black.
    Pixels are enlarged by an integer, so that the longer side has at least ``smallest`` pixels.
    """
    n, _, height, width = images.shape
    if not n:
        raise ValueError("a sheet needs at least one image")
    columns = columns or math.ceil(math.sqrt(n * height / width))
    rows = math.ceil(n / columns)
    scale = max(1, math.ceil(smallest / max(columns * width, rows * height)))
    high, wide = scale * height, scale * width
    gap = max(1, round(GAP * scale * min(height, width)))
    colours = coloured(images)
    large = colours.repeat(scale, axis=2).repeat(scale, axis=3).transpose(0, 2, 3, 1)
    made = np.full((gap + rows * (high + gap), gap + columns * (wide + gap), 3), 32, np.uint8)
    for index, image in enumerate(large):
        row, column = divmod(index, columns)
        top, left = gap + row * (high + gap), gap + column * (wide + gap)
        made[top : top + high, left : left + wide] = image
    return made


def coloured(images: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return images (n, C, H, W) of values in [0, 1] as bytes of red, green and blue, (n, 3, H, W);
    what is not finite is black.
    """
    bytes_ = np.nan_to_num(images, nan=0.0).clip(0.0, 1.0) * 255.0 + 0.5
    channels = [min(c, images.shape[1] - 1) for c in range(3)]
    found: NDArray[np.uint8] = bytes_.astype(np.uint8)[:, channels]
    return found


def _zipped(
    images: NDArray[np.floating], attrs: Mapping[str, Any], folders: Sequence[str]
) -> bytes:
    if len(images) > MOST_IN_A_ZIP:
        raise FormatError(
            f"{len(images):,} images are too many files; a zip takes {MOST_IN_A_ZIP:,}.",
            "Write fewer of them, or all as .npz or .h5.",
            kind="user",
        )
    found = io.BytesIO()
    digits = len(str(len(images) - 1))
    names = [f"{place:0{digits}d}.png" for place in range(len(images))]
    if folders:
        names = [f"{folder}/{name}" for folder, name in zip(folders, names, strict=True)]
    lines = [[name, *folders[place : place + 1]] for place, name in enumerate(names)]
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr(zipfile.ZipInfo("provenance.json"), json.dumps(dict(attrs)))
        head = ("file", "class") if folders else ("file",)
        archive.writestr(zipfile.ZipInfo(TABLE), with_commas(head, lines))
        for name, image in zip(names, coloured(images), strict=True):
            archive.writestr(zipfile.ZipInfo(name), _png(image.transpose(1, 2, 0), {}))
    return found.getvalue()


def write_png(path: Path, image: NDArray[np.uint8], texts: Mapping[str, str] | None = None) -> None:
    """Write an (h, w, 3) uint8 image; ``texts`` are kept in the file under their keywords.

    Raises:
        StoreError: the disk refused.
    """
    write_bytes(path, _png(image, texts or {}))


def _png(image: NDArray[np.uint8], texts: Mapping[str, str]) -> bytes:
    height, width, _ = image.shape
    # Each row starts with its filter: none.
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    for key, text in texts.items():
        body = key.encode("latin-1") + b"\0\0\0\0\0" + text.encode("utf-8")
        chunks.append((b"iTXt", body))
    chunks += [(b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(k, body) for k, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
