"""Maps and probabilities of a scene as rasters that other programs open: GeoTIFF and ENVI."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cubes.georeference import to_geotiff, to_map_info
from pushforward.studio.formats.cubes.geotiff import write_geotiff
from pushforward.studio.formats.cubes.palette import class_colours
from pushforward.studio.literal import one_line
from pushforward.studio.store.atomic import write_bytes, write_text

__all__ = ["RASTERS", "write_raster"]

RASTERS = (".tif", ".tiff", ".img")
CODES = {"u1": 1, "i2": 2, "f4": 4}


def write_raster(
    path: Path,
    classes: NDArray[np.integer],
    names: Sequence[str],
    probabilities: NDArray[np.floating] | None = None,
    where: Mapping[str, Any] | None = None,
) -> None:
    """Write a map (H, W) of classes from 1 on, or the probabilities (classes, H, W) where they are
    given: as GeoTIFF, or as ENVI with a header next to it.

    Args:
        path: with one of `RASTERS` as suffix.
        classes: the map.
        names: of the classes.
        probabilities: of each class, None to write the map.
        where: how the scene lies on the ground, as its import stored it.

    Raises:
        StoreError: the disk refused.
    """
    place = dict(where or {})
    colours = [(0, 0, 0), *class_colours(len(names))]
    small = classes.astype(np.uint8) if len(names) < 256 else classes.astype(np.int16)
    if path.suffix.lower() != ".img":
        values = small if probabilities is None else probabilities.astype(np.float32)
        tags = place.get("geotiff") or to_geotiff(str(place.get("map_info", "")))
        write_geotiff(path, values, tags, names, colours)
        return
    if "map_info" not in place and (info := to_map_info(place.get("geotiff") or {})):
        place["map_info"] = info
    if probabilities is None:
        write_bytes(path, np.ascontiguousarray(small).tobytes())
        _write_header(path, small[None], names, place, colours)
    else:
        values = probabilities.astype("<f4")
        write_bytes(path, np.ascontiguousarray(values).tobytes())
        _write_header(path, values, names, place)


def _write_header(
    path: Path,
    values: NDArray[Any],
    names: Sequence[str],
    where: Mapping[str, Any],
    colours: Sequence[tuple[int, int, int]] = (),
) -> None:
    """Write the header of bands (b, H, W); with colours it is a classification."""
    bands, height, width = values.shape
    listed = [one_line(name).replace(",", ";").translate({123: "(", 125: ")"}) for name in names]
    lines = [
        "ENVI",
        f"samples = {width}",
        f"lines = {height}",
        f"bands = {bands}",
        "header offset = 0",
        f"file type = {'ENVI Classification' if colours else 'ENVI Standard'}",
        f"data type = {CODES[values.dtype.str[1:]]}",
        "interleave = bsq",
        "byte order = 0",
    ]
    if colours:
        flat = ", ".join(str(level) for colour in colours for level in colour)
        lines += [
            f"classes = {len(names) + 1}",
            f"class names = {{Unclassified, {', '.join(listed)}}}",
            f"class lookup = {{{flat}}}",
        ]
    else:
        lines.append(f"band names = {{{', '.join(listed)}}}")
    for key, field in (
        ("map_info", "map info"),
        ("coordinate_system_string", "coordinate system string"),
    ):
        if key in where:
            lines.append(f"{field} = {where[key]}")
    write_text(path.with_suffix(".hdr"), "\n".join(lines) + "\n")
