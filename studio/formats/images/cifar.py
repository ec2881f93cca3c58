"""CIFAR-10 and CIFAR-100, Python version: five training files and one test file.

They are pickles, which are never unpickled (`safe_pickle`): a dictionary of "data", bytes (n, 3072)
with red, green and blue in order, and of "labels", or "fine_labels" and "coarse_labels". The file
"batches.meta" or "meta" names the classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.images.published_split import held_notes, is_test
from pushforward.studio.formats.images.resizing import (
    FITTING,
    SHOWN,
    Bytes,
    Fitting,
    check_amount,
    parts_of,
    previewed,
)
from pushforward.studio.formats.images.safe_pickle import Array, PlainPickleError, plain
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import MAX_BLOCK, FormatError, rows_at_once
from pushforward.studio.formats.registry import importer
from pushforward.studio.store.errors import StoreError, human_bytes
from pushforward.studio.store.parts import Block
from pushforward.studio.store.regular_files import open_regular
from pushforward.studio.store.schema import Schema

__all__ = ["Cifar"]

_PIXELS = (3, 32, 32)
_ROW = 3072
_LABELS = ("labels", "fine_labels", "coarse_labels")
_NAMES = ("label_names", "fine_label_names", "coarse_label_names")
_MOST_CLASSES = 1000
_HEAD = 256
_HINT = "Download the Python version of CIFAR-10 or CIFAR-100 again, and choose its folder."


@dataclass(frozen=True)
class _Batch:
    """What one file holds: images (n, 3, 32, 32), and the class of each."""

    x: Bytes
    labels: NDArray[np.int64]


@importer
class Cifar(Importer):
    """Importer of CIFAR files, pickles of bytes, integers and texts only."""

    slug = "cifar"
    kind = "images"
    title = "Images: CIFAR-10 or CIFAR-100, the Python version"
    suffixes = (".pkl", ".pickle", ".meta")
    bare = True
    called = ("data_batch_*", "test_batch", "train", "test", "meta")
    options = FITTING

    def claims(self, path: Path) -> bool:
        """Say whether a file begins as a pickle does that has what these have."""
        with open_regular(path) as file:
            head = file.read(_HEAD)
        # Each of their dictionaries begins with one of these.
        words = (b"batch_label", b"label_names", b"data", b"filenames", b"num_cases_per_batch")
        return head[:1] == b"\x80" and any(word in head for word in words)

    def enough(self, paths: Sequence[Path]) -> bool:
        """The names of the classes alone are no data."""
        return any(not _is_meta(path) for path in paths)

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Read all files, one after the other."""
        fitting, rows = Fitting.from_options(options), 0
        first: list[Bytes] = []
        batches, names = _sorted(paths)
        most = -1
        for path in batches:
            found = _read(path)
            rows += len(found.x)
            most = max(most, int(found.labels.max(initial=-1)))
            first += list(found.x[: max(0, SHOWN - len(first))])
        shape = _shape(fitting)
        check_amount(batches[0].name, rows, shape)
        classes = _classes(paths, names, most)
        shown = [fitting.fitted(np.moveaxis(each, 0, 2), shape[0]) for each in first]
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format="CIFAR",
            bytes=0,
            rows=rows,
            parts=parts_of(shape, labelled=True),
            classes=classes,
            preview={"x": previewed(shown)},
            notes=[
                *fitting.describe({(_PIXELS[1], _PIXELS[2])}),
                *held_notes([path.name for path in batches if is_test(path.name)], len(batches)),
            ],
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the images of all files, one file in memory at a time."""
        fitting = Fitting.from_options(options)
        batches, names = _sorted(paths)
        total, last, most = 0, 0, -1
        for path in batches:
            found = _read(path)
            total += len(found.x)
            last += len(found.x) * is_test(path.name)
            most = max(most, int(found.labels.max(initial=-1)))
        shape = _shape(fitting)
        check_amount(batches[0].name, total, shape)
        schema = Schema(
            kind=self.kind,
            parts=parts_of(shape, labelled=True),
            classes=_classes(paths, names, most),
            last=last if last < total else 0,
        )
        return Rows(schema, _blocks(batches, fitting, shape), total)


def _is_meta(path: Path) -> bool:
    return path.name in ("batches.meta", "meta") or path.suffix.lower() == ".meta"


def _sorted(paths: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return the files with images, and the names of the classes where a file says them.

    Raises:
        FormatError: there are no images.
    """
    said = list(filter(_is_meta, paths))
    names = [name for path in said for name in _names(path)]
    if not said:
        with suppress(StoreError):  # it may be anything: nobody chose it
            names = [name for path in _find_class_names(paths[0]) for name in _names(path)]
    batches = sorted(
        (path for path in paths if not _is_meta(path)), key=lambda path: is_test(path.name)
    )
    if not batches:
        raise FormatError(f"{paths[0].name} names classes, and holds no images.", _HINT)
    return batches, names


def _names(path: Path) -> list[str]:
    held = _dictionary(path)
    found: Any = next((held[name] for name in _NAMES if name in held), [])
    return [_word(path, each) for each in found] if isinstance(found, list) else []


def _find_class_names(path: Path) -> list[Path]:
    """Return the file that names the classes of one that was chosen without it."""
    there = [path.parent / name for name in ("batches.meta", "meta")]
    return [each for each in there if each.is_file() and not each.is_symlink()][:1]


def _word(path: Path, value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        raise FormatError(f"{path.name} has a class whose name is no text.", _HINT)
    return text


def _classes(paths: Sequence[Path], names: Sequence[str], most: int) -> list[str]:
    """Return the class names, numbers if unknown.

    Raises:
        FormatError: there are more classes than names, or too many.
    """
    if most >= _MOST_CLASSES or (names and most >= len(names)):
        raise FormatError(
            f"{paths[0].name}: an image is of class {most}, and there are "
            f"{len(names) or _MOST_CLASSES:,} at most.",
            _HINT,
        )
    return list(names) or [str(index) for index in range(most + 1)]


def _shape(fitting: Fitting) -> tuple[int, int, int]:
    return (fitting.channels(coloured=True), *fitting.size_of(*_PIXELS[1:]))


def _dictionary(path: Path) -> dict[str, Any]:
    """Return what a file holds.

    Raises:
        FormatError: it is no pickle of plain data, or too large.
    """
    with open_regular(path) as file:
        data = file.read(MAX_BLOCK + 1)
    if len(data) > MAX_BLOCK:
        raise FormatError(
            f"{path.name} has more than {human_bytes(MAX_BLOCK)}; a file of CIFAR has some 30 to "
            "150 MB.",
            _HINT,
        )
    try:
        found = plain(data)
    except PlainPickleError as error:
        raise FormatError(f"{path.name} is no file of CIFAR: {error}.", _HINT) from error
    if not isinstance(found, dict):
        raise FormatError(f"{path.name} is no file of CIFAR: it holds no dictionary.", _HINT)
    return found


def _read(path: Path) -> _Batch:
    """Return the images of a file.

    Raises:
        FormatError: it holds none, or they do not fit their labels.
    """
    held = _dictionary(path)
    data = held.get("data")
    labels = next((held[name] for name in _LABELS if name in held), None)
    if not isinstance(data, Array) or not isinstance(labels, list):
        raise FormatError(f"{path.name} has no data with labels in it.", _HINT)
    try:
        x = data.bytes_()
    except PlainPickleError as error:
        raise FormatError(f"{path.name} is damaged: {error}.", _HINT) from error
    if x.shape != (len(labels), _ROW) or not len(x):
        raise FormatError(
            f"{path.name} has data of the shape {x.shape} with {len(labels):,} labels, where "
            f"(n, {_ROW:,}) with n of them are meant.",
            _HINT,
        )
    if not all(type(each) is int and 0 <= each < 2**31 for each in labels):
        raise FormatError(f"{path.name} has a label that is no number from 0 on.", _HINT)
    return _Batch(x.reshape(-1, *_PIXELS), np.array(labels, np.int64))


def _blocks(
    batches: Sequence[Path], fitting: Fitting, shape: tuple[int, int, int]
) -> Iterator[Block]:
    as_they_are = shape == _PIXELS
    step = rows_at_once(int(np.prod(shape)))
    for path in batches:
        found = _read(path)
        for start in range(0, len(found.x), step):
            x = found.x[start : start + step]
            if not as_they_are:
                moved = np.moveaxis(x, 1, 3)
                x = np.stack([fitting.fitted(each, shape[0]) for each in moved])
            yield {"x": np.ascontiguousarray(x), "label": found.labels[start : start + step]}
