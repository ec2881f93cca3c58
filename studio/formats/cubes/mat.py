"""MAT: a hyperspectral cube, and beside it a map of its classes, as MATLAB saves them.

Version 5 (and 4) is read by SciPy, version 7.3 is HDF5 with the axes turned round. A cube is an
array (rows, columns, bands) of numbers, a ground truth one (rows, columns) of whole numbers from 0,
which stands for unknown; each in a file of its own, or both in one. Objects, functions and cells
are never looked into.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.hdf5blocks import refuse_elsewhere
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import MAX_COLUMNS, FormatError, check_block, rows_at_once
from pushforward.studio.formats.registry import importer
from pushforward.studio.store import hdf5
from pushforward.studio.store.errors import Damaged, human_bytes
from pushforward.studio.store.parts import Block, Part
from pushforward.studio.store.regular import open_regular
from pushforward.studio.store.schema import Schema

__all__ = ["Mat"]

HEAD = b"MATLAB 5.0 MAT-file"
HEAD73 = b"MATLAB 7.3 MAT-file"
HDF5 = b"\x89HDF\r\n\x1a\n"
LARGEST = 400 * 2**20  # bytes of a cube: SciPy holds it whole, and once more as it unpacks it
MOST_CLASSES = 255
NUMBERS = {
    "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
}  # fmt: skip
SHOWN = 3
HINT = "A scene is an array (rows, columns, bands), and a ground truth one (rows, columns)."


@dataclass(frozen=True)
class _Array:
    """An array of a file: its name there, and its shape as MATLAB has it."""

    path: Path
    name: str
    shape: tuple[int, ...]
    turned: bool

    def read(self) -> NDArray[Any]:
        """Return its values, axes as MATLAB has them.

        Raises:
            FormatError: they are no numbers after all, or the file is damaged.
        """
        found = _read73(self) if self.turned else _read5(self)
        if found.dtype.kind not in "fiu" or found.shape != self.shape:
            raise FormatError(f"{self.path.name}: {self.name} does not hold numbers.", HINT)
        return found

    def first(self, n: int) -> NDArray[Any] | None:
        """Return the first n spectra of a cube; None from a file that can only be read whole: SciPy
        knows the shape of an array without reading it, but no part of its values.

        Raises:
            FormatError: the file is damaged.
        """
        return _first73(self, n) if self.turned else None


@dataclass(frozen=True)
class _Scene:
    """A cube, and its ground truth where there is one."""

    cube: _Array
    truth: _Array | None


@importer
class Mat(Importer):
    """MATLAB files of a scene and of its ground truth, taken together."""

    slug = "mat"
    kind = "cubes"
    title = "A hyperspectral scene: MATLAB files of the cube and its ground truth"
    suffixes = (".mat",)

    def claims(self, path: Path) -> bool:
        """Say whether a file begins as MATLAB's do."""
        with open_regular(path) as file:
            head = file.read(520)
        return head.startswith((HEAD, HEAD73)) or HDF5 in (head[:8], head[512:520])

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look into all files, at the ground truth and of the cube at what its head says."""
        scene = _scene(paths)
        rows, columns, bands = scene.cube.shape
        truth = _truth(scene)
        shown = min(SHOWN, columns)
        preview: Block = {
            "label": truth[0, :shown] - 1,
            "position": np.stack([np.zeros(shown, np.int64), np.arange(shown)], axis=1),
        }
        if (spectra := scene.cube.first(shown)) is not None:
            preview = {"x": spectra, **preview}
        named = f" and {scene.truth.name}" if scene.truth is not None else ""
        notes = [f"{scene.cube.name}{named}: {rows} x {columns} pixels in {bands} bands"]
        if scene.truth is None:
            notes.append("Without a ground truth: drop its file together with that of the cube.")
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format="MAT",
            bytes=0,
            rows=rows * columns,
            parts=_parts(bands),
            classes=_classes(truth),
            preview={name: values.tolist() for name, values in preview.items()},
            notes=notes,
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the pixels row by row: spectrum, class (-1 where it is unknown) and place."""
        scene = _scene(paths)
        height, width, bands = scene.cube.shape
        truth = _truth(scene)
        schema = Schema(
            kind=self.kind,
            parts=_parts(bands),
            classes=_classes(truth),
            facts={"height": height, "width": width},
        )
        return Rows(schema, _blocks(scene, truth.ravel()), height * width)


def _parts(bands: int) -> list[Part]:
    return [
        Part(name="x", dtype="float32", shape=[bands]),
        Part(name="label", dtype="int64"),
        Part(name="position", dtype="int64", shape=[2]),
    ]


def _scene(paths: Sequence[Path]) -> _Scene:
    """Return the cube and the ground truth among the arrays of some files.

    Raises:
        FormatError: there is no cube, there are several, or they do not fit each other.
    """
    if not paths:
        raise FormatError("No file was named.")
    arrays = [array for path in paths for array in _arrays(path)]
    cubes = [a for a in arrays if len(a.shape) == 3 and min(a.shape) > 0]
    if len(cubes) != 1:
        found = ", ".join(f"{a.name} {a.shape}" for a in arrays) or "no arrays of numbers"
        many = "several cubes" if cubes else "no cube"
        raise FormatError(f"{paths[0].name} has {many}; found: {found}.", HINT)
    cube = cubes[0]
    size = cube.shape[:2]
    flat = [a for a in arrays if len(a.shape) == 2 and min(a.shape) > 1]
    fitting = [a for a in flat if a.shape == size]
    if flat and not fitting:
        raise FormatError(
            f"{flat[0].path.name}: {flat[0].name} is {flat[0].shape}, and the cube has "
            f"{size[0]} x {size[1]} pixels.",
            "Choose the ground truth of this very scene.",
        )
    if len(fitting) > 1:
        names = " and ".join(a.name for a in fitting)
        raise FormatError(f"There are several ground truths: {names}.", "Choose one of them.")
    if cube.shape[2] > MAX_COLUMNS:
        raise FormatError(
            f"{cube.path.name}: {cube.name} has {cube.shape[2]:,} bands; the limit is "
            f"{MAX_COLUMNS:,}.",
            HINT,
        )
    return _Scene(cube, fitting[0] if fitting else None)


def _arrays(path: Path) -> list[_Array]:
    """Return the arrays of numbers of a file, from what it declares."""
    with open_regular(path) as file:
        head = file.read(520)
    turned = head.startswith(HEAD73) or HDF5 in (head[:8], head[512:520])
    found = _arrays73(path) if turned else _arrays5(path)
    for array in found:
        need = 8 * prod(array.shape)
        if need > LARGEST:
            raise FormatError(
                f"{path.name}: {array.name} needs {human_bytes(need)} of memory; the limit is "
                f"{human_bytes(LARGEST)}.",
                "Cut the scene into parts.",
            )
    return found


def _arrays5(path: Path) -> list[_Array]:
    from scipy.io import whosmat

    try:
        listed = whosmat(str(path))
    except Exception as error:
        # SciPy fails in any way on a damaged file; the boundary of the importer says so.
        raise _damaged(path) from error
    return [_Array(path, n, tuple(map(int, s)), False) for n, s, kind in listed if kind in NUMBERS]


def _arrays73(path: Path) -> list[_Array]:
    try:
        with hdf5.opened(path) as file:
            found = []
            for name in file:
                if name.startswith("#") or file.get(name, getlink=True).__class__.__name__ != (
                    "HardLink"
                ):
                    continue
                values = file[name]
                if not hasattr(values, "shape") or values.dtype.kind not in "fiu":
                    continue
                refuse_elsewhere(path, name, values)
                if values.chunks is not None:
                    need = int(prod(values.chunks)) * values.dtype.itemsize
                    check_block(path, name, need, "its blocks are that large")
                shape = tuple(int(n) for n in reversed(values.shape))
                found.append(_Array(path, name, shape, True))
            return found
    except Damaged as error:
        raise _damaged(path) from error


def _read5(array: _Array) -> NDArray[Any]:
    from scipy.io import loadmat

    try:
        # Only what is numbers is asked for: objects and functions are never made.
        found = loadmat(str(array.path), variable_names=[array.name])[array.name]
    except Exception as error:
        # As above.
        raise _damaged(array.path) from error
    return np.asarray(found)


def _read73(array: _Array) -> NDArray[Any]:
    try:
        with hdf5.opened(array.path) as file:
            return np.asarray(file[array.name][()]).T
    except (Damaged, OSError) as error:
        raise _damaged(array.path) from error


def _first73(array: _Array, n: int) -> NDArray[Any]:
    try:
        with hdf5.opened(array.path) as file:
            return np.asarray(file[array.name][:, :n, 0], np.float32).T
    except (Damaged, OSError) as error:
        raise _damaged(array.path) from error


def _damaged(path: Path) -> FormatError:
    with open_regular(path) as file:
        begins = file.read(max(len(HEAD), len(HEAD73))).startswith((HEAD, HEAD73))
    if not begins and not hdf5.signed(path):
        what = "is no MATLAB file of version 5 or 7.3: it does not begin as one"
    else:
        what = "is a damaged MATLAB file: part of it cannot be read"
    return FormatError(
        f"{path.name} {what}.",
        "Copy it again from where it came from, or download it anew.",
    )


def _truth(scene: _Scene) -> NDArray[np.int64]:
    """Return the class of each pixel, 0 where nobody knows.

    Raises:
        FormatError: it does not hold whole numbers from 0 on.
    """
    if scene.truth is None:
        return np.zeros(scene.cube.shape[:2], np.int64)
    values = scene.truth.read()
    where = f"{scene.truth.path.name}: {scene.truth.name}"
    whole = np.isfinite(values).all() and (values == np.floor(values)).all()
    if not whole or values.min() < 0 or values.max() > MOST_CLASSES:
        raise FormatError(
            f"{where} must hold whole numbers from 0 (unknown) to {MOST_CLASSES}.",
            "Choose the ground truth of the scene.",
        )
    return values.astype(np.int64)


def _classes(truth: NDArray[np.int64]) -> list[str]:
    return [f"class {index}" for index in range(1, int(truth.max()) + 1)]


def _blocks(scene: _Scene, truth: NDArray[np.int64]) -> Iterator[Block]:
    cube = scene.cube.read()
    height, width, bands = cube.shape
    step = max(1, rows_at_once(4 * bands) // width)
    for row in range(0, height, step):
        spectra = np.ascontiguousarray(cube[row : row + step], np.float32).reshape(-1, bands)
        if not np.isfinite(spectra).all():
            place = int(np.flatnonzero(~np.isfinite(spectra).all(axis=1))[0])
            raise FormatError(
                f"{scene.cube.path.name}: the pixel in row {row + place // width}, column "
                f"{place % width} has a value that is not finite."
            )
        first = row * width
        pixels = np.arange(first, first + len(spectra))
        yield {
            "x": spectra,
            "label": truth[first : first + len(spectra)] - 1,
            "position": np.stack([pixels // width, pixels % width], axis=1),
        }
