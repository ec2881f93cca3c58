"""GeoTIFF, read and written by tifffile: bands as samples or as pages, georeferenced."""

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cubes.rasters import (
    About,
    Layout,
    Raster,
    RawRaster,
    WholeRaster,
    check_whole,
)
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.atomic import replacing
from pushforward.studio.store.errors import StoreError

__all__ = ["is_tiff", "read_geotiff", "write_geotiff"]

MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
SCALE, TIEPOINT, TRANSFORM, KEYS, DOUBLES, ASCII, NODATA = (
    33550, 33922, 34264, 34735, 34736, 34737, 42113,
)  # fmt: skip
"""Tags of GeoTIFF (OGC 19-008r4), and GDAL's for pixels without data."""
PLACED = (SCALE, TIEPOINT, TRANSFORM, KEYS, DOUBLES, ASCII)
TYPES = {SCALE: 12, TIEPOINT: 12, TRANSFORM: 12, KEYS: 3, DOUBLES: 12, ASCII: 2}
HINT = "Convert it by gdal_translate -co COMPRESS=DEFLATE, or to ENVI."


def is_tiff(path: Path) -> bool:
    """Return whether a file begins as a TIFF."""
    with open(path, "rb") as file:
        return file.read(4) in MAGICS


def read_geotiff(path: Path) -> list[Raster]:
    """Return the array of a file: a cube, or a map where it has one band.

    Raises:
        FormatError: it is damaged, or compressed by a method that is not read.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            shape, axes, dtype = tuple(map(int, series.shape)), series.axes, series.dtype
            start = series.dataoffset
            page = series.keyframe
            tags = {tag.code: tag.value for tag in page.tags.values()}
            order = file.byteorder
    except Exception as error:
        # tifffile fails in any way on a damaged file.
        raise _damaged(path) from error
    if dtype is None or dtype.kind not in "fiu":
        raise FormatError(f"{path.name} does not hold real numbers.", HINT)
    sides, layout = _sides(path, shape, axes)
    about = _about(tags)
    if start is not None:
        raw = RawRaster(
            path, "", sides, about, False, dtype.newbyteorder(order), int(start), layout
        )
        raw.check_length()
        return [raw]
    check_whole(path, "", prod(sides) * dtype.itemsize)
    return [WholeRaster(path, "", sides, about, False, _loader(path, sides, layout))]


def _sides(path: Path, shape: tuple[int, ...], axes: str) -> tuple[tuple[int, ...], Layout]:
    """Return the shape as (rows, columns[, bands]), and the layout of the values.

    Raises:
        FormatError: there are other axes.
    """
    kept = [(axis, n) for axis, n in zip(axes, shape, strict=True) if n > 1 or axis in "YX"]
    names = "".join(axis for axis, _ in kept)
    sides = tuple(n for _, n in kept)
    if names == "YX":
        return sides, "bsq"
    if len(names) == 3 and names.endswith("YX"):
        return (sides[1], sides[2], sides[0]), "bsq"
    if len(names) == 3 and names.startswith("YX"):
        return sides, "bip"
    raise FormatError(
        f"{path.name} has the axes {axes} {shape}; a scene has rows, columns and bands.", HINT
    )


def _loader(path: Path, sides: tuple[int, ...], layout: Layout) -> Any:
    def load() -> NDArray[Any]:
        import tifffile

        try:
            with tifffile.TiffFile(path) as file:
                found = np.squeeze(np.asarray(file.series[0].asarray()))
        except Exception as error:
            # As above; a codec that is not installed is said by its name.
            raise FormatError(f"{path.name} cannot be unpacked: {error}.", HINT) from error
        turned = np.moveaxis(found, 0, 2) if layout == "bsq" and found.ndim == 3 else found
        return turned.reshape(sides)

    return load


def _about(tags: Mapping[int, Any]) -> About:
    where: dict[str, Any] = {}
    for code in PLACED:
        if code in tags:
            value = tags[code]
            where[str(code)] = value if isinstance(value, str) else np.ravel(value).tolist()
    empty = tags.get(NODATA)
    try:
        nothing = float(str(empty).strip("\0 ")) if empty is not None else None
    except ValueError:
        nothing = None
    scale = where.get(str(SCALE)) or [0.0]
    finite = nothing is not None and np.isfinite(nothing)
    return About(
        empty=nothing if finite else None,
        pixel=float(scale[0]),
        where={"geotiff": where} if where else {},
    )


def write_geotiff(
    path: Path,
    values: NDArray[Any],
    where: Mapping[str, Any] | None = None,
    names: Sequence[str] = (),
    colours: Sequence[tuple[int, int, int]] = (),
) -> None:
    """Write a map (H, W) or bands (b, H, W), replacing the file atomically.

    Args:
        path: of the file.
        values: numbers of 8, 16 or 32 bits.
        where: the tags of the place on the ground, as `read_geotiff` gives them.
        names: of the bands, or of the classes of a map from 1 on.
        colours: of the classes 0, 1, ... of a map of bytes, as its colour table.

    Raises:
        StoreError: the disk refused.
    """
    import tifffile

    extra = []
    for code, value in dict(where or {}).items():
        number = int(code)
        if number in TYPES:
            count = len(value) if not isinstance(value, str) else 0
            extra.append((number, TYPES[number], count, value, True))
    kwargs: dict[str, Any] = {"photometric": "minisblack"}
    if values.ndim == 3:
        kwargs["planarconfig"] = "separate"
    elif colours and values.dtype == np.uint8:
        table = np.zeros((3, 256), np.uint16)
        table[:, : len(colours)] = 257 * np.array(colours, np.uint16).T
        kwargs = {"photometric": "palette", "colormap": table}
    described = "; ".join(f"{i} {name}" for i, name in enumerate(names, start=1))
    with replacing(path) as temp:
        try:
            tifffile.imwrite(
                temp, values, description=described.encode("ascii", "replace").decode() or None,
                compression="zlib", metadata=None, extratags=extra, **kwargs,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise StoreError(f"{path.name} could not be written: {error}.") from error


def _damaged(path: Path) -> FormatError:
    return FormatError(
        f"{path.name} is no TIFF file, or a damaged one.",
        "Copy it again from where it came from, or download it anew.",
    )
