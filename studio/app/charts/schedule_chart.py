"""The path of the noise in a setup: signal and noise above, their ratio below, and the grid."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.charts.axis import no_marks, value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, dots, pen
from pushforward.studio.app.text import number_format

__all__ = ["SchedulePlot"]

MEANING = "", "log SNR, ln(α²/σ²)"
ROOM = 0.06  # of a plane's height, above and below what is drawn
DOTS = 64  # points of a grid, above which they are a line of their own


class SchedulePlot(Explored):
    """Shows one schedule, as `studio.protocol.commands.Validate` answers it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: Mapping[str, NDArray[np.float64]] = {}
        self._under: float | None = None
        self.add_plane(no_marks, value_marks, heading=True)
        self.add_plane(value_marks, value_marks, heading=True)
        self.planes[1].bottom.set_name("flow time t, from noise to data")
        self._lines = [pg.InfiniteLine(angle=90) for _ in self.planes]
        for plane, line in zip(self.planes, self._lines, strict=True):
            line.setZValue(10)
            plane.keep(line)
        self.setMinimumSize(QSize(240, 230))
        self.setAccessibleName("Path of the noise")
        self.restyle()

    def set_schedule(self, schedule: Mapping[str, Sequence[float]]) -> None:
        """Show another schedule."""
        self._curves = {name: np.asarray(each, np.float64) for name, each in schedule.items()}
        self.redraw()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return the whole flow, and all values along it."""
        curves = [self._curves[name] for name, _ in self._inks(plane)] if self._curves else []
        if not curves:
            return super().full_range(plane)
        low, high = float(np.min(curves)), float(np.max(curves))
        room = ROOM * max(high - low, 1e-6)
        return (0.0, 1.0), (low - room, high + room)

    def pointed(self, at: QPointF | None) -> None:
        """Say the values of the curves under the mouse."""
        self._under = None if at is None else at.x()
        self._tell()

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        for line in self._lines:
            line.setPen(pen(colour(self.style_.muted, 0.6), 1.0, Qt.PenStyle.DotLine))
        super().restyle()

    def redraw(self) -> None:
        """Draw the two planes anew."""
        if not self._curves or len(self.planes) < 2:
            return
        for plane in self.planes:
            across, up = self.full_range(plane)
            plane.look_at(self.part or across, self.parts.get(plane, up))
            items = []
            for name, ink in self._inks(plane):
                items += [Line(self._curves["t"], self._curves[name], ink), self._dots(name, ink)]
            plane.draw(items)
        self._tell()

    def _inks(self, plane: Plane) -> list[tuple[str, QPen]]:
        style = self.style_
        if plane is self.planes[0]:
            warm = pen(style.warm, 1.8, Qt.PenStyle.DashLine)
            return [("alpha", pen(style.accent, 1.8)), ("sigma", warm)]
        return [("log_snr", pen(style.text, 1.8))]

    def _dots(self, name: str, ink: QPen) -> pg.ScatterPlotItem:
        """Mark where the sampler stops."""
        grid, curves = self._curves["grid"], self._curves
        heights = np.interp(grid, curves["t"], curves[name])
        edge = pen(self.style_.background)
        return dots(grid, heights, 6 if len(grid) <= DOTS else 3, ink.color(), edge)

    def _tell(self) -> None:
        """Write above the planes what they show, or the values under the mouse."""
        at, curves = self._under, self._curves
        for line in self._lines:
            line.setVisible(at is not None)
            if at is not None:
                line.setValue(at)
        if not curves:
            return
        for plane, meaning in zip(self.planes, MEANING, strict=True):
            named = {"alpha": "signal α", "sigma": "noise σ", "log_snr": "log SNR"}
            key = [(named[name], ink) for name, ink in self._inks(plane)]
            plane.heading.tell(meaning, key if len(key) > 1 else [])
            if at is not None:
                found = [
                    named[name]
                    + " "
                    + number_format.figure(float(np.interp(at, curves["t"], curves[name])))
                    for name, _ in self._inks(plane)
                ]
                plane.heading.say(f"t = {at:.2f}: {', '.join(found)}")
