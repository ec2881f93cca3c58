"""Pictures that move: GIF, which every program plays, and animated PNG, which keeps all colours.

Both are written with NumPy and zlib alone.
"""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.atomic import write_bytes

__all__ = ["ANIMATION_SUFFIXES", "write_animation"]

Frames = NDArray[np.uint8]
ANIMATION_SUFFIXES = (".gif", ".apng")
PALETTE = 256
LEVELS = (6, 7, 6)  # of red, green and blue, where there are more colours than a palette holds
CLEAR, END = 256, 257
RUN = 250  # codes after which the table is cleared: all of them then have nine bits
BLOCK = 255  # bytes


def write_animation(path: Path, frames: Frames, seconds: float, hold: float = 1.0) -> None:
    """Write frames (T, h, w, 3) of an animation; the suffix chooses the format. The animation lasts
    ``seconds`` plus ``hold`` for the last frame, then loops. A GIF uses all colours if there are at
    most 256, otherwise the four most frequent ones and a palette of 252.

    Raises:
        ValueError: invalid frames.
        FormatError: the suffix is neither .gif nor .apng.
        StoreError: the disk refused.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not frames.size:
        raise ValueError(f"frames must be (T, h, w, 3) bytes, got {frames.shape} {frames.dtype}")
    suffix = path.suffix.lower()
    each = seconds / len(frames)
    times = [each] * (len(frames) - 1) + [each + hold]
    if suffix == ".gif":
        write_bytes(path, _gif(frames, times))
    elif suffix == ".apng":
        write_bytes(path, _apng(frames, times))
    else:
        raise FormatError(
            f"An animation cannot be written as {suffix or 'a file without a suffix'}.",
            f"Use one of {', '.join(ANIMATION_SUFFIXES)}.",
            kind="user",
        )


def _gif(frames: Frames, times: Sequence[float]) -> bytes:
    """GIF89a; its loop is Netscape's extension."""
    _, height, width, _ = frames.shape
    palette, indices = _indexed(frames)
    parts = [b"GIF89a", struct.pack("<HHBBB", width, height, 0xF7, 0, 0), palette.tobytes()]
    parts.append(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")
    for frame, time in zip(indices, times, strict=True):
        parts.append(b"\x21\xf9\x04" + struct.pack("<BHBB", 4, max(2, round(100 * time)), 0, 0))
        parts.append(b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x08")
        data = _codes(frame.ravel())
        parts += [
            bytes([len(block)]) + block
            for block in (data[i : i + BLOCK] for i in range(0, len(data), BLOCK))
        ]
        parts.append(b"\x00")
    parts.append(b"\x3b")
    return b"".join(parts)


def _indexed(frames: Frames) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a palette (256, 3), and the frames (T, h, w) as places in it."""
    packed = frames.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    palette = np.zeros((PALETTE, 3), np.uint8)
    if len(colours) <= PALETTE:
        palette[: len(colours)] = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1)
        return palette, places.reshape(packed.shape).astype(np.uint8)
    steps = np.array(LEVELS) - 1
    near = (frames.astype(np.uint16) * steps + 127) // 255
    grid = np.stack(np.meshgrid(*map(np.arange, LEVELS), indexing="ij"), axis=-1).reshape(-1, 3)
    palette[: len(grid)] = (grid * 255 + steps // 2) // steps
    place = (near[..., 0] * LEVELS[1] + near[..., 1]) * LEVELS[2] + near[..., 2]
    for free, most in enumerate(counts.argsort()[: -(PALETTE - len(grid)) - 1 : -1], len(grid)):
        exact = packed == colours[most]  # a background keeps its colour
        palette[free], place[exact] = frames[exact][0], free
    return palette, place.astype(np.uint8)


def _codes(pixels: NDArray[np.uint8]) -> bytes:
    """Return pixels as the codes of LZW, of nine bits each: a table that is cleared before it grows
    compresses nothing, and takes no loop over the pixels to write.
    """
    n = len(pixels)
    runs = -(-n // RUN)
    codes = np.full((runs, RUN + 1), CLEAR, np.uint16)
    flat = np.full(runs * RUN, END, np.uint16)
    flat[:n] = pixels
    codes[:, 1:] = flat.reshape(runs, RUN)
    used = np.append(codes.ravel()[: n + runs], np.uint16(END))
    bits = used[:, None] >> np.arange(9, dtype=np.uint16) & 1
    return np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()


def _apng(frames: Frames, times: Sequence[float]) -> bytes:
    """Animated PNG, as the third edition of the standard has it (W3C 2025, section 4.9)."""
    count, height, width, _ = frames.shape
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"acTL", struct.pack(">II", count, 0)),
    ]
    order = 0
    for place, (frame, time) in enumerate(zip(frames, times, strict=True)):
        control = struct.pack(
            ">IIIIIHHBB", order, width, height, 0, 0, max(1, round(1000 * time)), 1000, 0, 0
        )
        chunks.append((b"fcTL", control))
        order += 1
        rows = np.zeros((height, 1 + 3 * width), np.uint8)
        rows[:, 1:] = frame.reshape(height, -1)
        data = zlib.compress(rows.tobytes(), 6)
        if place:
            chunks.append((b"fdAT", struct.pack(">I", order) + data))
            order += 1
        else:
            chunks.append((b"IDAT", data))
    chunks.append((b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
