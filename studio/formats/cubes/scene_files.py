"""Which arrays of some files are the cube, the ground truth, and what else a scene has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pushforward.studio.formats.cubes.array_files import read_hdf5, read_npy, read_npz
from pushforward.studio.formats.cubes.class_table import is_class_table
from pushforward.studio.formats.cubes.envi import DATA_SUFFIXES, find_header, read_envi
from pushforward.studio.formats.cubes.geotiff import read_geotiff
from pushforward.studio.formats.cubes.mat import read_mat
from pushforward.studio.formats.cubes.rasters import Raster
from pushforward.studio.formats.limits import MAX_COLUMNS, FormatError

__all__ = ["HINT", "ROLES", "Parts", "choose_parts", "find_rasters"]

HINT = "A scene is an array (rows, columns, bands), and a ground truth one (rows, columns)."
NONE = "none"
ROLES = ("cube", "truth", "roles", "dark", "white")
"""Options that name an array."""
CALLED = {
    "dark": ("dark",),
    "white": ("white",),
    "roles": ("split", "role", "train_test"),
    "truth": ("gt", "truth", "label", "class", "mask"),
}
"""What arrays of a role are usually called."""
ORDERS = {
    "rows-columns-bands": (0, 1, 2),
    "bands-rows-columns": (1, 2, 0),
    "rows-bands-columns": (0, 2, 1),
}


@dataclass(frozen=True)
class Parts:
    """The arrays of a scene.

    Attributes:
        cube: (rows, columns, bands).
        truth: (rows, columns), None where there is none.
        roles: second map (rows, columns): 1 train, 2 validation, 3 test.
        dark, white: references, cubes with the bands and columns of the scene, or one column.
        tables: files with names of classes.
        sources: arrays that each role may be, by their titles.
        taken: the array of each role that was found.
    """

    cube: Raster
    truth: Raster | None
    roles: Raster | None
    dark: Raster | None
    white: Raster | None
    tables: tuple[Path, ...]
    sources: dict[str, list[str]]
    taken: dict[str, str]


def find_rasters(paths: Sequence[Path]) -> list[Raster]:
    """Return the arrays of some files; a header and its values are one.

    Raises:
        FormatError: a file is damaged.
    """
    found: list[Raster] = []
    done: set[Path] = set()
    for path in paths:
        if is_class_table(path):
            continue
        suffix = path.suffix.lower()
        if suffix == ".hdr" or suffix in DATA_SUFFIXES or not suffix:
            header = find_header(path)
            if header is not None and header in done:
                continue
            if header is not None:
                done.add(header)
            found.append(read_envi(path))
        elif suffix in (".tif", ".tiff"):
            found += read_geotiff(path)
        elif suffix == ".npy":
            found += read_npy(path)
        elif suffix == ".npz":
            found += read_npz(path)
        elif suffix == ".mat":
            found += read_mat(path)
        else:
            found += read_hdf5(path)
    return found


def choose_parts(paths: Sequence[Path], options: Mapping[str, Any]) -> Parts:
    """Return which arrays of some files are what.

    Raises:
        FormatError: there is no cube, there are several and none is chosen, or they do not fit.
    """
    if not paths:
        raise FormatError("No file was named.")
    rasters = find_rasters(paths)
    cubes = [each for each in rasters if len(each.shape) == 3]
    flat = [each for each in rasters if len(each.shape) == 2 and min(each.shape) > 1]
    taken: dict[str, Raster] = {}
    for role in ("dark", "white"):
        chosen = _chosen(role, options, cubes)
        if chosen is not None:
            taken[role] = chosen
    left = [each for each in cubes if each not in taken.values()]
    taken["cube"] = _cube(paths, rasters, left, options)
    cube = _oriented(taken["cube"], flat, options)
    if cube.shape[2] > MAX_COLUMNS:
        raise FormatError(
            f"{cube.title} has {cube.shape[2]:,} bands; the limit is {MAX_COLUMNS:,}.", HINT
        )
    maps = _maps(cube, flat, options)
    taken |= maps
    return Parts(
        cube,
        maps.get("truth"),
        maps.get("roles"),
        taken.get("dark"),
        taken.get("white"),
        tuple(path for path in paths if is_class_table(path)),
        {
            role: [each.title for each in (flat if role in ("truth", "roles") else cubes)]
            for role in ROLES
        },
        {role: each.title for role, each in taken.items()},
    )


def _chosen(role: str, options: Mapping[str, Any], among: Sequence[Raster]) -> Raster | None:
    """Return the array that an option names, or that is called as the role is."""
    named = str(options.get(role) or "")
    if named == NONE:
        return None
    if named:
        return next((each for each in among if each.title == named), None)
    words = CALLED.get(role, ())
    return next((e for e in among if any(w in e.title.lower() for w in words)), None)


def _cube(
    paths: Sequence[Path],
    rasters: Sequence[Raster],
    cubes: Sequence[Raster],
    options: Mapping[str, Any],
) -> Raster:
    chosen = _chosen("cube", options, cubes)
    if chosen is not None:
        return chosen
    if len(cubes) == 1:
        return cubes[0]
    found = ", ".join(f"{a.name or a.path.name} {a.shape}" for a in rasters)
    what = "several cubes" if cubes else "no cube"
    raise FormatError(
        f"{paths[0].name} has {what}; found: {found or 'no arrays of numbers'}.", HINT
    )


def _oriented(cube: Raster, flat: Sequence[Raster], options: Mapping[str, Any]) -> Raster:
    """Return a cube with its axes as chosen, or as a map of the same size has them."""
    chosen = str(options.get("axes") or "found")
    if chosen in ORDERS:
        return cube.turned(ORDERS[chosen])
    if cube.loose:
        for order in ORDERS.values():
            size = (cube.shape[order[0]], cube.shape[order[1]])
            if any(each.shape == size for each in flat):
                return cube.turned(order)
    return cube


def _maps(cube: Raster, flat: Sequence[Raster], options: Mapping[str, Any]) -> dict[str, Raster]:
    """Return the ground truth and the second map among arrays of two axes.

    Raises:
        FormatError: one has another size than the cube, or several may be the ground truth.
    """
    size = cube.shape[:2]
    fitting = [each for each in flat if each.shape == size]
    found: dict[str, Raster] = {}
    roles = _chosen("roles", options, fitting)
    if roles is not None:
        found["roles"] = roles
    left = [each for each in fitting if each is not roles]
    named = str(options.get("truth") or "")
    truth = _chosen("truth", options, left) if named or len(left) > 1 else None
    several = [each for each in left if _is_called(each, "truth")]
    if truth is None and named != NONE and len(left) == 1:
        truth = left[0]
    elif not named and len(left) > 1 and len(several) != 1:
        names = " and ".join(each.name or each.path.name for each in left)
        raise FormatError(f"There are several ground truths: {names}.", "Choose one of them.")
    if truth is not None:
        found["truth"] = truth
    elif flat and not fitting and named != NONE:
        first = flat[0]
        raise FormatError(
            f"{first.path.name}: {first.name or 'its map'} is {first.shape}, and the cube has "
            f"{size[0]} x {size[1]} pixels.",
            "Choose the ground truth of this very scene.",
        )
    return found


def _is_called(raster: Raster, role: str) -> bool:
    return any(word in raster.title.lower() for word in CALLED[role])
