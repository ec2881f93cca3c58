"""IDX: arrays of bytes as in MNIST, images and classes in separate files.

Two zero bytes, 8 for unsigned bytes, the number of axes; their lengths as big-endian 32-bit
integers; the values (MNIST page, LeCun, Cortes and Burges 1998). Plain or gzip.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.images.published_split import held_notes, is_test
from pushforward.studio.formats.images.resizing import (
    FITTING,
    SHOWN,
    Fitting,
    check_amount,
    parts_of,
    previewed,
    refused,
)
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import MAX_BLOCK, MAX_ROWS, FormatError, rows_at_once
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.parts import Block
from pushforward.studio.store.regular_files import open_regular
from pushforward.studio.store.schema import Schema

__all__ = ["Idx"]

_MAGIC = b"\0\0\x08"
_GZIP = b"\x1f\x8b"
_LONGEST = 4096  # a side of an image
_HINT = "Copy or download it again."


@dataclass(frozen=True)
class _Set:
    """Images and, where there is one, the file of their classes."""

    images: Path
    labels: Path | None
    lengths: tuple[int, ...]


@importer
class Idx(Importer):
    """Files of MNIST, Fashion-MNIST and their relatives."""

    slug = "idx"
    kind = "images"
    title = "Images: IDX files, as MNIST has them"
    suffixes = (".gz", ".idx", ".ubyte", ".idx3-ubyte", ".idx1-ubyte")
    bare = True
    called = ("*-ubyte",)
    options = FITTING

    def claims(self, path: Path) -> bool:
        """Say whether a file begins as an array of bytes in one to four axes does."""
        try:
            with _opened(path) as file:
                head = file.read(4)
        except FormatError:
            return False
        return head[:3] == _MAGIC and len(head) == 4 and 1 <= head[3] <= 4

    def enough(self, paths: Sequence[Path]) -> bool:
        """Classes alone are no data."""
        return any(len(_lengths(path)) > 1 for path in paths)

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look at the heads, at all classes and at the first images."""
        fitting, sets = Fitting.from_options(options), _sets(paths)
        try:
            shape, labelled = _shape(sets, fitting), _labelled(sets)
        except FormatError as error:
            return refused(self, paths, error)
        first = next(_images(sets[0], SHOWN))[:SHOWN]
        notes = fitting.describe({(each.lengths[1], each.lengths[2]) for each in sets})
        if not labelled:
            notes.append("Without classes: choose the files of the labels, too.")
        tests = [each.images.name for each in sets if is_test(each.images.name)]
        notes += held_notes(tests, len(sets))
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format="IDX",
            bytes=0,
            rows=sum(each.lengths[0] for each in sets),
            parts=parts_of(shape, labelled=labelled),
            classes=_classes(sets) if labelled else [],
            preview={"x": previewed([fitting.fitted(each, shape[0]) for each in first])},
            notes=notes,
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the images of all files, with their classes."""
        fitting, sets = Fitting.from_options(options), _sets(paths)
        shape, labelled = _shape(sets, fitting), _labelled(sets)
        schema = Schema(
            kind=self.kind,
            parts=parts_of(shape, labelled=labelled),
            classes=_classes(sets) if labelled else [],
            last=_last(sets),
        )
        total = sum(each.lengths[0] for each in sets)
        return Rows(schema, _blocks(sets, fitting, shape, labelled=labelled), total)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, packed or not.

    Raises:
        FormatError: it is damaged, now or while it is read.
    """
    try:
        with open_regular(path) as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            if not packed:
                yield file
                return
            with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                yield cast(BinaryIO, unpacked)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        why = str(error).rstrip(".") or "it breaks off"
        raise FormatError(f"{path.name} is damaged: {why}.", _HINT) from error


def _head(path: Path, file: BinaryIO) -> tuple[int, ...]:
    head = file.read(4)
    if len(head) < 4 or head[:3] != _MAGIC or not 1 <= head[3] <= 4:
        raise FormatError(f"{path.name} is no IDX file of bytes: it does not begin as one.", _HINT)
    raw = file.read(4 * head[3])
    lengths = tuple(map(int, np.frombuffer(raw, ">u4"))) if len(raw) == 4 * head[3] else ()
    if (
        not lengths
        or min(lengths) < 1
        or lengths[0] > MAX_ROWS
        or max(lengths[1:] or (1,)) > _LONGEST
    ):
        raise FormatError(f"{path.name} says that it has {lengths or 'no'} values.", _HINT)
    if prod(lengths[1:]) > MAX_BLOCK:
        raise FormatError(
            f"{path.name} says that its rows have {prod(lengths[1:]):,} bytes.", _HINT
        )
    return lengths


def _lengths(path: Path) -> tuple[int, ...]:
    with _opened(path) as file:
        return _head(path, file)


def _sets(paths: Sequence[Path]) -> list[_Set]:
    """Return which files belong together: images and, by their names or in their order, classes.

    Raises:
        FormatError: there are no images, or not as many classes as there are images.
    """
    images = [(path, lengths) for path in paths if len(lengths := _lengths(path)) in (3, 4)]
    labels = [(path, lengths) for path in paths if len(lengths := _lengths(path)) == 1]
    if not images:
        raise FormatError(f"{paths[0].name} holds no images.", "Images have three axes in IDX.")
    if labels and len(labels) != len(images):
        raise FormatError(
            f"{labels[0][0].name}: there are {len(labels)} files of labels for {len(images)} of "
            "images.",
            "Choose the file of the labels of each.",
        )
    found = []
    for place, (path, lengths) in enumerate(images):
        if lengths[3:] not in ((), (1,), (3,)):
            raise FormatError(f"{path.name} has images of {lengths[3]} colours.", _HINT)
        own = next((each for each in labels if _stem(each[0]) == _stem(path)), None)
        mine = own or (labels[place] if labels else None)
        if mine is not None and mine[1][0] != lengths[0]:
            raise FormatError(
                f"{mine[0].name} has {mine[1][0]:,} labels, and {path.name} {lengths[0]:,} images.",
                "Choose the labels of these images.",
            )
        found.append(_Set(path, mine[0] if mine is not None else None, lengths))
    return sorted(found, key=lambda each: is_test(each.images.name))


def _last(sets: Sequence[_Set]) -> int:
    """Return how many images are of test files; 0 where there are no others."""
    counts = [each.lengths[0] for each in sets if is_test(each.images.name)]
    return sum(counts) if len(counts) < len(sets) else 0


def _stem(path: Path) -> str:
    """Return what the names of images and of their labels have in common: "t10k"."""
    return path.name.partition("-images")[0].partition("-labels")[0].partition(".")[0]


def _labelled(sets: Sequence[_Set]) -> bool:
    return all(each.labels is not None for each in sets)


def _classes(sets: Sequence[_Set]) -> list[str]:
    return [str(index) for index in range(max(int(_classes_of(each).max()) for each in sets) + 1)]


def _shape(sets: Sequence[_Set], fitting: Fitting) -> tuple[int, int, int]:
    """Return the shape (C, H, W) that all images come to.

    Raises:
        FormatError: they differ in size, or are too many.
    """
    sizes = {fitting.size_of(*each.lengths[1:3]) for each in sets}
    if len(sizes) > 1:
        raise FormatError(
            f"{sets[0].images.name}: the files have images of {len(sizes)} sizes.",
            "Choose a side length to resize to.",
        )
    ((height, width),) = sizes
    if max(height, width) > 256:
        raise FormatError(
            f"{sets[0].images.name} has images of {width} x {height} pixels; at most 256 x 256 "
            "are supported.",
            "Choose a side length to resize to.",
        )
    coloured = any(each.lengths[3:] == (3,) for each in sets)
    shape = (fitting.channels(coloured=coloured), height, width)
    check_amount(sets[0].images.name, sum(each.lengths[0] for each in sets), shape)
    return shape


def _classes_of(each: _Set) -> NDArray[np.int64]:
    assert each.labels is not None
    with _opened(each.labels) as file:
        count = _head(each.labels, file)[0]
        raw = file.read(count)
    if len(raw) != count:
        raise _short(each.labels, count, len(raw))
    return np.frombuffer(raw, np.uint8).astype(np.int64)


def _images(each: _Set, most: int) -> Iterator[NDArray[np.uint8]]:
    """Yield images (n, h, w) or (n, h, w, 3), at most ``most`` at a time."""
    with _opened(each.images) as file:
        lengths = _head(each.images, file)
        row, left = prod(lengths[1:]), lengths[0]
        while left:
            count = min(most, left)
            raw = file.read(count * row)
            if len(raw) != count * row:
                there = (lengths[0] - left) * row + len(raw)
                raise _short(each.images, lengths[0] * row, there)
            found = np.frombuffer(raw, np.uint8).reshape(count, *lengths[1:])
            yield found[..., 0] if lengths[3:] == (1,) else found
            left -= count


def _short(path: Path, announced: int, there: int) -> FormatError:
    return FormatError(
        f"{path.name} is damaged: {announced:,} bytes are announced, and {there:,} are there.",
        _HINT,
    )


def _blocks(
    sets: Sequence[_Set], fitting: Fitting, shape: tuple[int, int, int], *, labelled: bool
) -> Iterator[Block]:
    for each in sets:
        labels, start = _classes_of(each) if labelled else None, 0
        for some in _images(each, rows_at_once(prod(each.lengths[1:]))):
            x = np.stack([fitting.fitted(image, shape[0]) for image in some])
            block: dict[str, Any] = {"x": np.ascontiguousarray(x)}
            if labels is not None:
                block["label"] = labels[start : start + len(some)]
            start += len(some)
            yield block
