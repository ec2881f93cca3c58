"""The spectrum of a pixel, over the mean of its class."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsItem

from pushforward.studio.app.charts.axis import value_marks
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, pen, word
from pushforward.studio.app.text.number_ticks import label, number, ticks
from pushforward.studio.literal import one_line

__all__ = ["Spectrum", "SpectrumPlot", "pieces"]

GAP = 4.0  # times the usual step between two bands: there a curve is broken


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Values (bands,) of a pixel, and the mean of its class where it has one, in a colour and with
    what it is called.
    """

    pixel: NDArray[np.float32]
    mean: NDArray[np.float32] | None = None
    ink: str = ""
    name: str = ""


def pieces(x: NDArray[np.float32]) -> list[slice]:
    """Return the runs of bands that lie next to each other: curves are broken where bands are
    missing, and where the next spectrometer begins again.
    """
    step = np.diff(x)
    usual = float(np.median(step)) if len(step) else 1.0
    breaks = [0, *(np.flatnonzero((step > GAP * usual) | (step <= 0)) + 1).tolist(), len(x)]
    return [slice(a, b) for a, b in pairwise(breaks)]


class SpectrumPlot(Explored):
    """Shows a spectrum over its wavelengths, or over the numbers of its bands."""

    def __init__(self) -> None:
        super().__init__()
        self._x = np.empty(0, np.float32)
        self._unit = ""
        self._span: Range = (0.0, 1.0)
        self._shown: Spectrum | None = None
        self._band = -1  # under the mouse
        self.setAccessibleName("Spectrum of the pixel under the cursor")
        self._under = pg.InfiniteLine(angle=90)
        self._under.setZValue(10)
        self.plane = self.add_plane(self._marks, _value_marks, heading=True)
        self.plane.keep(self._under)
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(400, 150)

    def set_bands(
        self, wavelengths: NDArray[np.float32], bands: int, low: float, high: float
    ) -> None:
        """Say where the bands are, in nm (or nothing), and between which values spectra lie."""
        known = len(wavelengths) == bands
        self._x = wavelengths if known else np.arange(1, bands + 1, dtype=np.float32)
        self._unit = "nm" if known else "band"
        self._span = (low, max(high, low + 1e-6))
        self.plane.bottom.set_name("wavelength (nm)" if known else "band")
        self.plane.left.set_name("value")
        self.show_all()

    def show_spectrum(self, spectrum: Spectrum | None) -> None:
        """Show another pixel, None for none."""
        self._shown = spectrum
        self.redraw()

    def told(self, band: int) -> str:
        """Say the values of a band in words; "" where there are none."""
        if self._shown is None or not 0 <= band < len(self._x):
            return ""
        at = f"{self._x[band]:,.0f} {self._unit}" if self._unit == "nm" else f"band {band + 1}"
        mean = self._shown.mean
        value = number(float(self._shown.pixel[band]))
        over = f", mean {number(float(mean[band]))}" if mean is not None else ""
        return f"{at}: pixel {value}{over}"

    def whole(self, plane: Plane) -> tuple[Range, Range]:
        """Return where the bands are, and between which values spectra lie."""
        if not len(self._x):
            return super().whole(plane)
        first, last = float(self._x.min()), float(self._x.max())
        return (first, max(last, first + 1e-9)), self._span

    def pointed(self, at: QPointF | None) -> None:
        """Say the values of the band that is nearest to the mouse."""
        known = at is not None and len(self._x) > 0
        band = int(np.abs(self._x - at.x()).argmin()) if known and at is not None else -1
        if band != self._band:
            self._band = band
            self.setAccessibleDescription(self.told(band))
            self._tell()

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        self._under.setPen(pen(self.style_.muted, 1.0, Qt.PenStyle.DotLine))
        super().restyle()

    def redraw(self) -> None:
        """Draw the curves anew."""
        across, up = self.whole(self.plane)
        x, y = self.part or across, self.parts.get(self.plane, up)
        self.plane.look_at(x, y)
        self.plane.draw(list(self._items(x, y)) if len(self._x) else [])
        self._tell()

    def _items(self, x: Range, y: Range) -> Iterator[QGraphicsItem]:
        style, shown = self.style_, self._shown
        if shown is None:
            middle = (x[0] + x[1]) / 2, (y[0] + y[1]) / 2
            yield word("Point at a pixel to see its spectrum", style.muted, middle, (0.5, 0.5))
            return
        if shown.mean is not None:
            # Some classes are as dark as the ground, or as light: an edge keeps them in sight.
            yield from self._curve(shown.mean, pen(style.muted, 5.0))
            yield from self._curve(shown.mean, pen(shown.ink, 3.5))
        yield from self._curve(shown.pixel, pen(style.text, 1.4))

    def _curve(self, values: NDArray[np.float32], ink: QPen) -> Iterator[QGraphicsItem]:
        for piece in pieces(self._x):
            yield Line(self._x[piece].astype(np.float64), values[piece].astype(np.float64), ink)

    def _tell(self) -> None:
        """Say which curve is which, and the values under the mouse."""
        shown, told = self._shown, self.told(self._band)
        self._under.setVisible(bool(told))
        if told:
            self._under.setValue(float(self._x[self._band]))
        key: list[tuple[str, QPen]] = []
        if shown is not None:
            key = [("pixel", pen(self.style_.text, 1.4))]
            key += [(one_line(shown.name), pen(shown.ink, 6.0))] if shown.mean is not None else []
        self.plane.heading.tell(told, key)

    def _marks(self, low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        """Return marks below."""
        return [(mark, label(mark, 1.0)) for mark in ticks(low, high, max(2, int(pixels / 80)))]


def _value_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return value_marks(low, high, pixels, apart=36)
