"""Read an image file, or an image on the clipboard, and fit it to the images of a model.

Only five formats are read, up to a number of pixels: a file that would unpack into more is refused
before it is decoded. `read_source` may take seconds for a large file: call it on a thread.
"""

from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter

from pushforward.studio.formats.images.truncation import ends_early
from pushforward.studio.formats.limits import MAX_PIXELS
from pushforward.studio.literal import one_line

__all__ = [
    "FILTER",
    "ImageRead",
    "ImageSource",
    "Unreadable",
    "carries",
    "find_carried",
    "fitted",
    "name_source",
    "read_image",
    "read_source",
]

MEGAPIXELS = MAX_PIXELS // 10**6
FILTER = "Images (*.png *.jpg *.jpeg *.bmp *.gif *.webp)"
USABLE = "PNG, JPEG, WebP, BMP or GIF"
BYTES = 200_000_000  # of a file
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", b"png"),
    (b"\xff\xd8\xff", b"jpeg"),
    (b"RIFF", b"webp"),
    (b"BM", b"bmp"),
    (b"GIF87a", b"gif"),
    (b"GIF89a", b"gif"),
)
PASTED = "Image from the clipboard"


ImageSource: TypeAlias = Path | QImage
"""An image file, or an image of the clipboard."""


class Unreadable(ValueError):
    """An image that cannot be used; the message says why, in a sentence."""


class ImageRead(NamedTuple):
    """An image (C, H, W) with values in [0, 1], its name, and how it was fitted, in a sentence."""

    image: NDArray[np.float32]
    name: str
    fitted: str


def read_image(path: Path, shape: tuple[int, ...]) -> tuple[NDArray[np.float32], str]:
    """Return the image in a file, fitted to a ``shape`` (C, H, W), and how, in a sentence.

    Raises:
        Unreadable: it is no image, or has too many pixels.
    """
    name = one_line(path.name)
    if not path.is_file():
        raise Unreadable(f"{name} is not a file. Choose an image such as a PNG or a JPEG.")
    if path.stat().st_size > BYTES:
        raise Unreadable(f"{name} has more than {BYTES // 10**6} MB, the limit for an image.")
    reader = QImageReader(str(path), _format_of(path, name))
    reader.setAutoTransform(True)  # as a camera was held
    # Qt would take any file for the format that its content names, such as an SVG, which can open
    # other files and draw without end.
    reader.setAutoDetectImageFormat(False)
    size = reader.size()
    if size.isValid() and size.width() * size.height() > MAX_PIXELS:
        raise Unreadable(
            f"{name} has {size.width():,} x {size.height():,} pixels; the limit is {MEGAPIXELS} "
            "million. Resize it first."
        )
    damaged = f"{name} is damaged or truncated. Copy it again, or use another image."
    if ends_early(path.read_bytes()):
        raise Unreadable(damaged)
    picture = reader.read()
    if picture.isNull():
        # Its first bytes are those of a format, and what comes after them is not.
        known = reader.error() == QImageReader.ImageReaderError.InvalidDataError
        other = f"{name} cannot be read as an image. Use {USABLE}."
        raise Unreadable(damaged if known else other)
    return fitted(picture, shape, name)


def carries(mime: QMimeData) -> bool:
    """Whether what is dragged or on the clipboard can be a picture: a file, or an image itself."""
    return bool(_files(mime)) or mime.hasImage()


def find_carried(mime: QMimeData) -> tuple[ImageSource, str]:
    """Return the image that is dragged or on the clipboard, without reading it, and a sentence if
    there are several.

    Raises:
        Unreadable: there is none.
    """
    files = _files(mime)
    if files:
        more = "" if len(files) == 1 else f" It is the first of {len(files):,}."
        return files[0], more
    picture = QImage(mime.imageData()) if mime.hasImage() else QImage()
    if picture.isNull():
        raise Unreadable("The clipboard has no image. Copy an image or an image file.")
    if picture.width() * picture.height() > MAX_PIXELS:
        raise Unreadable(
            f"The image has {picture.width():,} x {picture.height():,} pixels; the limit is "
            f"{MEGAPIXELS} million. Resize it first."
        )
    return picture, ""


def name_source(source: ImageSource) -> str:
    """Return the name of an image for the screen."""
    return one_line(source.name) if isinstance(source, Path) else PASTED


def read_source(source: ImageSource, shape: tuple[int, ...], more: str = "") -> ImageRead:
    """Read and fit an image to a shape (C, H, W); ``more`` ends the sentence about it.

    Raises:
        Unreadable: it cannot be used.
    """
    name = name_source(source)
    if isinstance(source, Path):
        image, done = read_image(source, shape)
    else:
        image, done = fitted(source, shape, name)
    return ImageRead(image, name, done + more)


def _format_of(path: Path, name: str) -> QByteArray:
    """Return the format that the first bytes of a file name.

    Raises:
        Unreadable: it is none of those that are read.
    """
    with open(path, "rb") as file:
        head = file.read(12)
    for start, known in _STARTS:
        if head.startswith(start) and (known != b"webp" or head[8:] == b"WEBP"):
            return QByteArray(known)
    raise Unreadable(f"{name} cannot be read as an image. Use {USABLE}.")


def _files(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def fitted(picture: QImage, shape: tuple[int, ...], name: str) -> tuple[NDArray[np.float32], str]:
    """Return a picture as an image of a shape (C, H, W), and what was done to it, in a sentence."""
    channels, height, width = shape
    was = picture.size()
    done = []
    on = QImage(was, QImage.Format.Format_RGB32)
    on.fill(QColor("white"))
    if picture.hasAlphaChannel():
        done.append("laid on white")
    with QPainter(on) as painter:
        painter.drawImage(0, 0, picture)
    cut = QSize(width, height).scaled(was, Qt.AspectRatioMode.KeepAspectRatio)
    if cut != was:
        done.append(f"cut to {cut.width():,} x {cut.height():,} pixels at its centre")
    left, top = (was.width() - cut.width()) // 2, (was.height() - cut.height()) // 2
    values = _array(on)[top : top + cut.height(), left : left + cut.width()]
    if cut != QSize(width, height):
        done.append(f"made {width} x {height}")
    x = _areas(values, height, width)
    if channels == 1:
        if float(np.ptp(x, axis=2).max(initial=0.0)) > 1 / 255:
            done.append("made grey")
        x = (x @ np.array([0.299, 0.587, 0.114]))[..., None]
    text = ", ".join(done)
    first = f"{name}, {was.width():,} x {was.height():,} pixels"
    made = np.ascontiguousarray(x.transpose(2, 0, 1), np.float32).clip(0.0, 1.0)
    return made, f"{first}: {text}." if text else f"{first}, unchanged."


def _array(picture: QImage) -> NDArray[np.uint8]:
    """Return the pixels of an RGB32 picture, (h, w, 3)."""
    pixels = np.frombuffer(picture.constBits(), np.uint8)
    lines = pixels.reshape(picture.height(), picture.bytesPerLine())
    used = lines[:, : 4 * picture.width()].reshape(picture.height(), picture.width(), 4)
    return used[..., 2::-1]


def _areas(x: NDArray[np.uint8], height: int, width: int) -> NDArray[np.float64]:
    """Return an image (h, w, c) in another size, values in [0, 1]: each new pixel is the mean of
    the area that it covers.
    """
    down, across = _shares(x.shape[0], height), _shares(x.shape[1], width)
    rows = np.empty((height, *x.shape[1:]))
    for row, weights in zip(rows, down, strict=True):  # all of a large picture takes gigabytes
        covered = np.flatnonzero(weights)
        part = slice(int(covered[0]), int(covered[-1]) + 1)
        row[:] = np.tensordot(weights[part], x[part] / 255.0, axes=(0, 0))
    made: NDArray[np.float64] = np.tensordot(rows, across, axes=(1, 1)).transpose(0, 2, 1)
    return made


def _shares(old: int, new: int) -> NDArray[np.float64]:
    """Return which share of each new pixel each old one is, (new, old); rows sum to 1."""
    ends = np.arange(new + 1) * old / new
    below = np.clip(ends[:, None] - np.arange(old), 0.0, 1.0)
    covered = np.diff(below, axis=0)
    return np.asarray(covered / covered.sum(axis=1, keepdims=True))
