"""A hyperspectral scene from files: MATLAB, ENVI, GeoTIFF, NumPy or HDF5, read by window."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.cubes.array_files import read_hdf5, read_npy, read_npz
from pushforward.studio.formats.cubes.band_choice import choose_bands
from pushforward.studio.formats.cubes.class_table import (
    is_class_table,
    read_class_table,
    split_names,
)
from pushforward.studio.formats.cubes.envi import DATA_SUFFIXES, find_header
from pushforward.studio.formats.cubes.georeference import move_origin
from pushforward.studio.formats.cubes.geotiff import is_tiff
from pushforward.studio.formats.cubes.mat import is_mat
from pushforward.studio.formats.cubes.rasters import Raster
from pushforward.studio.formats.cubes.scene_files import Parts, choose_parts
from pushforward.studio.formats.cubes.scene_options import OPTIONS
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError, check_points, rows_at_once
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.parts import Block, Part
from pushforward.studio.store.schema import Schema

__all__ = ["Scenes"]

MOST_CLASSES = 255
SHOWN = 3
COMPONENTS = 30  # principal components that models see of a pixel
PICTURE = 96  # pixels of the longer side of the picture in an inspection
COLOURS = (860.0, 660.0, 560.0)  # nm: infrared, red and green, shown as red, green and blue
PLACES = (0.22, 0.13, 0.08)  # of the bands, where wavelengths are unknown
STRETCH = (0.02, 0.98)


@dataclass(frozen=True, eq=False)
class Scene:
    """A scene as the options ask for it.

    Attributes:
        parts: its arrays.
        rows, columns: the window.
        bands: numbers of the bands that are kept, from 0.
        truth: (r, c) classes, 0 for unlabelled.
        names: of the classes from 1 on.
        scale: by which values are divided.
        reference: (dark, white) (c or 1, bands) that give reflectance, None without.
    """

    parts: Parts
    rows: range
    columns: range
    bands: list[int]
    truth: NDArray[np.int64]
    names: list[str]
    scale: float
    reference: tuple[NDArray[np.float32], NDArray[np.float32]] | None

    def values(self, rows: range, columns: range, bands: Sequence[int]) -> NDArray[np.float32]:
        """Return spectra (r, c, bands) as they are imported."""
        found = self.parts.cube.read(rows, columns, bands)
        values = np.asarray(found, np.float32)
        if self.reference is not None:
            places = [self.bands.index(band) for band in bands]
            dark, white = (each[:, places] for each in self.reference)
            if len(dark) > 1:
                at = [column - self.columns.start for column in columns]
                dark, white = dark[at], white[at]
            values = (values - dark) / np.maximum(white - dark, 1e-9)
        elif self.scale != 1.0:
            values = values / np.float32(self.scale)
        return np.ascontiguousarray(values)

    @property
    def wavelengths(self) -> list[float]:
        """Of the bands that are kept, [] where they are unknown."""
        known = self.parts.cube.about.wavelengths
        return [known[band] for band in self.bands] if known else []


@importer
class Scenes(Importer):
    """A cube with its ground truth, names of classes and references, taken together."""

    slug = "scene"
    kind = "cubes"
    title = "A hyperspectral scene: the cube and its ground truth"
    suffixes = (".mat", ".hdr", *DATA_SUFFIXES, ".tif", ".tiff", ".npy", ".npz", ".h5", ".hdf5",
                ".he5", ".csv", ".txt")  # fmt: skip
    bare = True
    windowed = True
    options = OPTIONS

    def claims(self, path: Path) -> bool:
        """Return whether a file is MATLAB's, one of ENVI, a TIFF of several bands, or holds a cube
        and a map of its size.
        """
        suffix = path.suffix.lower()
        if suffix == ".mat":
            return is_mat(path)
        if suffix == ".hdr" or suffix in DATA_SUFFIXES or not suffix:
            return find_header(path) is not None
        if suffix in (".tif", ".tiff"):
            return is_tiff(path) and _is_cube_or_map(path)
        if suffix in (".npz", ".h5", ".hdf5", ".he5"):
            return _holds_scene(path)
        return False

    def also(self, path: Path) -> bool:
        """Return whether a file may be part of a scene: an array, or a table of class names."""
        suffix = path.suffix.lower()
        if suffix in (".csv", ".txt"):
            return is_class_table(path)
        if suffix == ".npy":
            return bool(read_npy(path))
        if suffix in (".tif", ".tiff"):
            return is_tiff(path)
        return suffix in (".npz", ".h5", ".hdf5", ".he5")

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look at the arrays of all files, and make a picture of the scene."""
        scene = read_scene(paths, options)
        height, width = len(scene.rows), len(scene.columns)
        shown = range(scene.columns.start, scene.columns.start + min(SHOWN, width))
        first = scene.values(range(scene.rows.start, scene.rows.start + 1), shown, scene.bands)
        preview: Block = {
            "x": first[0],
            "label": scene.truth[0, : len(shown)] - 1,
            "position": np.stack([np.zeros(len(shown), np.int64), np.arange(len(shown))], axis=1),
        }
        cube, truth = scene.parts.cube, scene.parts.truth
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=_format(cube.path),
            bytes=0,
            rows=height * width,
            parts=_parts(scene),
            classes=scene.names,
            preview={name: np.nan_to_num(values).tolist() for name, values in preview.items()},
            picture={name: values.tolist() for name, values in _picture(scene).items()},
            notes=_notes(scene, truth),
            sources=scene.parts.sources,
            taken=scene.parts.taken,
            unused=_unused(scene),
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the pixels row by row: spectrum, class (-1 where it is unknown) and place."""
        scene = read_scene(paths, options)
        height, width = len(scene.rows), len(scene.columns)
        # Models see components of the bands, which are in memory; the scene itself is not.
        seen = min(len(scene.bands), COMPONENTS)
        check_points(scene.parts.cube.path, "", height * width, seen)
        schema = Schema(
            kind=self.kind, parts=_parts(scene), classes=scene.names, facts=_facts(scene, options)
        )
        return Rows(schema, _blocks(scene, options), height * width)


def read_scene(paths: Sequence[Path], options: Mapping[str, Any]) -> Scene:
    """Return the scene of some files as the options ask for it.

    Raises:
        FormatError: there is none, or an option does not fit it.
    """
    parts = choose_parts(paths, options)
    cube = parts.cube
    rows = _window(options, "row", "rows", cube.shape[0])
    columns = _window(options, "column", "columns", cube.shape[1])
    bands = choose_bands(
        cube.shape[2],
        cube.about.wavelengths,
        cube.about.good if options.get("good", True) else (),
        str(options.get("bands") or ""),
        water=bool(options.get("water", False)),
    )
    truth = _read_truth(parts, rows, columns)
    scale = float(options.get("scale") or cube.about.scale or 1.0)
    reference = _reference(parts, columns, bands)
    return Scene(
        parts, rows, columns, bands, truth, _names(parts, truth, options), scale, reference
    )


def _window(options: Mapping[str, Any], first: str, count: str, there: int) -> range:
    start = int(options.get(first) or 0)
    n = int(options.get(count) or 0) or there - start
    if start >= there or start + n > there:
        raise FormatError(
            f"The window takes {count} {start} to {start + n - 1}; the scene has {count} 0 to "
            f"{there - 1}.",
            "Choose a window inside of the scene.",
            kind="user",
        )
    return range(start, start + n)


def _read_truth(parts: Parts, rows: range, columns: range) -> NDArray[np.int64]:
    """Return the class of each pixel, 0 where it is unknown.

    Raises:
        FormatError: it does not hold whole numbers from 0 on.
    """
    if parts.truth is None:
        return np.zeros((len(rows), len(columns)), np.int64)
    return _read_integers(parts.truth, rows, columns, MOST_CLASSES, "the ground truth of the scene")


def _read_integers(
    raster: Raster, rows: range, columns: range, most: int, what: str
) -> NDArray[np.int64]:
    values = raster.read(rows, columns, None)
    if raster.about.empty is not None:
        values = np.where(values == raster.about.empty, 0, values)
    where = f"{raster.path.name}: {raster.name}" if raster.name else raster.path.name
    whole = np.isfinite(values).all() and (values == np.floor(values)).all()
    if not whole or values.min() < 0 or values.max() > most:
        raise FormatError(
            f"{where} must hold whole numbers from 0 (unknown) to {most}.", f"Choose {what}."
        )
    return values.astype(np.int64)


def _names(parts: Parts, truth: NDArray[np.int64], options: Mapping[str, Any]) -> list[str]:
    """Return the names of the classes from 1 on."""
    about = parts.truth.about.classes if parts.truth is not None else parts.cube.about.classes
    names = dict(enumerate(about or parts.cube.about.classes, start=1))
    for table in parts.tables:
        names = {n: name for n, name in read_class_table(table).items() if n > 0}
    names |= split_names(str(options.get("names") or ""))
    most = max(int(truth.max()), max(names, default=0))
    return [names.get(number) or f"class {number}" for number in range(1, most + 1)]


def _reference(
    parts: Parts, columns: range, bands: list[int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return dark and white (columns or 1, bands), averaged over their rows.

    Raises:
        FormatError: a reference has other bands or columns than the scene.
    """
    if parts.white is None and parts.dark is None:
        return None
    found = []
    for raster, usual in ((parts.dark, 0.0), (parts.white, 1.0)):
        if raster is None:
            found.append(np.full((1, len(bands)), usual, np.float32))
            continue
        height, width, count = raster.shape
        if count != parts.cube.shape[2] or width not in (1, parts.cube.shape[1]):
            raise FormatError(
                f"{raster.title} has {width} columns and {count} bands, and the scene "
                f"{parts.cube.shape[1]} and {parts.cube.shape[2]}.",
                "A reference needs the bands of the scene, and its columns or one.",
            )
        across = columns if width > 1 else range(1)
        values = raster.read(range(height), across, bands).astype(np.float64)
        found.append(values.mean(axis=0).astype(np.float32))
    wide = max(len(each) for each in found)
    dark, white = (np.broadcast_to(each, (wide, len(bands))) for each in found)
    return dark, white


def _parts(scene: Scene) -> list[Part]:
    parts = [
        Part(name="x", dtype="float32", shape=[len(scene.bands)]),
        Part(name="label", dtype="int64"),
        Part(name="position", dtype="int64", shape=[2]),
    ]
    return [*parts, Part(name="role", dtype="int64")] if scene.parts.roles is not None else parts


def _facts(scene: Scene, options: Mapping[str, Any]) -> dict[str, Any]:
    about = scene.parts.cube.about
    reflects = scene.reference is not None or scene.scale != 1.0
    facts: dict[str, Any] = {"height": len(scene.rows), "width": len(scene.columns)}
    known: dict[str, Any] = {
        "wavelengths": scene.wavelengths,
        "fwhm": [about.fwhm[band] for band in scene.bands] if about.fwhm else [],
        "unit": "reflectance" if reflects else "",
        "pixel": about.pixel,
        "where": move_origin(about.where, scene.rows.start, scene.columns.start),
        "origin": [scene.rows.start, scene.columns.start],
        "scene": _split(options),
    }
    if known["origin"] == [0, 0]:
        del known["origin"]
    return facts | {name: value for name, value in known.items() if value}


def _split(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the split, {} where the shares of the import divide the pixels."""
    chosen = str(options.get("split") or "shares")
    if chosen == "shares":
        return {}
    counts = {n: int(options.get(n) or 0) for n in ("labels", "validation")}
    return {"split": chosen, **({} if chosen == "map" else counts)}


def _blocks(scene: Scene, options: Mapping[str, Any]) -> Iterator[Block]:
    width, bands = len(scene.columns), len(scene.bands)
    zeroed = options.get("empty") == "zero"
    step = max(1, rows_at_once(4 * bands) // width)
    for start in range(0, len(scene.rows), step):
        rows = scene.rows[start : start + step]
        truth = scene.truth[start : start + step].ravel()
        spectra = scene.values(rows, scene.columns, scene.bands).reshape(-1, bands)
        spectra, truth = _emptied(scene, spectra, truth, start, zeroed=zeroed)
        pixels = np.arange(start * width, start * width + len(spectra))
        block: dict[str, NDArray[Any]] = {
            "x": spectra,
            "label": truth - 1,
            "position": np.stack([pixels // width, pixels % width], axis=1),
        }
        if scene.parts.roles is not None:
            chosen = _read_integers(scene.parts.roles, rows, scene.columns, 3, "the second map")
            block["role"] = chosen.ravel()
        yield block


def _emptied(
    scene: Scene,
    spectra: NDArray[np.float32],
    truth: NDArray[np.int64],
    start: int,
    *,
    zeroed: bool,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Set pixels without data to 0, without a label.

    Raises:
        FormatError: a value is not finite, and that was not to be set to 0.
    """
    width, empty = len(scene.columns), scene.parts.cube.about.empty
    hollow = np.asarray(~np.isfinite(spectra).all(axis=1))
    if hollow.any() and not zeroed:
        place = int(np.flatnonzero(hollow)[0])
        raise FormatError(
            f"{scene.parts.cube.path.name}: the pixel in row {start + place // width}, column "
            f"{place % width} has a value that is not finite.",
            "Set the option Pixels without data to 0, or choose a window.",
        )
    if empty is not None:
        declared = (spectra == np.float32(empty / scene.scale)).all(axis=1)
        hollow = np.logical_or(hollow, declared)
    if hollow.any():
        spectra = np.where(hollow[:, None], np.float32(0.0), spectra)
        truth = np.where(hollow, 0, truth)
    return spectra, truth


def _picture(scene: Scene) -> dict[str, NDArray[Any]]:
    """Return the scene in false colours (h, w, 3), as bytes, and its ground truth (h, w)."""
    height, width = len(scene.rows), len(scene.columns)
    step = max(1, -(-max(height, width) // PICTURE))
    rows, columns = scene.rows[::step], scene.columns[::step]
    waves = np.asarray(scene.wavelengths)
    if len(waves):
        places = [int(np.abs(waves - wanted).argmin()) for wanted in COLOURS]
    else:
        places = [round(share * (len(scene.bands) - 1)) for share in PLACES]
    x = scene.values(rows, columns, [scene.bands[place] for place in places])
    x = np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = np.quantile(x.reshape(-1, 3), STRETCH, axis=0)
    shown = np.clip((x - low) * (255.0 / np.maximum(high - low, 1e-9)), 0, 255)
    return {"colours": shown.astype(np.uint8), "truth": _pooled(scene.truth, step)}


def _pooled(truth: NDArray[np.int64], step: int) -> NDArray[np.int64]:
    """Return the largest class of each square of pixels: few labels stay in sight."""
    height, width = truth.shape
    padded = np.pad(truth, ((0, -height % step), (0, -width % step)))
    squares = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    found: NDArray[np.int64] = squares.max(axis=(1, 3))
    return found


def _notes(scene: Scene, truth: Raster | None) -> list[str]:
    cube = scene.parts.cube
    height, width = len(scene.rows), len(scene.columns)
    total = cube.shape[2]
    kept = f"{len(scene.bands)} of {total}" if len(scene.bands) < total else f"{total}"
    named = f" and {truth.name or truth.path.name}" if truth is not None else ""
    name = cube.name or cube.path.name
    notes = [f"{name}{named}: {height} x {width} pixels in {kept} bands"]
    waves = scene.wavelengths
    if waves:
        notes.append(f"Wavelengths: {min(waves):,.0f} to {max(waves):,.0f} nm.")
    if scene.reference is not None:
        notes.append("Values become reflectance by the white and dark reference.")
    elif scene.scale != 1.0:
        notes.append(f"Values are divided by {scene.scale:,.6g}.")
    labelled = int((scene.truth > 0).sum())
    if truth is not None:
        notes.append(f"{labelled:,} labelled pixels of {len(scene.names)} classes.")
    else:
        notes.append(
            "No ground truth: label pixels by hand, or drop its file with that of the cube."
        )
    return notes


def _unused(scene: Scene) -> dict[str, str]:
    about = scene.parts.cube.about
    unused = {}
    if not about.wavelengths:
        unused["water"] = "The files have no wavelengths."
    if not about.good:
        unused["good"] = "The files mark no bad bands."
    return unused


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    names = {".mat": "MAT", ".hdr": "ENVI", ".tif": "GeoTIFF", ".tiff": "GeoTIFF"}
    return names.get(suffix, suffix.removeprefix(".") or "ENVI")


def _is_cube_or_map(path: Path) -> bool:
    """Return whether a TIFF is no picture: more than four bands, or numbers of more than 8 bits."""
    from pushforward.studio.formats.cubes.geotiff import read_geotiff

    try:
        [found] = read_geotiff(path)
    except StoreError:
        return False
    return len(found.shape) == 2 or found.shape[2] > 4


def _holds_scene(path: Path) -> bool:
    """Return whether an archive holds one cube, and a map of its size."""
    try:
        found = read_npz(path) if path.suffix.lower() == ".npz" else read_hdf5(path)
    except StoreError:
        return False
    cubes = [each.shape for each in found if len(each.shape) == 3]
    maps = {each.shape for each in found if len(each.shape) == 2}
    return len(cubes) == 1 and any(
        size in maps for size in (cubes[0][:2], cubes[0][1:], cubes[0][::2])
    )
