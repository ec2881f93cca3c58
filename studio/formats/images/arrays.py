"""Images as arrays: NPY, NPZ and HDF5, channels first, last, or none.

An image array is (n, H, W), (n, H, W, C) or (n, C, H, W) with one or three channels, integers or
fractions. An integer array of the same length has the classes; a text array called "classes" or
similar their names. Arrays such as "x_train" and "x_test" are the splits; test images come last.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.counts import format_count
from pushforward.studio.formats.arrayfiles import Array, Read, arrays_of, shapes_of
from pushforward.studio.formats.images.published_split import held_notes, is_test
from pushforward.studio.formats.images.resizing import (
    FITTING,
    SHOWN,
    Bytes,
    Fitting,
    check_amount,
    parts_of,
    previewed,
    refused,
)
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError, rows_at_once
from pushforward.studio.formats.registry import importer
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import Schema

__all__ = ["ImageArrays"]

_AXES, _WIDEST = 4, 3 * 1024**2
_SMALLEST, _LARGEST = 4, 1024  # sides of an image
_COLOURS = (1, 3)
_NAMES = ("images", "image", "x", "data", "pixels", "arr_0")
_LABELS = ("labels", "label", "y", "targets")
_CLASSES = ("classes", "class_names", "classnames", "label_names", "labels_names", "names")
_LONGEST_NAME = 200
_PART = re.compile(r"(?:^|[-_.])(train|training|val|valid|validation|test)(?=[-_.]|$)")
_MOST_CLASSES = 1000
_BYTE = 255.0
_RANGES: dict[str, tuple[float, float]] = {
    "bytes": (0.0, _BYTE),
    "unit": (0.0, 1.0),
    "signed": (-1.0, 1.0),
}
_HINT = "Store images as an array (n, H, W) or (n, H, W, 3) of bytes."


@dataclass(frozen=True)
class _Images:
    """Images of a file.

    Attributes:
        path: the file.
        array: of the images.
        labels: of their classes, None where there is none.
        unfit: an array that is called as labels are, of another length; None for none.
        names: an array of texts that may name the classes, None where there is none.
        first: whether its colours come before rows and columns.
        size: (height, width).
        channels: how many colours.
    """

    path: Path
    array: Array
    labels: Array | None
    first: bool
    size: tuple[int, int]
    channels: int
    unfit: Array | None = None
    names: Array | None = None

    @property
    def tests(self) -> bool:
        """Whether its makers set it apart to test with."""
        return _bare(self.array.name)[1] == "test" or is_test(self.path.stem)

    def read(self) -> Read:
        """Return what reads images (n, h, w) or (n, h, w, 3)."""
        get = self.array.reader(())

        def read(start: int, stop: int) -> NDArray[Any]:
            found = get(start, stop).reshape(stop - start, *self.array.shape[1:])
            if len(self.array.shape) == 3:
                return found
            if self.first:
                found = np.moveaxis(found, 1, 3)
            return found[..., 0] if self.channels == 1 else found

        return read


@dataclass(frozen=True)
class _Values:
    """Between which numbers black and white lie, and the numbers of the images that are left out:
    one of their values is not finite.
    """

    black: float
    white: float
    broken: tuple[int, ...] = ()

    def bytes_of(self, x: NDArray[Any]) -> Bytes:
        """Return values as bytes, each the nearest."""
        if x.dtype == np.uint8 and (self.black, self.white) == (0.0, _BYTE):
            return x
        scaled = (x.astype(np.float64) - self.black) * (_BYTE / (self.white - self.black))
        return np.rint(scaled).astype(np.uint8)


@importer
class ImageArrays(Importer):
    """Arrays of images, read in parts; general, so that who knows a file better comes before it."""

    slug = "image-arrays"
    kind = "images"
    title = "Images: arrays of pixels"
    suffixes = (".h5", ".hdf5", ".npz", ".npy")
    general = True
    options = (
        *FITTING,
        FieldSpec(
            path="values",
            kind="choice",
            title="Values",
            help=(
                "Values of black and white. Automatic: 0 and 255 for integers, 0 and 1 for "
                "fractions, −1 and 1 if some are negative."
            ),
            default="auto",
            choices=[
                Choice(value="auto", title="As they look"),
                Choice(value="bytes", title="0 to 255"),
                Choice(value="unit", title="0 to 1"),
                Choice(value="signed", title="-1 to 1"),
                Choice(value="span", title="Minimum to maximum"),
            ],
        ),
    )

    def claims(self, path: Path) -> bool:
        """Say whether a file has an array of images."""
        try:
            with _opened(path):
                return True
        except StoreError:
            return False

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all values once, for where black and white are."""
        fitting, rows, most, labelled = Fitting.from_options(options), 0, -1, True
        first: list[Bytes] = []
        names: list[str] = []
        sizes: set[tuple[int, int]] = set()
        notes, tests = [], []
        places = _places(paths)
        try:
            shape = _shape(places, fitting)
        except FormatError as error:
            return refused(self, paths, error)
        for path, place in places:
            with _opened(path) as sets:
                images = sets[place]
                try:
                    values = _values(images, str(options["values"]))
                except FormatError as error:
                    return refused(self, paths, error)
                rows += images.array.shape[0] - len(values.broken)
                labelled = labelled and images.labels is not None
                most = max(most, int(_labels(images).max(initial=-1)))
                names = names or _names(images)
                sizes.add(images.size)
                first += _preview(images, values, SHOWN - len(first))
                if values.broken:
                    notes.append(_left_out(images, values))
                if images.tests:
                    tests.append(images.array.name if len(sets) > 1 else path.name)
                if (values.black, values.white) != (0.0, _BYTE):
                    notes.append(
                        f"{path.name}: black is {values.black:g} and white {values.white:g}; "
                        "between them are 256 levels."
                    )
                if images.unfit is not None:
                    notes.append(
                        f"{path.name}: {images.unfit.name} has {images.unfit.shape[0]:,} values "
                        f"for {images.array.shape[0]:,} images, and is left out."
                    )
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=paths[0].suffix.lstrip(".").upper(),
            bytes=0,
            rows=rows,
            parts=parts_of(shape, labelled=labelled),
            classes=_classes(most, names) if labelled else [],
            preview={"x": previewed([fitting.fitted(each, shape[0]) for each in first])},
            notes=[*fitting.describe(sizes), *notes[:3], *held_notes(tests, len(places))],
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the images of all files."""
        fitting, total, last, most, labelled = Fitting.from_options(options), 0, 0, -1, True
        ranges, places, names = [], _places(paths), list[str]()
        for path, place in places:
            with _opened(path) as sets:
                images = sets[place]
                ranges.append(_values(images, str(options["values"])))
                kept = images.array.shape[0] - len(ranges[-1].broken)
                total += kept
                last += kept * images.tests
                labelled = labelled and images.labels is not None
                most = max(most, int(_labels(images).max(initial=-1)))
                names = names or _names(images)
        shape = _shape(places, fitting)
        schema = Schema(
            kind=self.kind,
            parts=parts_of(shape, labelled=labelled),
            classes=_classes(most, names) if labelled else [],
            last=last if last < total else 0,
        )
        return Rows(schema, _blocks(places, ranges, fitting, shape, labelled=labelled), total)


_Place = tuple[Path, int]
"""A file, and which of the images in it."""


def _places(paths: Sequence[Path]) -> list[_Place]:
    """Return where images are, those last that test.

    Raises:
        FormatError: as `_opened`.
    """
    found: list[tuple[bool, _Place]] = []
    for path in paths:
        with _opened(path) as sets:
            found += [(images.tests, (path, place)) for place, images in enumerate(sets)]
    return [place for _, place in sorted(found, key=lambda each: each[0])]


@contextmanager
def _opened(path: Path) -> Iterator[list[_Images]]:
    """Open a file with images, of one or of several parts of the data.

    Raises:
        FormatError: it has none, or several arrays that may be meant, or is damaged.
    """
    with arrays_of(path, _AXES, _WIDEST) as arrays:
        found = [each for each in (_as_images(path, array) for array in arrays) if each]
        named = [each for each in found if _bare(each.array.name)[0] in _NAMES]
        chosen = named if named else found
        called = [_bare(each.array.name) for each in chosen]
        parts = {part for _, part in called}
        apart = len({bare for bare, _ in called}) == 1 and "" not in parts
        if len(chosen) != 1 and not (apart and len(parts) == len(chosen)):
            many = "several arrays" if chosen else "no array"
            raise FormatError(
                f"{path.name} has {many} that look like images; found: {shapes_of(arrays)}.", _HINT
            )
        yield [_with_labels(each, arrays) for each in chosen]


def _with_labels(images: _Images, arrays: Sequence[Array]) -> _Images:
    """Return images with the array of their classes, that of the same part of the data."""
    part, n = _bare(images.array.name)[1], images.array.shape[0]
    called = [
        array
        for array in arrays
        if array.dtype.kind in "iu"
        and (len(array.shape) == 1 or array.shape[1:] == (1,))
        and _bare(array.name)[0] in _LABELS
        and _bare(array.name)[1] in (part, "")
    ]
    fit = [array for array in called if array.shape[0] == n]
    unfit = [array for array in called if array.shape[0] != n and _bare(array.name)[1] == part]
    labels = fit[0] if fit else None
    named = [
        array
        for array in arrays
        if array.dtype.kind in "US"
        and len(array.shape) == 1
        and array.shape[0] <= _MOST_CLASSES
        and _bare(array.name)[0] in _CLASSES
    ]
    return replace(
        images,
        labels=labels,
        unfit=unfit[0] if unfit and labels is None else None,
        # One of them may name the images instead, each by itself.
        names=min(named, key=lambda array: _CLASSES.index(_bare(array.name)[0]), default=None),
    )


def _bare(name: str) -> tuple[str, str]:
    """Return the base name of an array and its split, "" if unknown: "x" and "train" for "x_train"
    and "train/x".
    """
    group, _, last = name.lower().rpartition("/")
    found = _PART.search(last)
    if found is not None:
        return (last[: found.start()] + last[found.end() :]).strip("-_."), found[1]
    above = _PART.fullmatch(group.rpartition("/")[2])
    return last, above[1] if above is not None else ""


def _as_images(path: Path, array: Array) -> _Images | None:
    """Return an array as images, None where it is none."""
    shape = array.shape
    if array.dtype.kind not in "fiu" or array.dtype.names or not shape[0]:
        return None
    channels, first = 1, False
    match shape:
        case (_, height, width):
            pass
        case (_, height, width, channels) if channels in _COLOURS and height >= _SMALLEST:
            pass
        case (_, channels, height, width) if channels in _COLOURS:
            first = True
        case _:
            return None
    if not (min(height, width) >= _SMALLEST and max(height, width) <= _LARGEST):
        return None
    return _Images(path, array, None, first, (height, width), channels)


def _values(images: _Images, asked: str) -> _Values:
    """Return where black and white are, after looking at all values, and which images are left
    out.

    Raises:
        FormatError: no image has finite values only, or a value lies outside.
    """
    read, n = images.read(), images.array.shape[0]
    low, high = np.inf, -np.inf
    broken: list[int] = []
    step = rows_at_once(8 * int(np.prod(images.array.shape[1:])))
    for start in range(0, n, step):
        some = read(start, min(n, start + step))
        whole = _finite(some)
        broken += (start + np.flatnonzero(~whole)).tolist()
        if whole.any():
            low, high = min(low, float(some[whole].min())), max(high, float(some[whole].max()))
    if len(broken) == n:
        raise FormatError(
            f"{images.path.name}: every image of {images.array.name} has a value that is not "
            "finite.",
            "Replace these values.",
        )
    if asked == "span":
        return _Values(low, high if high > low else low + 1.0, tuple(broken))
    if asked == "auto":
        fraction = images.array.dtype.kind == "f" and high <= 1.0
        asked = ("signed" if low < 0.0 else "unit") if fraction else "bytes"
    black, white = _RANGES[asked]
    if low < black or high > white:
        raise FormatError(
            f"{images.path.name}: the values of {images.array.name} go from {low:g} to {high:g}, "
            f"and not from {black:g} to {white:g}.",
            "Choose other values, or \u201cMinimum to maximum\u201d.",
        )
    return _Values(black, white, tuple(broken))


def _finite(x: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which images (n, h, w) or (n, h, w, 3) have finite values only."""
    if x.dtype.kind != "f":
        return np.ones(len(x), bool)
    return np.asarray(np.isfinite(x).all(axis=tuple(range(1, x.ndim))))


def _preview(images: _Images, values: _Values, most: int) -> list[Bytes]:
    """Return at most ``most`` images, evenly spaced over the file, since neighbours may be of one
    class.
    """
    whole = np.setdiff1d(np.arange(images.array.shape[0]), values.broken)
    apart = np.unique(np.linspace(0, len(whole) - 1, max(0, most)).round().astype(int))
    read = images.read()
    return [values.bytes_of(read(k, k + 1))[0] for k in whole[apart].tolist()]


def _left_out(images: _Images, values: _Values) -> str:
    """Say how many images are left out, and which is the first of them."""
    n = len(values.broken)
    return (
        f"{images.path.name}: {n:,} of {format_count(images.array.shape[0], 'image')} left out: a "
        "value "
        f"is not finite (the first is image {values.broken[0]:,}, counted from 0)."
    )


def _labels(images: _Images) -> NDArray[np.int64]:
    """Return the class of each image, () if unknown.

    Raises:
        FormatError: one is below 0, or there are far too many.
    """
    if images.labels is None:
        return np.zeros(0, np.int64)
    found = images.labels.reader(())(0, images.labels.shape[0]).reshape(-1).astype(np.int64)
    if found.min() < 0 or found.max() >= _MOST_CLASSES:
        raise FormatError(
            f"{images.path.name}: {images.labels.name} has classes from {found.min()} to "
            f"{found.max()}; they are counted from 0, and there are at most {_MOST_CLASSES:,}.",
            "Number them anew.",
        )
    return found


def _names(images: _Images) -> list[str]:
    """Return the class names by number, [] if unknown."""
    if images.names is None:
        return []
    found = images.names.reader(())(0, images.names.shape[0]).reshape(-1).tolist()
    texts = [each.decode("utf-8", "replace") if isinstance(each, bytes) else each for each in found]
    return [str(text).strip()[:_LONGEST_NAME] for text in texts]


def _classes(most: int, names: Sequence[str]) -> list[str]:
    """Return the names of classes 0 to ``most``, the given ones if they cover all."""
    named = most < len(names) and len(set(names)) == len(names) and all(names)
    return list(names) if named else [str(index) for index in range(most + 1)]


def _shape(places: Sequence[_Place], fitting: Fitting) -> tuple[int, int, int]:
    """Return the shape (C, H, W) that all images come to.

    Raises:
        FormatError: they differ in size, or are too large or too many.
    """
    sizes, coloured, rows = set(), False, 0
    for path, place in places:
        with _opened(path) as sets:
            images = sets[place]
            sizes.add(fitting.size_of(*images.size))
            coloured = coloured or images.channels > 1
            rows += images.array.shape[0]
    name = places[0][0].name
    height, width = max(sizes)
    if len(sizes) > 1 or max(height, width) > 256:
        what = f"images of {len(sizes)} sizes" if len(sizes) > 1 else f"{width} x {height} pixels"
        raise FormatError(
            f"{name}: there are {what}; all must be of one, of at most 256 x 256.",
            "Choose a side length to resize to.",
        )
    shape = (fitting.channels(coloured=coloured), height, width)
    check_amount(name, rows, shape)
    return shape


def _blocks(
    places: Sequence[_Place],
    ranges: Sequence[_Values],
    fitting: Fitting,
    shape: tuple[int, int, int],
    *,
    labelled: bool,
) -> Iterator[Block]:
    for (path, place), values in zip(places, ranges, strict=True):
        with _opened(path) as sets:
            images = sets[place]
            read, n = images.read(), images.array.shape[0]
            labels = _labels(images)
            step = rows_at_once(8 * int(np.prod(images.array.shape[1:])))
            for start in range(0, n, step):
                stop = min(n, start + step)
                raw = read(start, stop)
                whole = _finite(raw)
                if not whole.any():
                    continue
                some = values.bytes_of(raw[whole])
                x = np.stack([fitting.fitted(each, shape[0]) for each in some])
                block: dict[str, Any] = {"x": np.ascontiguousarray(x)}
                if labelled:
                    block["label"] = labels[start:stop][whole]
                yield block
