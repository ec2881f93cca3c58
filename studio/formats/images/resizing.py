"""Resize images of any size and colour to a common one: options of all image importers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.importer import Importer
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import MAX_POINTS, FormatError
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.errors import human_bytes
from pushforward.studio.store.parts import Part

__all__ = [
    "FITTING",
    "SHOWN",
    "Bytes",
    "Fitting",
    "check_amount",
    "parts_of",
    "previewed",
    "refused",
]

Bytes = NDArray[np.uint8]
LARGEST = 256
SHOWN = 6
_SHOWN_NUMBERS = 40_000  # of a preview, which is sent number by number
_GREY, _COLOUR = 1, 3

FITTING: tuple[FieldSpec, ...] = (
    FieldSpec(
        path="side",
        kind="int",
        title="Side",
        help=(
            "Width and height in pixels to resize to. 0 keeps the original size, which must then "
            "be the same for all."
        ),
        default=0,
        unit="pixels",
        zero="original size",
        low=0,
        high=LARGEST,
    ),
    FieldSpec(
        path="fit",
        kind="choice",
        title="Fit",
        help="Treatment of images that are not square.",
        default="crop",
        choices=[
            Choice(value="crop", title="Center crop"),
            Choice(value="stretch", title="Stretch it"),
        ],
    ),
    FieldSpec(
        path="colour",
        kind="choice",
        title="Colour",
        help="Automatic: grey if all images are grey, RGB otherwise.",
        default="as-is",
        choices=[
            Choice(value="as-is", title="As they are"),
            Choice(value="grey", title="Grey"),
            Choice(value="colour", title="Red, green, blue"),
        ],
    ),
)
"""The options parsed by `Fitting.from_options`."""


@dataclass(frozen=True)
class Fitting:
    """Target format of images.

    Attributes:
        side: side in pixels, 0 for the original size.
        fit: treatment of images that are not square.
        colour: number of channels.
    """

    side: int
    fit: Literal["crop", "stretch"]
    colour: Literal["as-is", "grey", "colour"]

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "Fitting":
        """Return what was chosen."""
        return cls(int(options["side"]), options["fit"], options["colour"])

    def size_of(self, height: int, width: int) -> tuple[int, int]:
        """Return the size of a picture afterwards."""
        return (self.side, self.side) if self.side else (height, width)

    def describe(self, sizes: Collection[tuple[int, int]]) -> list[str]:
        """Describe the resizing of images of the given sizes (height, width)."""
        if not self.side or not set(sizes) - {(self.side, self.side)}:
            return []
        (low, wide), (high, long) = min(sizes), max(sizes)
        some = f"{wide} x {low}" if len(sizes) == 1 else f"{wide} x {low} to {long} x {high}"
        square = all(height == width for height, width in sizes)
        to = f"{self.side} x {self.side} pixels"
        if square:
            return [f"Images of {some} pixels: each is resized to {to}."]
        if self.fit == "stretch":
            return [
                f"Images of {some} pixels: each is stretched to {to} without keeping the "
                "aspect ratio."
            ]
        return [f"Images of {some} pixels: cropped to the central square and resized to {to}."]

    def channels(self, *, coloured: bool) -> int:
        """Return the number of channels for images with or without colours."""
        chosen = {"grey": _GREY, "colour": _COLOUR}
        return chosen.get(self.colour, _COLOUR if coloured else _GREY)

    def fitted(self, picture: Bytes, channels: int) -> Bytes:
        """Return a picture (h, w) or (h, w, 3) as (channels, H, W)."""
        if self.side and picture.shape[:2] != (self.side, self.side):
            picture = self._resized(picture)
        if channels == _GREY and picture.ndim == 3:
            picture = _luma(picture)
        if picture.ndim == 2:
            return np.broadcast_to(picture, (channels, *picture.shape))
        return np.moveaxis(picture, 2, 0)

    def _resized(self, picture: Bytes) -> Bytes:
        from PIL import Image

        height, width = picture.shape[:2]
        if self.fit == "crop":
            short = min(height, width)
            top, left = (height - short) // 2, (width - short) // 2
            picture = picture[top : top + short, left : left + short]
        image = Image.fromarray(np.ascontiguousarray(picture))
        made = image.resize((self.side, self.side), Image.Resampling.LANCZOS)
        return np.asarray(made, np.uint8)


def _luma(picture: Bytes) -> Bytes:
    """Return the brightness of colours (h, w, 3), (h, w), by the weights of ITU-R BT.601."""
    weights = np.array([0.299, 0.587, 0.114])
    return np.asarray(np.rint(picture @ weights), np.uint8)


def refused(importer: Importer, paths: Sequence[Path], error: FormatError) -> Inspection:
    """Return the inspection of files that cannot be imported with these options; others may work,
    so the dialog shows the error and the options.
    """
    return Inspection(
        files=[str(path) for path in paths],
        importer=importer.slug,
        kind=importer.kind,
        format=importer.title,
        bytes=0,
        problems=[f"{error.message} {error.hint}".strip()],
    )


def parts_of(shape: Sequence[int], *, labelled: bool) -> list[Part]:
    """Return the parts of images of a shape (C, H, W), with a class each or not."""
    x = Part(name="x", dtype="uint8", shape=list(shape))
    return [x, Part(name="label", dtype="int64")] if labelled else [x]


def previewed(pictures: Sequence[Bytes]) -> list[Any]:
    """Return the first few of some images (C, H, W) as nested lists, black 0 and white 1, as many
    as may be sent.
    """
    if not pictures:
        return []
    most = min(SHOWN, _SHOWN_NUMBERS // max(pictures[0].size, 1))
    return [(picture / 255.0).round(3).tolist() for picture in pictures[:most]]


def check_amount(name: str, rows: int, shape: Sequence[int]) -> None:
    """Refuse more pixels than an import may have.

    Raises:
        FormatError: with the numbers and the limit.
    """
    need = rows * int(np.prod(shape, dtype=np.int64))
    if need > MAX_POINTS:
        raise FormatError(
            f"{name}: {rows:,} images of {' x '.join(map(str, shape))} take {human_bytes(need)}; "
            f"the limit is {human_bytes(MAX_POINTS)}.",
            "Choose a smaller side, or fewer images.",
        )
