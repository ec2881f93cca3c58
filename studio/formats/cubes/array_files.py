"""Scenes as NumPy arrays, in archives of NumPy, and as data sets of HDF5."""

import zipfile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cubes.mat import HdfRaster, check_hdf, damaged
from pushforward.studio.formats.cubes.rasters import (
    About,
    Raster,
    RawRaster,
    WholeRaster,
    check_whole,
)
from pushforward.studio.formats.hdf5walk import walk
from pushforward.studio.formats.npyheader import Head, read_head
from pushforward.studio.formats.npzarrays import refusing_damage, zip_arrays
from pushforward.studio.store import hdf5
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.regular_files import open_regular

__all__ = ["read_hdf5", "read_npy", "read_npz"]

WAVES = ("wavelength", "wavelengths", "wavelength_nm", "wavelengths_nm")


def read_npy(path: Path) -> list[Raster]:
    """Return the array of a file, [] where it is no cube and no map.

    Raises:
        FormatError: it is damaged, or holds objects.
    """
    with open_regular(path) as file:
        head = read_head(path, path.stem, file, path.stat().st_size)
    if len(head.shape) not in (2, 3) or head.dtype.kind not in "fiub" or 0 in head.shape:
        return []
    loose = len(head.shape) == 3
    if not head.fortran:
        dtype = head.dtype if head.dtype.kind != "b" else np.dtype("u1")
        flat = {} if loose else {"layout": "bsq"}
        return [
            RawRaster(path, "", head.shape, About(), loose, dtype, head.start, **flat)  # type: ignore[arg-type]
        ]
    check_whole(path, "", head.bytes)

    def load() -> NDArray[Any]:
        values = np.fromfile(path, head.dtype, head.count, offset=head.start)
        return values.reshape(head.shape, order="F")

    return [WholeRaster(path, "", head.shape, About(), loose, load)]


def read_npz(path: Path) -> list[Raster]:
    """Return the cubes and maps of an archive, with wavelengths from an array of that name.

    Raises:
        FormatError: it is damaged, or an array is too large.
    """
    with refusing_damage(path), zipfile.ZipFile(path) as archive:
        heads = {each.name: each.head for each in zip_arrays(path, archive)}
    lists = {n: h for n, h in heads.items() if len(h.shape) == 1 and h.dtype.kind in "fiuU"}
    names = {name: _load_member(path, name) for name in lists if name.lower() in (*WAVES, "names")}
    found: list[Raster] = []
    for name, head in heads.items():
        if len(head.shape) in (2, 3) and head.dtype.kind in "fiub" and 0 not in head.shape:
            check_whole(path, name, head.bytes)
            about = _about(names, head)
            load = _member_loader(path, name)
            found.append(WholeRaster(path, name, head.shape, about, len(head.shape) == 3, load))
    return found


def _about(lists: dict[str, NDArray[Any]], head: Head) -> About:
    """Return wavelengths and class names from arrays beside a cube."""
    waves: tuple[float, ...] = ()
    classes: tuple[str, ...] = ()
    for name, values in lists.items():
        if name.lower() in WAVES and values.dtype.kind in "fiu" and len(values) in head.shape:
            waves = tuple(float(v) for v in values)
        if name.lower() == "names" and values.dtype.kind == "U":
            classes = tuple(map(str, values))
    return About(wavelengths=waves if len(head.shape) == 3 else (), classes=classes)


def _load_member(path: Path, name: str) -> NDArray[Any]:
    with refusing_damage(path), zipfile.ZipFile(path) as archive:
        [member] = [each for each in zip_arrays(path, archive) if each.name == name]
        values = member.rows(0, member.head.shape[0] if member.head.shape else 0)
        return np.asarray(values).reshape(member.head.shape)


def _member_loader(path: Path, name: str) -> Any:
    return lambda: _load_member(path, name)


def read_hdf5(path: Path) -> list[Raster]:
    """Return the cubes and maps of a file, with wavelengths from a data set of that name.

    Raises:
        FormatError: it is damaged.
    """
    try:
        with hdf5.opened(path) as file:
            listed = [name.decode("utf-8", "replace") for name in walk(path, file).datasets]
            sets = {name: file[name] for name in listed}
            waves = next(
                (
                    tuple(float(v) for v in values[()])
                    for name, values in sets.items()
                    if name.rpartition("/")[2].lower() in WAVES
                    and values.ndim == 1
                    and values.dtype.kind in "fiu"
                    and values.shape[0] < 10_000
                ),
                (),
            )
            found: list[Raster] = []
            for name, values in sets.items():
                if values.ndim not in (2, 3) or values.dtype.kind not in "fiu":
                    continue
                shape = tuple(int(n) for n in values.shape)
                if not prod(shape):
                    continue
                check_hdf(path, name, values)
                loose = len(shape) == 3
                about = About(waves if loose and len(waves) in shape else ())
                found.append(HdfRaster(path, name, shape, about, loose))
            return found
    except (Damaged, OSError, ValueError) as error:
        raise damaged(path) from error
