"""Pictures: files of their own, in folders by class, or packed into a zip."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from pushforward.studio.formats.archives import is_archive
from pushforward.studio.formats.folders import below
from pushforward.studio.formats.images.decoding import PICTURES, TooLarge, Undecodable, decoded
from pushforward.studio.formats.images.image_sources import Picture, Unreadable, gathered
from pushforward.studio.formats.images.resizing import (
    FITTING,
    SHOWN,
    Bytes,
    Fitting,
    check_amount,
    parts_of,
    previewed,
)
from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError, rows_at_once
from pushforward.studio.formats.registry import importer
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import Schema

__all__ = ["MOST_CLASSES", "PictureFiles"]

MOST_CLASSES = 1000
_LOOKED_AT = 2000  # files of a folder, to tell what it is
_NAMED = 3  # pictures that cannot be read, in a sentence
_LISTED = 500  # and in the notes, one a line


@dataclass
class _Seen:
    """Statistics of images.

    Attributes:
        good: readable images.
        bad: errors of the others.
        sizes: (height, width) after resizing.
        own: original sizes.
        large: whether any has too many pixels.
        coloured: whether any has colours.
        first: a few images from all over the set, unchanged.
    """

    good: list[Picture] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    sizes: set[tuple[int, int]] = field(default_factory=set)
    own: set[tuple[int, int]] = field(default_factory=set)
    large: bool = False
    coloured: bool = False
    first: list[Bytes] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        """The class folders; none if some images are outside of them."""
        found = {picture.folder for picture in self.good}
        return [] if "" in found or len(found) < 2 else sorted(found)


@importer
class PictureFiles(Importer):
    """PNG, JPEG, BMP, GIF and WebP."""

    slug = "image-files"
    kind = "images"
    title = "Images: pictures in folders, or in a zip"
    suffixes = (*PICTURES, ".zip")
    options = (
        *FITTING,
        FieldSpec(
            path="damaged",
            kind="choice",
            title="Damaged pictures",
            help="Treatment of images that cannot be read.",
            default="skip",
            choices=[
                Choice(value="skip", title="Leave them out"),
                Choice(value="stop", title="Stop"),
            ],
        ),
    )

    def claims(self, path: Path) -> bool:
        """Say whether a file is a picture by its name, or an archive in which there is one."""
        if path.suffix.lower() != ".zip":
            return True
        if not is_archive(path):
            return False
        with gathered([path]) as found:
            return bool(found)

    def holds(self, folder: Path) -> bool:
        """Say whether most of the files in a folder, and in those in it, are pictures."""
        names = [path.name.lower() for path in islice(below(folder), _LOOKED_AT)]
        return 2 * sum(name.endswith(PICTURES) for name in names) > len(names) > 0

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Decode every image, so that errors are known before the import."""
        fitting = Fitting.from_options(options)
        with gathered(paths) as pictures:
            seen = _scan(pictures, fitting)
        problems, notes, left_out = [], [], list[str]()
        # Where none can be read the refusal says why, once.
        if seen.bad and (seen.good or options["damaged"] == "stop"):
            total = f"{len(seen.bad):,} of {len(pictures):,} pictures cannot be read"
            few = len(seen.bad) <= _NAMED
            if options["damaged"] == "stop":
                said = " ".join(_truncate_list(seen.bad, _NAMED))
                left_out = (
                    [] if few else ["These cannot be read.", *_truncate_list(seen.bad, _LISTED)]
                )
                problems.append(f"{total}: {said} Skip or repair them.")
            else:
                be = "is" if len(seen.bad) == 1 else "are"
                said = f": {' '.join(seen.bad)}" if few else "."
                left_out = [f"{total} and {be} left out{said}"]
                left_out += [] if few else _truncate_list(seen.bad, _LISTED)
        shape: tuple[int, ...] = ()
        try:
            shape = _shape(paths, seen, fitting)
        except FormatError as error:
            # Another side may do: the dialog says what is wrong and lets choose.
            problems.append(f"{error.message} {error.hint}".strip())
        shown = [fitting.fitted(each, shape[0]) for each in seen.first] if shape else []
        preview = {"x": previewed(shown)} if shown else {}
        notes += fitting.describe(seen.own)
        if seen.classes:
            notes.append(f"{len(seen.classes)} classes, from their folders.")
        elif any(picture.folder for picture in seen.good):
            notes.append("Without classes: not all images are in class folders.")
        notes += left_out  # last: it may be a long list
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format="pictures",
            bytes=0,
            rows=len(seen.good) if shape else 0,
            parts=parts_of(shape, labelled=bool(seen.classes)) if shape else [],
            classes=seen.classes,
            preview=preview,
            problems=problems,
            notes=notes,
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the pictures, one block of them in memory at a time."""
        fitting = Fitting.from_options(options)
        with gathered(paths) as pictures:
            seen = _scan(pictures, fitting)
            names = [picture.name for picture in seen.good]
        if seen.bad and options["damaged"] == "stop":
            raise FormatError(
                f"{len(seen.bad):,} of {len(pictures):,} pictures cannot be read: {seen.bad[0]}",
                "Skip or repair them.",
            )
        shape, classes = _shape(paths, seen, fitting), seen.classes
        schema = Schema(
            kind=self.kind, parts=parts_of(shape, labelled=bool(classes)), classes=classes
        )
        blocks = _blocks(paths, frozenset(names), fitting, shape, classes)
        return Rows(schema, blocks, len(seen.good))


def _truncate_list(sentences: Sequence[str], most: int) -> list[str]:
    """Return the first of some sentences, and how many there are beyond."""
    beyond = len(sentences) - most
    return [*sentences[:most], *([f"And {beyond:,} more."] if beyond > 0 else [])]


def _scan(pictures: Sequence[Picture], fitting: Fitting) -> _Seen:
    seen = _Seen()
    for place, picture in enumerate(pictures):
        try:
            found = decoded(picture.read())
        except (Undecodable, Unreadable) as error:
            seen.bad.append(f"{picture.name} {error}.")
            seen.large = seen.large or isinstance(error, TooLarge)
            continue
        seen.good.append(picture)
        height, width = found.shape[:2]
        seen.own.add((height, width))
        seen.sizes.add(fitting.size_of(height, width))
        seen.coloured = seen.coloured or found.ndim == 3
        if SHOWN * place >= len(seen.first) * len(pictures) and len(seen.first) < SHOWN:
            seen.first.append(found)
    return seen


def _shape(paths: Sequence[Path], seen: _Seen, fitting: Fitting) -> tuple[int, int, int]:
    """Return the shape (C, H, W) that all pictures come to.

    Raises:
        FormatError: none can be read, they differ in size, or there are too many or too large ones.
    """
    name = paths[0].name
    if not seen.good:
        raise FormatError(
            f"{name}: no picture can be read. {' '.join(seen.bad[:_NAMED])}",
            "Choose other files, or resize them." if seen.large else "Copy them again.",
        )
    if len(seen.sizes) > 1:
        (low, wide), (high, long) = min(seen.sizes), max(seen.sizes)
        raise FormatError(
            f"{name}: the pictures have {len(seen.sizes):,} sizes, from {wide} x {low} to "
            f"{long} x {high} pixels.",
            "Choose a side length to resize to.",
        )
    if len(seen.classes) > MOST_CLASSES:
        raise FormatError(
            f"{name}: the pictures lie in {len(seen.classes):,} folders (one class each); the "
            f"limit is {MOST_CLASSES:,}.",
            "Use fewer folders.",
        )
    ((height, width),) = seen.sizes
    if max(height, width) > 256:
        raise FormatError(
            f"{name}: the pictures have {width} x {height} pixels; at most 256 x 256 are "
            "supported.",
            "Choose a side length to resize to.",
        )
    shape = (fitting.channels(coloured=seen.coloured), height, width)
    check_amount(name, len(seen.good), shape)
    return shape


def _blocks(
    paths: Sequence[Path],
    names: frozenset[str],
    fitting: Fitting,
    shape: tuple[int, int, int],
    classes: Sequence[str],
) -> Iterator[Block]:
    number = {name: index for index, name in enumerate(classes)}
    most = rows_at_once(int(np.prod(shape)))
    with gathered(paths) as pictures:
        good = (picture for picture in pictures if picture.name in names)
        while some := list(islice(good, most)):
            x = np.empty((len(some), *shape), np.uint8)
            for row, picture in enumerate(some):
                x[row] = _again(picture, fitting, shape)
            block: dict[str, Any] = {"x": x}
            if classes:
                block["label"] = np.array([number[each.folder] for each in some], np.int64)
            yield block


def _again(picture: Picture, fitting: Fitting, shape: tuple[int, int, int]) -> Bytes:
    try:
        found = fitting.fitted(decoded(picture.read()), shape[0])
    except (Undecodable, Unreadable) as error:
        raise FormatError(f"{picture.name} {error}, but could be read before.") from error
    if found.shape != shape:
        raise FormatError(f"{picture.name} changed while it was imported.")
    return found
