"""Maps of classes as pictures: each class in its colour, with a legend of their names."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cubes.palette import NOTHING, class_colours
from pushforward.studio.formats.lettering import HIGH, lettered
from pushforward.studio.formats.pictures import write_png
from pushforward.studio.literal import one_line
from pushforward.studio.store.atomic import write_bytes

__all__ = ["coloured", "legend", "write_map", "write_numbers"]

LONGEST = 580  # pixels that the longer side of the picture has at least
SWATCH, ROOM, DOT = 24, 8, 2
LETTERS = 32  # of a name that are shown
MOST_NAMED = 2  # columns of classes; where there are more, numbers have to do
INK = 32


def coloured(
    classes: NDArray[np.integer], count: int, nothing: tuple[int, int, int] = NOTHING
) -> NDArray[np.uint8]:
    """Return a map (H, W) of classes from 1 to ``count``, 0 for none, as colours (H, W, 3)."""
    table = np.array([nothing, *class_colours(count)], np.uint8)
    found: NDArray[np.uint8] = table[np.clip(classes, 0, count)]
    return found


def legend(count: int, height: int, names: Sequence[str] = ()) -> NDArray[np.uint8]:
    """Return a legend of ``count`` colour swatches with numbers and names, (height, w, 3)."""
    rows = max(1, (height - ROOM) // (SWATCH + ROOM))
    columns = -(-count // rows)
    named = names if columns <= MOST_NAMED else ()
    words = [lettered(_words(index, named), DOT) for index in range(count)]
    wide = SWATCH + 2 * ROOM + max((each.shape[1] for each in words), default=0)
    made = np.full((height, columns * wide + ROOM, 3), 255, np.uint8)
    for index, colour in enumerate(class_colours(count)):
        column, row = divmod(index, rows)
        left = ROOM + column * wide
        top = ROOM + row * (SWATCH + ROOM)
        made[top : top + SWATCH, left : left + SWATCH] = colour
        drawn = words[index]
        top += (SWATCH - HIGH * DOT) // 2
        left += SWATCH + ROOM
        made[top : top + drawn.shape[0], left : left + drawn.shape[1]][drawn] = INK
    return made


def _words(index: int, names: Sequence[str]) -> str:
    number = str(index + 1)
    if index >= len(names):
        return number
    name = one_line(names[index])
    return f"{number:>2} {name if len(name) <= LETTERS else name[: LETTERS - 3] + '...'}"


def write_map(
    path: Path, classes: NDArray[np.integer], count: int, attrs: Mapping[str, Any] | None = None
) -> None:
    """Write a map (H, W) of classes from 1 to ``count`` as a PNG with a legend, replacing the file
    atomically. ``attrs`` says where it comes from (plain JSON), as a comment of the file; the names
    of the classes are its "classes".

    Raises:
        StoreError: the disk refused.
    """
    scale = max(1, -(-LONGEST // max(classes.shape)))
    large = coloured(classes, count).repeat(scale, axis=0).repeat(scale, axis=1)
    said = dict(attrs or {})
    names = [str(name) for name in said.get("classes", ())]
    image = np.concatenate([large, legend(max(count, len(names)), len(large), names)], axis=1)
    write_png(path, image, {"Comment": json.dumps(said)})


def write_numbers(path: Path, values: NDArray[Any]) -> None:
    """Write an array as NPY, replacing the file atomically.

    Raises:
        StoreError: the disk refused.
    """
    body = io.BytesIO()
    np.save(body, values, allow_pickle=False)
    write_bytes(path, body.getvalue())
