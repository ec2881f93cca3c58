"""Arrays of a scene in files: a cube (rows, columns, bands) or a map (rows, columns), by window."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.store.errors import human_bytes

__all__ = ["LARGEST", "About", "Layout", "Raster", "RawRaster", "WholeRaster", "check_whole"]

LARGEST = 400 * 2**20
"""Bytes of an array that can only be read whole: it is unpacked once more as it is read."""
HINT = "Convert it to ENVI or to an uncompressed GeoTIFF, which are read by window."
Layout = Literal["bsq", "bil", "bip"]
"""Order of the values in a file: band sequential, by line, or by pixel."""
ORDERS = {"bsq": (2, 0, 1), "bil": (0, 2, 1), "bip": (0, 1, 2)}
"""Which of rows, columns and bands each axis of a layout is."""


@dataclass(frozen=True)
class About:
    """What a file says of its array.

    Attributes:
        wavelengths: of the bands in nm, () where they are unknown.
        fwhm: full widths at half maximum of the bands in nm.
        good: which bands its makers found good, () for all.
        classes: names of the classes from 1 on.
        scale: by which stored values are divided to give reflectance, 0 where it is unknown.
        empty: the value of pixels without data.
        pixel: side of a pixel on the ground in the unit of the map, 0 where it is unknown.
        where: how the scene lies on the ground, as plain JSON.
    """

    wavelengths: tuple[float, ...] = ()
    fwhm: tuple[float, ...] = ()
    good: tuple[bool, ...] = ()
    classes: tuple[str, ...] = ()
    scale: float = 0.0
    empty: float | None = None
    pixel: float = 0.0
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Raster(ABC):
    """An array of numbers in a file.

    Attributes:
        path: the file.
        name: of the array in it, "" where there is only one.
        shape: (rows, columns, bands) or (rows, columns).
        about: what the file says of it.
        loose: whether the order of the axes is a guess.
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    about: About = field(default_factory=About)
    loose: bool = False

    @property
    def title(self) -> str:
        """The array as it is chosen from a list."""
        return f"{self.path.name}: {self.name}" if self.name else self.path.name

    @abstractmethod
    def read(self, rows: range, columns: range, bands: Sequence[int] | None) -> NDArray[Any]:
        """Return part of the array: (r, c, b) of a cube, (r, c) of a map, whose bands are None.

        Raises:
            FormatError: the file is damaged.
        """

    def turned(self, order: tuple[int, int, int]) -> "Raster":
        """Return a cube whose axes are in another order than was guessed: ``order`` names which of
        its axes are rows, columns and bands.
        """
        if order == (0, 1, 2):
            return self
        shape = (self.shape[order[0]], self.shape[order[1]], self.shape[order[2]])
        return TurnedRaster(self.path, self.name, shape, self.about, False, self, order)


@dataclass(frozen=True)
class TurnedRaster(Raster):
    """A cube read with its axes in another order."""

    inner: Raster | None = None
    order: tuple[int, int, int] = (0, 1, 2)

    def read(self, rows: range, columns: range, bands: Sequence[int] | None) -> NDArray[Any]:
        assert self.inner is not None
        chosen = range(self.shape[2]) if bands is None else bands
        first, last = min(chosen), max(chosen)
        wanted: list[Any] = [None, None, None]
        for part, axis in zip((rows, columns, range(first, last + 1)), self.order, strict=True):
            wanted[axis] = part
        found = self.inner.read(wanted[0], wanted[1], wanted[2]).transpose(self.order)
        return found[:, :, [band - first for band in chosen]]


@dataclass(frozen=True)
class RawRaster(Raster):
    """Values that stand one after the other in a file, of which any part can be read.

    Attributes:
        dtype: of a value, with its byte order.
        start: byte of the first value.
        layout: order of the values.
        data: the file of the values, where it is another one.
    """

    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype("<f4"))
    start: int = 0
    layout: Layout = "bip"
    data: Path | None = None

    def check_length(self) -> None:
        """Refuse a file that is shorter than it declares.

        Raises:
            FormatError: it is.
        """
        need = self.start + prod(self.shape) * self.dtype.itemsize
        there = (self.data or self.path).stat().st_size
        if there < need:
            name = (self.data or self.path).name
            raise FormatError(
                f"{name} has {there:,} bytes; {' x '.join(map(str, self.shape))} values of "
                f"{self.dtype.name} need {need:,}.",
                "Copy it again from where it came from, or correct its header.",
            )

    def read(self, rows: range, columns: range, bands: Sequence[int] | None) -> NDArray[Any]:
        shape = self.shape if len(self.shape) == 3 else (*self.shape, 1)
        chosen = [0] if bands is None and len(self.shape) == 2 else bands
        chosen = range(shape[2]) if chosen is None else chosen
        if self.layout == "bsq":
            planes = [self._lines(rows, columns, shape, band) for band in chosen]
            found = np.stack(planes, axis=2)
        else:
            found = self._blocks(rows, shape)[:, columns.start : columns.stop : columns.step]
            found = found[:, :, list(chosen)]
        return found[:, :, 0] if len(self.shape) == 2 else found

    def _runs(self, rows: range) -> list[tuple[int, int]]:
        """Return (first row, count) of what is read at once."""
        if rows.step == 1:
            return [(rows.start, len(rows))]
        return [(row, 1) for row in rows]

    def _values(self, first: int, count: int) -> NDArray[Any]:
        offset = self.start + first * self.dtype.itemsize
        found = np.fromfile(self.data or self.path, self.dtype, count, offset=offset)
        if len(found) < count:
            raise FormatError(
                f"{(self.data or self.path).name} ends too early.",
                "Copy it again from where it came from.",
            )
        return found

    def _lines(
        self, rows: range, columns: range, shape: tuple[int, ...], band: int
    ) -> NDArray[Any]:
        height, width = shape[0], shape[1]
        parts = [
            self._values((band * height + row) * width, n * width).reshape(n, width)
            for row, n in self._runs(rows)
        ]
        return np.concatenate(parts)[:, columns.start : columns.stop : columns.step]

    def _blocks(self, rows: range, shape: tuple[int, ...]) -> NDArray[Any]:
        _, width, bands = shape
        parts = [
            self._values(row * width * bands, n * width * bands) for row, n in self._runs(rows)
        ]
        flat = np.concatenate(parts)
        if self.layout == "bil":
            return flat.reshape(len(rows), bands, width).transpose(0, 2, 1)
        return flat.reshape(len(rows), width, bands)


@dataclass(frozen=True, eq=False)
class WholeRaster(Raster):
    """An array that can only be read whole, and is kept once it is.

    Attributes:
        load: reads it, axes as in ``shape``.
    """

    load: Callable[[], NDArray[Any]] = lambda: np.empty(0)

    @cached_property
    def _values(self) -> NDArray[Any]:
        found = self.load()
        if found.dtype.kind not in "fiub" or found.shape != self.shape:
            raise FormatError(f"{self.title} does not hold numbers.", HINT)
        return found

    def read(self, rows: range, columns: range, bands: Sequence[int] | None) -> NDArray[Any]:
        across = slice(columns.start, columns.stop, columns.step)
        found = self._values[rows.start : rows.stop : rows.step, across]
        return found if bands is None else found[:, :, list(bands)]


def check_whole(path: Path, name: str, need: int) -> None:
    """Refuse an array that would have to be read whole and does not fit.

    Raises:
        FormatError: with the figures and the limit.
    """
    if need > LARGEST:
        raise FormatError(
            f"{path.name}: {name or 'its array'} needs {human_bytes(need)} of memory; the limit is "
            f"{human_bytes(LARGEST)}.",
            HINT,
        )
