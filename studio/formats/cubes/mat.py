"""MATLAB files of scenes. Version 5 (and 4) is read by SciPy, version 7.3 is HDF5 with the axes in
reverse order. Objects, functions and cells are never looked into.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cubes.rasters import Raster, WholeRaster, check_whole
from pushforward.studio.formats.hdf5blocks import refuse_elsewhere
from pushforward.studio.formats.limits import FormatError, check_block
from pushforward.studio.store import hdf5
from pushforward.studio.store.errors import Damaged
from pushforward.studio.store.regular_files import open_regular

__all__ = ["HEAD73", "HdfRaster", "is_mat", "read_mat"]

HEAD = b"MATLAB 5.0 MAT-file"
HEAD73 = b"MATLAB 7.3 MAT-file"
HDF5 = b"\x89HDF\r\n\x1a\n"
NUMBERS = {
    "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "logical",
}  # fmt: skip


@dataclass(frozen=True)
class HdfRaster(Raster):
    """A data set of an HDF5 file, which is read by window.

    Attributes:
        reverse: whether its axes are in reverse order, as MATLAB writes them.
    """

    reverse: bool = False

    def read(self, rows: range, columns: range, bands: Sequence[int] | None) -> NDArray[Any]:
        chosen: list[slice] = [slice(p.start, p.stop, p.step) for p in (rows, columns)]
        first = 0
        if bands is not None:
            first = min(bands)
            chosen.append(slice(first, max(bands) + 1))
        try:
            with hdf5.opened(self.path) as file:
                found = file[self.name]
                read = found[tuple(reversed(chosen) if self.reverse else chosen)]
                part = np.asarray(read).T if self.reverse else np.asarray(read)
        except (Damaged, OSError) as error:
            raise damaged(self.path) from error
        return part if bands is None else part[:, :, [band - first for band in bands]]


def is_mat(path: Path) -> bool:
    """Return whether a file begins as MATLAB's do."""
    with open_regular(path) as file:
        head = file.read(520)
    return head.startswith((HEAD, HEAD73)) or HDF5 in (head[:8], head[512:520])


def read_mat(path: Path) -> list[Raster]:
    """Return the arrays of numbers of a file, from what it declares.

    Raises:
        FormatError: it is damaged, or an array is too large.
    """
    with open_regular(path) as file:
        head = file.read(520)
    if head.startswith(HEAD73) or HDF5 in (head[:8], head[512:520]):
        return _arrays73(path)
    return _arrays5(path)


def _arrays5(path: Path) -> list[Raster]:
    from scipy.io import whosmat

    try:
        listed = whosmat(str(path))
    except Exception as error:
        # SciPy fails in any way on a damaged file; the boundary of the importer says so.
        raise damaged(path) from error
    found: list[Raster] = []
    for name, shape, kind in listed:
        if kind in NUMBERS:
            sides = tuple(int(side) for side in shape)
            check_whole(path, name, 8 * prod(sides))
            found.append(WholeRaster(path, name, sides, load=_loader(path, name)))
    return found


def _loader(path: Path, name: str) -> Any:
    def load() -> NDArray[Any]:
        from scipy.io import loadmat

        try:
            # Only what is numbers is asked for: objects and functions are never made.
            return np.asarray(loadmat(str(path), variable_names=[name])[name])
        except Exception as error:
            # As above.
            raise damaged(path) from error

    return load


def _arrays73(path: Path) -> list[Raster]:
    try:
        with hdf5.opened(path) as file:
            found: list[Raster] = []
            for name in file:
                if name.startswith("#") or file.get(name, getlink=True).__class__.__name__ != (
                    "HardLink"
                ):
                    continue
                values = file[name]
                if hasattr(values, "shape") and values.dtype.kind in "fiu":
                    check_hdf(path, name, values)
                    shape = tuple(int(n) for n in reversed(values.shape))
                    found.append(HdfRaster(path, name, shape, reverse=True))
            return found
    except Damaged as error:
        raise damaged(path) from error


def check_hdf(path: Path, name: str, values: Any) -> None:
    """Refuse a data set of HDF5 that cannot be read in parts.

    Raises:
        FormatError: its values are in another file, or its blocks are too large.
    """
    refuse_elsewhere(path, name, values)
    if values.chunks is not None:
        need = int(prod(values.chunks)) * values.dtype.itemsize
        check_block(path, name, need, "its blocks are that large")


def damaged(path: Path) -> FormatError:
    """Return the refusal of a file that cannot be read."""
    with open_regular(path) as file:
        begins = file.read(max(len(HEAD), len(HEAD73))).startswith((HEAD, HEAD73))
    if path.suffix.lower() != ".mat":
        what = "is a damaged HDF5 file: part of it cannot be read"
    elif not begins and not hdf5.signed(path):
        what = "is no MATLAB file of version 5 or 7.3: it does not begin as one"
    else:
        what = "is a damaged MATLAB file: part of it cannot be read"
    return FormatError(
        f"{path.name} {what}.",
        "Copy or download it again.",
    )
