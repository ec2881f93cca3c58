"""Accuracy against σ: a dot for each run and the range of each σ; no curve goes through noise."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem

from pushforward.studio.app.charts.axis import value_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.interactive_plot import Explored, Range
from pushforward.studio.app.charts.plot_plane import Plane, pen
from pushforward.studio.app.labs.representation.sigma_sweep import Point
from pushforward.studio.app.text import number_format

__all__ = ["SweepPlot"]

ROOM = 0.06
HINT = "Click a dot to open its run"


class SweepPlot(Explored):
    """Columns of dots, one for each σ, evenly spaced.

    Signals:
        opened: the run of the dot that was clicked.
    """

    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.points: Sequence[Point] = ()
        self._line: tuple[str, float] | None = None
        self._chosen = ""
        self.plane = self.add_plane(self._marks, value_marks, heading=True)
        self.plane.bottom.set_name("view noise σ")
        self.plane.left.set_name("1-label accuracy")
        self.setAccessibleName("Accuracy against view noise σ")
        self.setMinimumSize(QSize(260, 200))
        self.restyle()

    def _marks(self, low: float, high: float, room: float) -> list[tuple[float, str]]:
        """Return σ as the name of each column."""
        return [(float(i), f"{each.sigma:g}") for i, each in enumerate(self.points)]

    def show_points(
        self, points: Sequence[Point], line: tuple[str, float] | None, chosen: str
    ) -> None:
        """Show runs, a reference line with its name, and which run is selected."""
        self.points, self._line, self._chosen = points, line, chosen
        self.redraw()

    def whole(self, plane: Plane) -> tuple[Range, Range]:
        """Return all there is to see."""
        values = [value for each in self.points for value in each.values.values()]
        if not values:
            return super().whole(plane)
        values += [self._line[1]] if self._line else []
        room = ROOM + 0.1 * (max(values) - min(values))
        return (-0.5, max(2, len(self.points)) - 0.5), (min(values) - room, max(values) + room)

    def pointed(self, at: QPointF | None) -> None:
        """Say the run under the mouse."""
        found = self._nearest(at) if at is not None else None
        if found is None:
            self.plane.heading.say(HINT if self.points else "")
            return
        point, seed = found
        value = number_format.percent(point.values[seed], 1)
        self.plane.heading.say(f"σ = {point.sigma:g}, seed {seed}: {value}")

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

    def redraw(self) -> None:
        """Draw all anew."""
        if not self.planes:
            return
        across, up = self.whole(self.plane)
        self.plane.look_at(self.part or across, self.parts.get(self.plane, up))
        accent = self.style_.accent
        items: list[QGraphicsItem] = []
        if self._line is not None:
            dashes = pen(self.style_.muted, 1.2, Qt.PenStyle.DashLine)
            items.append(pg.InfiniteLine(self._line[1], angle=0, pen=dashes))
        for column, each in enumerate(self.points):
            values = np.array(list(each.values.values()))
            bar = pen(colour(accent, 0.3), 8.0)
            ends = [float(values.min()), float(values.max())]
            if ends[0] < ends[1]:
                items.append(pg.PlotCurveItem([column, column], ends, pen=bar))
            selected = [key == self._chosen for key in each.keys.values()]
            brushes = [QColor(accent) if own else QColor(self.style_.background)
                       for own in selected]  # fmt: skip
            items.append(
                pg.ScatterPlotItem(
                    np.full(len(values), float(column)), values, size=9, pen=pen(accent, 1.5),
                    brush=brushes, antialias=True, useCache=False,
                )
            )  # fmt: skip
            items.append(
                pg.ScatterPlotItem(
                    [column + 0.14], [each.mean], symbol="t3", size=8, pen=pen(accent, 1.0),
                    brush=QColor(accent), antialias=True, useCache=False,
                )
            )  # fmt: skip
        self.plane.draw(items)
        name = f"{self._line[0]} {number_format.percent(self._line[1], 1)}" if self._line else ""
        self.plane.heading.tell(f"Each dot is a run. Dashed: {name}" if name else HINT, [])
