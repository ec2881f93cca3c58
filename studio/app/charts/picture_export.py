"""Export plots: PNG at twice the size, SVG, PDF, and CSV. PDF and print are dark on white.
Everything is painted anew by the functions of the screen.
"""

import csv
import io
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRect, QSize, QSizeF
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageSize,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.particle_canvas import ParticleCanvas
from pushforward.studio.app.charts.print_particles import SCALE
from pushforward.studio.app.design.theme import colors, theme
from pushforward.studio.formats.cells import harmless
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.errors import StoreError

__all__ = [
    "Picture",
    "Points",
    "canvas_picture",
    "copy_picture",
    "painted_picture",
    "picture_of",
    "widget_picture",
    "write_curves",
    "write_picture",
]

INCH = 100  # logical pixels of a picture that take an inch of paper

Paint = Callable[[QPainter], None]


class Picture(Protocol):
    """A paintable object with a size; ``vector`` tells whether SVG is requested. If ``printed``, it
    is dark on white in every format.
    """

    @property
    def size(self) -> QSize: ...

    @property
    def printed(self) -> bool: ...

    def paint(self, painter: QPainter, *, vector: bool) -> None: ...


class Points(Protocol):
    """A curve: rising ``steps`` and ``values``, both (n,)."""

    @property
    def steps(self) -> NDArray[np.float64]: ...

    @property
    def values(self) -> NDArray[np.float64]: ...


class _Painted:
    def __init__(
        self, size: QSize, paint: Callable[[QPainter, bool], None], *, printed: bool = False
    ) -> None:
        self.size, self.printed = size, printed
        self._paint = paint

    def paint(self, painter: QPainter, *, vector: bool) -> None:
        self._paint(painter, vector)


def painted_picture(
    size: QSize, paint: Callable[[QPainter, bool], None], *, printed: bool = False
) -> Picture:
    """Return a picture of a size from a function of (painter, whether it is an SVG)."""
    return _Painted(size, paint, printed=printed)


def canvas_picture(canvas: ParticleCanvas) -> Picture:
    """Return what a particle canvas shows now."""
    return _Painted(canvas.size(), lambda painter, vector: canvas.render_on(painter))


def widget_picture(widget: QWidget) -> Picture:
    """Return a widget as it looks on the screen."""

    def paint(painter: QPainter, vector: bool) -> None:
        widget.render(painter, widget.rect().topLeft())

    return _Painted(widget.size(), paint)


def picture_of(view: QWidget) -> Picture:
    """Return a lens or a card as a picture: as it paints itself for paper, or else as it looks."""
    make = getattr(view, "export_picture", None)
    return make() if callable(make) else widget_picture(view)


def copy_picture(view: QWidget) -> None:
    """Put a lens or a card on the clipboard as a picture, as it would be written."""
    picture = picture_of(view)
    with theme.on_paper() if picture.printed else nullcontext():
        QGuiApplication.clipboard().setImage(_paint_picture(picture))


def write_picture(picture: Picture, path: Path) -> None:
    """Write a picture; the suffix (.png, .svg or .pdf) says how.

    Raises:
        StoreError: the suffix is unknown, or the disk refused.
    """
    formats = {".png": _png, ".svg": _svg, ".pdf": _pdf}
    suffix = path.suffix.lower()
    if suffix not in formats:
        raise StoreError(
            f"{path.name} has no known image format. Use .png, .svg or .pdf.",
            "Change the file extension.",
            "user",
        )
    with theme.on_paper() if picture.printed or suffix == ".pdf" else nullcontext():
        data = formats[suffix](picture)
    write_bytes(path, data)


def _paint_picture(picture: Picture) -> QImage:
    size = picture.size
    image = QImage(size * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(QColor(colors().background))
    with QPainter(image) as painter:
        picture.paint(painter, vector=False)
    return image


def _png(picture: Picture) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(_paint_picture(picture))
    return bytes(data.data())


def _svg(picture: Picture) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(picture.size)
    generator.setViewBox(QRect(0, 0, picture.size.width(), picture.size.height()))
    generator.setResolution(96)
    generator.setTitle("Pushforward Studio")
    with QPainter(generator) as painter:
        picture.paint(painter, vector=True)
    return bytes(data.data())


def _pdf(picture: Picture) -> bytes:
    """Return a page as large as the picture, with its fonts in it."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle("Pushforward Studio")
    writer.setResolution(INCH)
    size = QSizeF(picture.size) / INCH
    writer.setPageSize(
        QPageSize(size, QPageSize.Unit.Inch, "", QPageSize.SizeMatchPolicy.ExactMatch)
    )
    writer.setPageMargins(QMarginsF())
    with QPainter(writer) as painter:
        picture.paint(painter, vector=True)
    buffer.close()
    return bytes(data.data())


def write_curves(curves: Mapping[str, Points], path: Path, across: str = "step") -> None:
    """Write curves as CSV: a row for each step at which anything was measured, empty cells where
    a curve has no value there; ``across`` is what the steps count. Numbers are written in full:
    reading them gives the same ones.

    Raises:
        StoreError: the disk refused.
    """
    names = [name for name, curve in curves.items() if len(curve.steps)]
    steps = np.unique(np.concatenate([curves[n].steps for n in names])) if names else np.empty(0)
    table = []
    for name in names:
        cells = [""] * len(steps)
        places = np.searchsorted(steps, curves[name].steps)
        for place, value in zip(places.tolist(), curves[name].values.tolist(), strict=True):
            cells[place] = repr(value)
        table.append(cells)
    at = [repr(int(s)) if s == int(s) else repr(s) for s in steps.tolist()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(harmless, (across, *names)))
    writer.writerows(zip(at, *table, strict=True))
    write_bytes(path, text.getvalue().encode("utf-8"))
