"""A picture in a file, dropped or pasted, as an image of the kind that a model knows: read, cut,
made as large.

Only what Qt reads itself is read, up to a size that a picture has: a file that unfolds into more is
refused before it does.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter

from pushforward.studio.formats.images.truncation import ends_early
from pushforward.studio.formats.limits import MAX_PIXELS
from pushforward.studio.literal import one_line

__all__ = ["FILTER", "Unreadable", "carries", "fitted", "read_carried", "read_image"]

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


class Unreadable(ValueError):
    """A file that cannot be used, and why, in a sentence."""


def read_image(path: Path, shape: tuple[int, ...]) -> tuple[NDArray[np.float32], str]:
    """Return the picture in a file as an image of a ``shape`` (C, H, W), values in [0, 1], and what
    was done to it, in a sentence.

    Raises:
        Unreadable: it is no picture, or too large a one.
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


def read_carried(mime: QMimeData, shape: tuple[int, ...]) -> tuple[NDArray[np.float32], str, str]:
    """Return the picture that is dragged or on the clipboard as an image of a shape (C, H, W), what
    it is called, and what was done to it, in a sentence.

    Raises:
        Unreadable: there is none, or it cannot be used; one sentence.
    """
    files = _files(mime)
    if files:
        image, said = read_image(files[0], shape)
        more = "" if len(files) == 1 else f" It is the first of {len(files):,}."
        return image, one_line(files[0].name), said + more
    picture = QImage(mime.imageData()) if mime.hasImage() else QImage()
    if picture.isNull():
        raise Unreadable("The clipboard has no image. Copy an image or an image file.")
    if picture.width() * picture.height() > MAX_PIXELS:
        raise Unreadable(
            f"The image has {picture.width():,} x {picture.height():,} pixels; the limit is "
            f"{MEGAPIXELS} million. Resize it first."
        )
    image, said = fitted(picture, shape, PASTED)
    return image, PASTED, said


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


def _array(picture: QImage) -> NDArray[np.float64]:
    """Return the pixels of an RGB32 picture, (h, w, 3) in [0, 1]."""
    pixels = np.frombuffer(picture.constBits(), np.uint8)
    lines = pixels.reshape(picture.height(), picture.bytesPerLine())
    used = lines[:, : 4 * picture.width()].reshape(picture.height(), picture.width(), 4)
    values: NDArray[np.float64] = used[..., 2::-1] / 255.0
    return values


def _areas(x: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Return an image (h, w, c) in other sizes: each new pixel is the mean of what it covers."""
    down, across = _shares(x.shape[0], height), _shares(x.shape[1], width)
    rows: NDArray[np.float64] = np.tensordot(down, x, axes=(1, 0))
    made: NDArray[np.float64] = np.tensordot(rows, across, axes=(1, 1)).transpose(0, 2, 1)
    return made


def _shares(old: int, new: int) -> NDArray[np.float64]:
    """Return which share of each new pixel each old one is, (new, old); rows sum to 1."""
    ends = np.arange(new + 1) * old / new
    below = np.clip(ends[:, None] - np.arange(old), 0.0, 1.0)
    covered = np.diff(below, axis=0)
    return np.asarray(covered / covered.sum(axis=1, keepdims=True))
