"""The spectrum of a pixel, over the mean of its class."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app.icons import repaint_on_theme
from studio.app.plots.ticks import label, number, ticks
from studio.app.theme import font, theme
from studio.literal import one_line

__all__ = ["Spectrum", "SpectrumPlot", "pieces"]

LEFT, RIGHT, TOP, BOTTOM = 52, 12, 8, 22
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


class SpectrumPlot(QWidget):
    """Paints a spectrum over its wavelengths, or over the numbers of its bands."""

    def __init__(self) -> None:
        super().__init__()
        self._x = np.empty(0, np.float32)
        self._unit = ""
        self._span = (0.0, 1.0)
        self._shown: Spectrum | None = None
        self._band = -1  # under the mouse
        self.setMouseTracking(True)
        self.setAccessibleName("Spectrum of the pixel under the cursor")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        repaint_on_theme(self)

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
        self.update()

    def show_spectrum(self, spectrum: Spectrum | None) -> None:
        """Show another pixel, None for none."""
        self._shown = spectrum
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.colors()
        plot = self._plot
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font(11))
            if not len(self._x):
                return
            self._paint_axes(painter, plot)
            if self._shown is None:
                painter.setPen(QColor(tokens.muted))
                words = "Point at a pixel to see its spectrum"
                middle = int(Qt.AlignmentFlag.AlignCenter)
                ground = painter.boundingRect(plot, middle, words).adjusted(-6, -2, 6, 2)
                painter.fillRect(ground, QColor(tokens.background))
                painter.drawText(plot, middle, words)
                return
            painter.setClipRect(plot)
            if self._shown.mean is not None:
                # Some classes are as dark as the ground, or as light: an edge keeps them in sight.
                self._curve(painter, plot, self._shown.mean, QPen(QColor(tokens.muted), 5.0))
                self._curve(painter, plot, self._shown.mean, QPen(QColor(self._shown.ink), 3.5))
            self._curve(painter, plot, self._shown.pixel, QPen(QColor(tokens.text), 1.4))
            painter.setClipping(False)
            self._paint_key(painter, plot, self._shown)

    @property
    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT, TOP, -RIGHT, -BOTTOM)

    def told(self, band: int) -> str:
        """Say the values of a band in words; "" where there are none."""
        if self._shown is None or not 0 <= band < len(self._x):
            return ""
        at = f"{self._x[band]:,.0f} {self._unit}" if self._unit == "nm" else f"band {band + 1}"
        mean = self._shown.mean
        value = number(float(self._shown.pixel[band]))
        over = f", mean {number(float(mean[band]))}" if mean is not None else ""
        return f"{at}: pixel {value}{over}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        plot = self._plot
        inside = len(self._x) > 0 and plot.contains(event.position())
        share = (event.position().x() - plot.left()) / max(plot.width(), 1.0)
        wanted = self._x.min() + share * (self._x.max() - self._x.min()) if inside else 0.0
        self._see(int(np.abs(self._x - wanted).argmin()) if inside else -1)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._see(-1)

    def _see(self, band: int) -> None:
        if band != self._band:
            self._band = band
            self.setAccessibleDescription(self.told(band))
            self.update()

    def _paint_key(self, painter: QPainter, plot: QRectF, shown: Spectrum) -> None:
        """Say which curve is which, and the values under the mouse."""
        tokens = theme.colors()
        metrics = painter.fontMetrics()
        words = [("pixel", QPen(QColor(tokens.text), 1.4))]
        if shown.mean is not None:
            words.append((one_line(shown.name), QPen(QColor(shown.ink), 6.0)))
        right = plot.right()
        for text, pen in reversed(words):
            left = right - metrics.horizontalAdvance(text)
            painter.setPen(QColor(tokens.muted))
            painter.drawText(QPointF(left, plot.top() + 12), text)
            painter.setPen(pen)
            painter.drawLine(QLineF(left - 24, plot.top() + 8, left - 6, plot.top() + 8))
            right = left - 40
        if told := self.told(self._band):
            x = self._at(plot, float(self._x[self._band]))
            painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
            painter.setPen(QColor(tokens.text))
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
            painter.drawText(plot.adjusted(0, 18, 0, 0), int(flags), told)

    def _paint_axes(self, painter: QPainter, plot: QRectF) -> None:
        tokens = theme.colors()
        low, high = self._span
        marks = ticks(low, high, max(2, int(plot.height() / 36)))
        for mark in marks:
            y = round(self._y(plot, mark)) + 0.5
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
            painter.setPen(QColor(tokens.muted))
            box = QRectF(0, y - 8, LEFT - 8, 16)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, int(flags), label(mark, 1.0 if high - low > 10 else 0.01))
        first, last = float(self._x.min()), float(self._x.max())
        across = ticks(first, last, max(2, int(plot.width() / 80)))
        painter.setPen(QColor(tokens.muted))
        for mark in across:
            unit = f" {self._unit}" if mark == across[-1] else ""
            text = f"{label(mark, 1.0)}{unit}"
            wide = painter.fontMetrics().horizontalAdvance(text) + 2
            left = min(self._at(plot, mark) - wide / 2, self.width() - wide)
            box = QRectF(left, plot.bottom() + 4, wide, 16)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            painter.drawText(box, int(flags), text)

    def _curve(
        self, painter: QPainter, plot: QRectF, values: NDArray[np.float32], pen: QPen
    ) -> None:
        painter.setPen(pen)
        for piece in pieces(self._x):
            places = zip(self._x[piece].tolist(), values[piece].tolist(), strict=True)
            line = [QPointF(self._at(plot, x), self._y(plot, y)) for x, y in places]
            painter.drawPolyline(QPolygonF(line))

    def _at(self, plot: QRectF, x: float) -> float:
        first, last = float(self._x.min()), float(self._x.max())
        return plot.left() + (x - first) / max(last - first, 1e-9) * plot.width()

    def _y(self, plot: QRectF, value: float) -> float:
        low, high = self._span
        return plot.bottom() - (value - low) / (high - low) * plot.height()
