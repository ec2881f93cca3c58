"""Some lines over one axis, each with its name; what they are under the mouse is said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import power_marks, value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.chart import Chart
from pushforward.studio.app.charts.cost_chart import ink
from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, dots, pen
from pushforward.studio.app.text import number_format

__all__ = ["LinePlot", "LineSeries"]

Doubles = NDArray[np.float64]
ROOM = 0.06  # of the height around what is drawn


@dataclass(frozen=True, eq=False)
class LineSeries:
    """A line: rising ``x`` (n,), ``y`` (n,), and how sure each is (n,), where that is known."""

    title: str
    x: Doubles
    y: Doubles
    error: Doubles | None = None


class LinePlot(Chart):
    """Shows lines with what is along both axes; with ``powers`` that across is logarithmic, with
    ``steep`` that upwards: what is not above 0 is left out there. With ``marked`` each value has
    a dot. ``least`` are ranges that are seen at least, and no band goes beyond
    what its values can be, ``within``.

    Signals:
        chosen_at: the place across that was clicked.
    """

    chosen_at = Signal(float)

    def __init__(
        self,
        title: str,
        across: str,
        up: str,
        *,
        powers: bool = False,
        steep: bool = False,
        marked: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        marks = power_marks if powers else value_marks, power_marks if steep else value_marks
        super().__init__(title, across, up, marks=marks, parent=parent)
        self._powers, self._steep, self._marked = powers, steep, marked
        self.lines: Sequence[LineSeries] = ()
        self._at: float | None = None
        self.least: tuple[Range, Range] | None = None
        self.within: Range = (-np.inf, np.inf)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.setZValue(10)
        self.plane.keep(self._cursor)
        self.restyle()

    def show_lines(self, lines: Sequence[LineSeries], at: float | None = None) -> None:
        """Show other lines, and a place across that is looked at."""
        self.lines, self._at = lines, at
        self.redraw()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return all there is to see."""
        if not self.lines:
            return self.least or super().full_range(plane)
        x = np.concatenate([self._across(line) for line in self.lines])
        y = np.concatenate([self._up(line.y) for line in self.lines])
        y = y[np.isfinite(y)] if np.isfinite(y).any() else np.zeros(1)
        if self.least is not None:
            x, y = np.append(x, self.least[0]), np.append(y, self.least[1])
        low, high = float(y.min()), float(y.max())
        room = ROOM * max(high - low, 1e-6)
        return (float(x.min()), float(x.max())), (low - room, high + room)

    def chose(self, at: QPointF) -> None:
        """Tell which place across was clicked."""
        self.chosen_at.emit(10.0 ** at.x() if self._powers else at.x())

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        self._cursor.setPen(pen(colour(self.style_.muted, 0.6), 1.0, Qt.PenStyle.DotLine))
        super().restyle()

    def items(self) -> Iterator[QGraphicsItem]:
        """Yield the lines, each over its band, and the place that is looked at."""
        if self._at is not None:
            at = np.log10(self._at) if self._powers else self._at
            yield pg.InfiniteLine(at, angle=90, pen=pen(colour(self.style_.text, 0.6)))
        for place, line in enumerate(self.lines):
            shade, x = ink(place), self._across(line)
            if line.error is not None:
                ends = [
                    self._up(np.clip(line.y + side * line.error, *self.within)) for side in (-2, 2)
                ]
                band = [pg.PlotCurveItem(x, end) for end in ends]
                yield pg.FillBetweenItem(*band, brush=colour(shade.color().name(), 0.2))
            yield Line(x, self._up(line.y), shade)
            if self._marked:
                yield dots(x, self._up(line.y), 7, shade.color(), pen(self.style_.background))

    def _across(self, line: LineSeries) -> Doubles:
        return np.log10(line.x) if self._powers else line.x

    def _up(self, y: Doubles) -> Doubles:
        if not self._steep:
            return y
        return np.log10(y, out=np.full_like(y, np.nan), where=y > 0)

    def write_heading(self) -> None:
        """Write the title and the legend, or the values of all lines under the mouse."""
        at = None if self._under is None else self._under.x()
        self._cursor.setVisible(at is not None)
        key = [(line.title, ink(place)) for place, line in enumerate(self.lines)]
        if at is None:
            self.plane.heading.tell(self._title, key if len(key) > 1 else [])
            return
        self._cursor.setValue(at)
        found = [
            f"{line.title} {number_format.figure(float(np.interp(at, self._across(line), line.y)))}"
            for line in self.lines
        ]
        where = 10.0**at if self._powers else at
        self.plane.heading.say(
            f"{number_format.figure(float(where))}: {', '.join(found)}", names=False
        )
