"""Maps of classes as pictures: each class in its colour, with a legend of their numbers."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.formats.cubes.palette import NOTHING, class_colours
from studio.formats.pictures import write_png
from studio.store.atomic import write_bytes

__all__ = ["coloured", "legend", "write_map", "write_numbers"]

LONGEST = 580  # pixels that the longer side of the picture has at least
SWATCH, ROOM, DOT = 24, 8, 2
# 3 x 5 dots each, row by row.
_DIGITS = [
    "111101101101111",
    "010110010010111",
    "111001111100111",
    "111001111001111",
    "101101111001001",
    "111100111001111",
    "111100111101111",
    "111001010010010",
    "111101111101111",
    "111101111001111",
]


def coloured(
    classes: NDArray[np.integer], count: int, nothing: tuple[int, int, int] = NOTHING
) -> NDArray[np.uint8]:
    """Return a map (H, W) of classes from 1 to ``count``, 0 for none, as colours (H, W, 3)."""
    table = np.array([nothing, *class_colours(count)], np.uint8)
    found: NDArray[np.uint8] = table[np.clip(classes, 0, count)]
    return found


def legend(count: int, height: int) -> NDArray[np.uint8]:
    """Return a column of swatches of so many classes, with their numbers, (height, w, 3)."""
    rows = max(1, (height - ROOM) // (SWATCH + ROOM))
    columns = -(-count // rows)
    made = np.full((height, columns * (2 * SWATCH + 2 * ROOM) + ROOM, 3), 255, np.uint8)
    for index, colour in enumerate(class_colours(count)):
        column, row = divmod(index, rows)
        left = ROOM + column * (2 * SWATCH + 2 * ROOM)
        top = ROOM + row * (SWATCH + ROOM)
        made[top : top + SWATCH, left : left + SWATCH] = colour
        _number(made, index + 1, top + (SWATCH - 5 * DOT) // 2, left + SWATCH + ROOM // 2)
    return made


def _number(image: NDArray[np.uint8], number: int, top: int, left: int) -> None:
    for place, digit in enumerate(str(number)):
        shape = np.array([int(dot) for dot in _DIGITS[int(digit)]], np.uint8).reshape(5, 3)
        dots = shape.repeat(DOT, axis=0).repeat(DOT, axis=1).astype(bool)
        x = left + place * 4 * DOT
        part = image[top : top + 5 * DOT, x : x + 3 * DOT]
        part[dots[:, : part.shape[1]]] = 32


def write_map(
    path: Path, classes: NDArray[np.integer], count: int, attrs: Mapping[str, Any] | None = None
) -> None:
    """Write a map (H, W) of classes from 1 to ``count`` as a PNG with a legend, replacing the file
    atomically. ``attrs`` says where it comes from (plain JSON), as a comment of the file.

    Raises:
        StoreError: the disk refused.
    """
    scale = max(1, -(-LONGEST // max(classes.shape)))
    large = coloured(classes, count).repeat(scale, axis=0).repeat(scale, axis=1)
    image = np.concatenate([large, legend(count, len(large))], axis=1)
    write_png(path, image, {"Comment": json.dumps(dict(attrs or {}))})


def write_numbers(path: Path, values: NDArray[Any]) -> None:
    """Write an array as NPY, replacing the file atomically.

    Raises:
        StoreError: the disk refused.
    """
    body = io.BytesIO()
    np.save(body, values, allow_pickle=False)
    write_bytes(path, body.getvalue())
