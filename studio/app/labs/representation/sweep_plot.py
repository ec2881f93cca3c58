"""Accuracy against a setting: a dot for each run and the range of each value; no curve goes
through noise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem

from pushforward.studio.app.charts.axis import value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.chart import Chart
from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.plot_plane import Plane, dots, pen
from pushforward.studio.app.labs.representation.encoder_sweep import SIGMA, Axis, Point

__all__ = ["SweepPlot"]

ROOM = 6.0
HINT = "Click a dot to open its run"


def _percent(values: Mapping[int, float]) -> dict[int, float]:
    return {seed: 100 * value for seed, value in values.items()}


class SweepPlot(Chart):
    """Columns of dots, one for each value, evenly spaced.

    Signals:
        opened: the run of the dot that was clicked.
    """

    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__(
            "Accuracy of the runs of a sweep",
            SIGMA.title.lower(),
            "accuracy, 1 label a class, %",
            marks=(self._marks, value_marks),
            least=(260, 200),
        )
        self.points: Sequence[Point] = ()
        self._axis = SIGMA
        self._line: tuple[str, float] | None = None
        self._chosen = ""
        self.restyle()

    def _marks(self, low: float, high: float, room: float) -> list[tuple[float, str]]:
        """Return its value as the name of each column."""
        return [(float(i), self._axis.format(each.at)) for i, each in enumerate(self.points)]

    def show_points(
        self, axis: Axis, points: Sequence[Point], line: tuple[str, float] | None, chosen: str
    ) -> None:
        """Show runs, a reference line with its name, and which run is selected."""
        points = [replace(each, values=_percent(each.values)) for each in points]
        line = (line[0], 100 * line[1]) if line is not None else None
        self._axis = axis
        self.plane.bottom.set_name(axis.title[:1].lower() + axis.title[1:])
        self.points, self._line, self._chosen = points, line, chosen
        self.redraw()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return all there is to see."""
        values = [value for each in self.points for value in each.values.values()]
        if not values:
            return super().full_range(plane)
        values += [self._line[1]] if self._line else []
        room = ROOM + 0.1 * (max(values) - min(values))
        return (-0.5, max(2, len(self.points)) - 0.5), (min(values) - room, max(values) + room)

    def chose(self, at: QPointF) -> None:
        """Open the run of the nearest dot."""
        if (found := self._nearest(at)) is not None:
            point, seed = found
            self.opened.emit(point.keys[seed])

    def _nearest(self, at: QPointF) -> tuple[Point, int] | None:
        column = round(at.x())
        if not 0 <= column < len(self.points):
            return None
        point = self.points[column]
        return point, min(point.values, key=lambda seed: abs(point.values[seed] - at.y()))

    def items(self) -> Iterator[QGraphicsItem]:
        """Yield the reference, and the dots of each value with their range and mean."""
        accent = self.style_.accent
        if self._line is not None:
            dashes = pen(self.style_.muted, 1.2, Qt.PenStyle.DashLine)
            yield pg.InfiniteLine(self._line[1], angle=0, pen=dashes)
        for column, each in enumerate(self.points):
            values = np.array(list(each.values.values()))
            bar = pen(colour(accent, 0.3), 8.0)
            ends = [float(values.min()), float(values.max())]
            if ends[0] < ends[1]:
                yield pg.PlotCurveItem([column, column], ends, pen=bar)
            selected = [key == self._chosen for key in each.keys.values()]
            brushes = [QColor(accent) if own else QColor(self.style_.background)
                       for own in selected]  # fmt: skip
            yield dots(np.full(len(values), float(column)), values, 9, brushes, pen(accent, 1.5))
            mean = np.array([column + 0.14]), np.array([each.mean])
            yield dots(*mean, 8, QColor(accent), pen(accent), "t3")

    def write_heading(self) -> None:
        """Write the reference, or the run under the mouse."""
        found = self._nearest(self._under) if self._under is not None else None
        if found is not None:
            point, seed = found
            value = f"{point.values[seed]:.1f}\u00a0%"
            at = f"{self._axis.symbol} = {self._axis.format(point.at)}"
            self.plane.heading.say(f"{at}, seed {seed}: {value}")
            return
        name = f"{self._line[0]} {self._line[1]:.1f}\u00a0%" if self._line else ""
        self.plane.heading.tell(f"Each dot is a run. Dashed: {name}" if name else HINT, [])
