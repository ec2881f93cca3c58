"""Spectra of pixels over the bands of their classes, with lines that choose the bands of a map."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPen
from PySide6.QtWidgets import QGraphicsItem

from pushforward.studio.app.charts.axis import value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, pen, word
from pushforward.studio.app.data_types.cubes.map_scores import ClassBand
from pushforward.studio.app.text.number_ticks import label, number, ticks
from pushforward.studio.literal import one_line

__all__ = ["Band", "Curve", "SpectrumPlot", "pieces"]

GAP = 4.0  # times the usual step between two bands: there a curve is broken
NEAR = 6.0  # logical pixels from a line at which it can be dragged
LINES = {"R": "#ef6f6c", "G": "#6fce93", "B": "#5eb1ef", "Band": "#e0b050"}
# Neighbouring bands are nearer than their names are wide: B is on the left, G below R.
ANCHORS = {"R": (-0.05, 0.0), "G": (-0.05, -1.0), "B": (1.05, 0.0), "Band": (-0.05, 1.0)}
WATER = ((1340.0, 1450.0, "water"), (1790.0, 1960.0, "water"))  # nm, absorbed by vapour
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)


@dataclass(frozen=True, eq=False)
class Curve:
    """A spectrum (bands,): of the pixel under the cursor, or of a pin with its letter."""

    values: NDArray[np.float32]
    name: str
    pin: int = -1


@dataclass(frozen=True, eq=False)
class Band:
    """Mean and quantiles of a class, in its colour and with its name; dashed if generated."""

    band: ClassBand
    ink: str
    name: str
    generated: bool = False


def pieces(x: NDArray[np.float32]) -> list[slice]:
    """Return the runs of bands that lie next to each other: curves are broken where bands are
    missing, and where the next spectrometer begins again.
    """
    step = np.diff(x)
    usual = float(np.median(step)) if len(step) else 1.0
    breaks = [0, *(np.flatnonzero((step > GAP * usual) | (step <= 0)) + 1).tolist(), len(x)]
    return [slice(a, b) for a, b in pairwise(breaks)]


class SpectrumPlot(Explored):
    """Spectra over wavelengths, or over the numbers of the bands.

    Signals:
        line_moved(str, int): one of the lines R, G, B and Band was dragged to a band.
    """

    line_moved = Signal(str, int)

    def __init__(self) -> None:
        super().__init__()
        self._x: NDArray[np.float32] = np.empty(0, np.float32)
        self._unit = ""
        self._span: Range = (0.0, 1.0)
        self._curves: Sequence[Curve] = ()
        self._bands: Sequence[Band] = ()
        self._at: dict[str, int] = {}
        self._dragged = ""
        self._held = "R"
        self._band = -1  # under the mouse
        self.setAccessibleName("Spectra of the pixel under the cursor and of pins")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._under = pg.InfiniteLine(angle=90)
        self._under.setZValue(10)
        self.plane = self.add_plane(self._marks, _value_marks, heading=True)
        self.plane.keep(self._under)
        self.restyle()

    def sizeHint(self) -> QSize:
        return QSize(400, 150)

    def set_bands(
        self,
        wavelengths: NDArray[np.float32],
        bands: int,
        span: Range,
        unit: str = "",
    ) -> None:
        """Set where the bands are, in nm (or nothing), and between which values spectra lie."""
        known = len(wavelengths) == bands
        self._x = wavelengths if known else np.arange(1, bands + 1, dtype=np.float32)
        self._unit = "nm" if known else "band"
        self._span = (span[0], max(span[1], span[0] + 1e-6))
        self.plane.bottom.set_name("wavelength (nm)" if known else "band")
        self.plane.left.set_name(unit or "value")
        self.show_all()

    def show_spectra(self, curves: Sequence[Curve], bands: Sequence[Band] = ()) -> None:
        """Show other spectra; those of pixels over those of classes."""
        self._curves, self._bands = curves, bands
        self.redraw()

    def show_lines(self, at: dict[str, int]) -> None:
        """Show where the bands of the map are, by the names of the lines."""
        if at != self._at:
            self._at = dict(at)
            self.redraw()

    def text_of(self, band: int) -> str:
        """Return the values of a band in words; "" where there are none."""
        if not self._curves or not 0 <= band < len(self._x):
            return ""
        where = f"{self._x[band]:,.0f} nm" if self._unit == "nm" else f"band {band + 1}"
        values = [f"{each.name} {number(float(each.values[band]))}" for each in self._curves]
        values += [f"mean {number(float(each.band.mean[band]))}" for each in self._bands[:1]]
        return f"{where}: {', '.join(values)}"

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return where the bands are, and between which values spectra lie."""
        if not len(self._x):
            return super().full_range(plane)
        first, last = float(self._x.min()), float(self._x.max())
        return (first, max(last, first + 1e-9)), self._span

    # The mouse and the keys

    def _nearest(self, value: float) -> int:
        return int(np.abs(self._x - value).argmin())

    def _line_at(self, place: QPointF) -> str:
        """Return the line at a place on the surface, "" for none."""
        found, least = "", NEAR
        for name, band in self._at.items():
            if 0 <= band < len(self._x):
                at = self.plane.box.mapViewToScene(QPointF(float(self._x[band]), 0.0))
                if abs(at.x() - place.x()) <= least:
                    found, least = name, abs(at.x() - place.x())
        return found

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged = self._line_at(event.position()) if len(self._x) else ""
        if self._dragged:
            self._held = self._dragged
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            band = self._nearest(self.plane.inside(event.position()).x())
            if band != self._at.get(self._dragged):
                self.line_moved.emit(self._dragged, band)
            return
        on = len(self._x) and self._line_at(event.position())
        shape = Qt.CursorShape.SizeHorCursor if on else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged:
            self._dragged = ""
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the line that was dragged last; R, G and B choose one."""
        name = event.text().upper()
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if name in self._at:
            self._held = name
        elif by is not None and self._held in self._at:
            band = min(max(self._at[self._held] + by, 0), len(self._x) - 1)
            self.line_moved.emit(self._held, band)
        else:
            super().keyPressEvent(event)

    def pointed(self, at: QPointF | None) -> None:
        """Show the values of the band that is nearest to the mouse."""
        band = self._nearest(at.x()) if at is not None and len(self._x) else -1
        if band != self._band:
            self._band = band
            self.setAccessibleDescription(self.text_of(band))
            self._head()

    # Drawing

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        self._under.setPen(pen(self.style_.muted, 1.0, Qt.PenStyle.DotLine))
        super().restyle()

    def redraw(self) -> None:
        """Draw everything again."""
        across, up = self.full_range(self.plane)
        x, y = self.part or across, self.parts.get(self.plane, up)
        self.plane.look_at(x, y)
        self.plane.draw(list(self._items(x, y)) if len(self._x) else [])
        self._head()

    def _items(self, x: Range, y: Range) -> Iterator[QGraphicsItem]:
        style = self.style_
        yield from self._water(x, y)
        for each in self._bands:
            if not each.generated:
                yield from self._area(each)
        for each in self._bands:
            if each.generated:
                yield from self._curve(each.band.mean, self._band_pen(each))
                for bound in (each.band.low, each.band.high):
                    yield from self._curve(bound, pen(each.ink, 1.2, Qt.PenStyle.DotLine))
                continue
            # Some colours are as dark as the ground, or as light: an edge keeps them in sight.
            yield from self._curve(each.band.mean, pen(style.muted, 3.2))
            yield from self._curve(each.band.mean, pen(each.ink, 2.0))
        for curve in self._curves:
            yield from self._curve(curve.values, self._pen(curve))
        for name, band in self._at.items():
            if 0 <= band < len(self._x):
                at = float(self._x[band])
                values = np.array([at, at]), np.array([y[0], y[1]])
                yield Line(*values, pen(LINES[name], 1.4))
                low = name == "Band"  # it may lie on another line
                edge = y[0] if low else y[1]
                yield word(f"{name} {band + 1}", LINES[name], (at, edge), ANCHORS[name])
        if not self._curves:
            middle = (x[0] + x[1]) / 2, (y[0] + y[1]) / 2
            yield word("Point at a pixel to see its spectrum", style.muted, middle, (0.5, 0.5))

    @staticmethod
    def _band_pen(each: Band) -> QPen:
        if each.generated:
            return pen(each.ink, 2.0, Qt.PenStyle.DashLine)
        return pen(each.ink, 6.0)

    def _pen(self, curve: Curve) -> QPen:
        if curve.pin < 0:
            return pen(self.style_.text, 1.8)
        return pen(self.style_.muted, 1.3, DASHES[(curve.pin + 1) % len(DASHES)])

    def _water(self, x: Range, y: Range) -> Iterator[QGraphicsItem]:
        """Mark the gaps where water vapour absorbs, where no band is left."""
        if self._unit != "nm":
            return
        for low, high, name in WATER:
            inside = (self._x > low) & (self._x < high)
            if x[0] < low and high < x[1] and not inside.any():
                edges = np.array([low, high])
                yield _filled(edges, np.full(2, y[0]), np.full(2, y[1]), self.style_.muted, 0.12)
                yield word(name, self.style_.muted, ((low + high) / 2, y[1]), (0.5, 0.0))

    def _area(self, each: Band) -> Iterator[QGraphicsItem]:
        for piece in pieces(self._x):
            if piece.stop - piece.start > 1:
                x = self._x[piece].astype(np.float64)
                low, high = (v[piece].astype(np.float64) for v in (each.band.low, each.band.high))
                yield _filled(x, low, high, each.ink, 0.45)

    def _curve(self, values: NDArray[np.float32], ink: QPen) -> Iterator[QGraphicsItem]:
        for piece in pieces(self._x):
            yield Line(self._x[piece].astype(np.float64), values[piece].astype(np.float64), ink)

    def _head(self) -> None:
        """Write which curve is which, and the values under the mouse."""
        text = self.text_of(self._band)
        self._under.setVisible(bool(text))
        if text:
            self._under.setValue(float(self._x[self._band]))
        key: list[tuple[str, QPen]] = [(one_line(c.name), self._pen(c)) for c in self._curves]
        more = ("", ", mean and 10–90 %")  # said once: names of several classes take lines
        key += [
            (f"{one_line(b.name)}{more[len(self._bands) == 1]}", self._band_pen(b))
            for b in self._bands
        ]
        self.plane.heading.tell(text, key)

    def _marks(self, low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        """Return marks below."""
        return [(mark, label(mark, 1.0)) for mark in ticks(low, high, max(2, int(pixels / 80)))]


def _filled(
    x: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    ink: str,
    alpha: float,
) -> QGraphicsItem:
    edges = (pg.PlotCurveItem(x, low), pg.PlotCurveItem(x, high))
    filled: QGraphicsItem = pg.FillBetweenItem(*edges, brush=colour(ink, alpha))
    return filled


def _value_marks(low: float, high: float, pixels: float) -> list[tuple[float, str]]:
    return value_marks(low, high, pixels, apart=36)
