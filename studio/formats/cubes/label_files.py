"""Labels of pixels in files: maps that other programs open, and a table with a row a pixel."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cells import harmless, with_commas
from pushforward.studio.formats.cubes.maps import write_map, write_numbers
from pushforward.studio.formats.cubes.raster_files import RASTERS, write_raster
from pushforward.studio.formats.cubes.rasters import Raster
from pushforward.studio.formats.cubes.scene_files import find_rasters
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.atomic import write_text
from pushforward.studio.store.regular_files import open_regular

__all__ = ["read_labels", "write_labels"]

HEAD = ("row", "column", "class")
LONGEST = 64 * 2**20


def write_labels(
    path: Path,
    labels: NDArray[np.integer],
    names: Sequence[str],
    where: Mapping[str, Any] | None = None,
) -> None:
    """Write labels (H, W), classes from 1 on and 0 for none: as GeoTIFF, ENVI, NPY, a PNG with a
    legend, or a CSV table of the labelled pixels.

    Args:
        path: its suffix chooses the format.
        labels: the map.
        names: of the classes.
        where: how the scene lies on the ground, as its import stored it.

    Raises:
        StoreError: the disk refused.
    """
    suffix = path.suffix.lower()
    if suffix in RASTERS:
        write_raster(path, labels, names, None, where)
    elif suffix == ".npy":
        write_numbers(path, labels.astype(np.int16))
    elif suffix == ".png":
        write_map(path, labels, len(names), {"classes": list(names)})
    elif suffix == ".csv":
        rows = [
            [int(row), int(column), int(labels[row, column]), harmless(name)]
            for row, column in np.argwhere(labels > 0)
            for name in [names[int(labels[row, column]) - 1]]
        ]
        write_text(path, with_commas([*HEAD, "name"], rows))
    else:
        raise FormatError(
            f"Labels cannot be written as {suffix or 'a file without suffix'}.",
            "Use .tif, .img, .png, .npy or .csv.",
            "user",
        )


def read_labels(path: Path, size: tuple[int, int], classes: int) -> NDArray[np.int16]:
    """Return the labels (H, W) of a file, 0 for none.

    Args:
        path: a raster of the size of the scene (ENVI, GeoTIFF, NPY, NPZ, MAT or HDF5), or a CSV
            table with the columns row, column and class.
        size: rows and columns of the scene.
        classes: how many it has.

    Raises:
        FormatError: the file does not fit the scene.
    """
    values = _read_table(path, size) if path.suffix.lower() == ".csv" else _read_map(path, size)
    whole = np.isfinite(values).all() and (values == np.floor(values)).all()
    if not whole or values.min() < 0 or values.max() > classes:
        raise FormatError(
            f"{path.name} must hold whole numbers from 0 (no label) to {classes}.",
            "Choose a map of class numbers, or import the scene with more class names.",
        )
    return values.astype(np.int16)


def _read_map(path: Path, size: tuple[int, int]) -> NDArray[Any]:
    found = find_rasters([path])
    fitting = [raster for raster in found if _sides(raster) == (*size, 1)]
    if not fitting:
        shapes = ", ".join(" x ".join(map(str, raster.shape)) for raster in found)
        raise FormatError(
            f"{path.name} has no map of {size[0]} x {size[1]} pixels, but {shapes or 'no array'}.",
            "Choose labels of this scene, or of the window that was imported.",
        )
    raster = fitting[0]
    bands = None if len(raster.shape) == 2 else [0]
    values = raster.read(range(size[0]), range(size[1]), bands).reshape(size)
    empty = raster.about.empty
    return values if empty is None else np.where(values == empty, 0, values)


def _sides(raster: Raster) -> tuple[int, ...]:
    return raster.shape if len(raster.shape) == 3 else (*raster.shape, 1)


def _read_table(path: Path, size: tuple[int, int]) -> NDArray[Any]:
    with open_regular(path) as file:
        raw = file.read(LONGEST + 1)
    if len(raw) > LONGEST:
        raise FormatError(f"{path.name} is larger than {LONGEST // 2**20} MB.")
    lines = csv.reader(io.StringIO(raw.decode("utf-8-sig", "replace")))
    head = [cell.strip().lower() for cell in next(lines, [])]
    if not set(HEAD) <= set(head):
        raise FormatError(
            f"{path.name} has the columns {', '.join(head) or 'of an empty file'}.",
            f"Name its columns {', '.join(HEAD)}.",
        )
    places = [head.index(name) for name in HEAD]
    values = np.zeros(size, np.int64)
    for number, cells in enumerate(lines, start=2):
        if not cells:
            continue
        try:
            row, column, label = (int(cells[place]) for place in places)
        except (IndexError, ValueError) as error:
            raise FormatError(
                f"{path.name}, line {number}: row, column and class must be whole numbers.",
                "Correct the line.",
            ) from error
        if not (0 <= row < size[0] and 0 <= column < size[1]):
            raise FormatError(
                f"{path.name}, line {number}: row {row}, column {column} is outside of the scene "
                f"of {size[0]} x {size[1]} pixels.",
                "Rows and columns are counted from 0.",
            )
        values[row, column] = label
    return values
