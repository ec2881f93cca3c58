"""Figures over a number of calls: a curve a method, both axes logarithmic, with the floor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import power_marks
from pushforward.studio.app.charts.backdrop import colour
from pushforward.studio.app.charts.chart import Chart
from pushforward.studio.app.charts.curves import Curve
from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.line_styles import Named
from pushforward.studio.app.charts.plot_plane import Line, Plane, dots, pen
from pushforward.studio.app.charts.plot_style import CanvasStyle
from pushforward.studio.app.design.theme import colors
from pushforward.studio.app.text import number_format

__all__ = ["MARKS", "LadderPlot", "Rung", "floor_ink", "ink"]

Doubles = NDArray[np.float64]
MARKS = ("o", "s", "d", "t1", "x", "t")
DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)
ROOM = 0.06  # of an axis around what is drawn
MOST = 100.0  # floors: what is further off leaves the plot at its top


@dataclass(frozen=True, eq=False)
class Rung:
    """A method: ``place`` among all (colour, dash and marker), ``calls`` (m,), ``values`` (m,) and
    their standard deviations (m,), NaN for unknown.
    """

    place: int
    title: str
    calls: Doubles
    values: Doubles
    spread: Doubles

    @property
    def varies(self) -> bool:
        """Whether it is known how far the values vary."""
        return bool(np.isfinite(self.spread).any())

    @property
    def curves(self) -> list[Curve]:
        """The same for a file: the figures, and how far they vary, where that is known."""
        spread = f"{self.title}, one sigma"
        value = Curve(self.title, self.title, "", self.calls, self.values)
        known = [Curve(spread, spread, "", self.calls, self.spread)] if self.varies else []
        return [value, *known]


def ink(place: int, width: float = 1.6) -> QPen:
    """Return the pen of a place; green is left to the floor."""
    tokens = colors()
    shades = (tokens.accent, tokens.warm, tokens.danger, tokens.text, tokens.more[0], tokens.muted)
    return pen(shades[place % len(shades)], width, DASHES[place % len(DASHES)])


def floor_ink() -> QPen:
    """Return the pen of the floor."""
    return pen(colors().good, 1.2, Qt.PenStyle.DotLine)


class LadderPlot(Chart):
    """Shows some methods.

    Signals:
        chosen_at: the calls that were clicked.
    """

    chosen_at = Signal(float)

    def __init__(
        self,
        title: str,
        up: str,
        across: str = "network evaluations per sample (NFE)",
        unit: str = "evaluations",
        parent: QWidget | None = None,
    ) -> None:
        """``across`` is what is along the axis, in a ``unit``."""
        super().__init__(
            title,
            across,
            up,
            marks=(power_marks, power_marks),
            heading=bool(title),
            least=(190, 200),
            parent=parent,
        )
        self._unit, self._up, self.across = unit, up, across
        self.rungs: Sequence[Rung] = ()
        self._floor: tuple[float, float] | None = None
        self._at: float | None = None
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.setZValue(5)
        self.plane.keep(self._cursor)
        self.restyle()

    def show_metric(self, title: str, up: str) -> None:
        """Change the title and the name of the vertical axis."""
        self._up = up
        self.plane.left.set_name(up)
        self.name(title)

    @property
    def curves(self) -> list[Curve]:
        """The figures as curves, for a file, with the floor where there is one."""
        found = [curve for rung in self.rungs for curve in rung.curves]
        if self._floor is not None and found:
            ends = np.unique(np.concatenate([rung.calls for rung in self.rungs]))
            for title, value in zip(("floor", "floor, one sigma"), self._floor, strict=True):
                found.append(Curve(title, title, "", ends, np.full(len(ends), value)))
        return found

    @property
    def key(self) -> list[Named]:
        """Which line is which, in the colours of the theme in force."""
        named: list[Named] = [(rung.title, ink(rung.place)) for rung in self.rungs]
        return [*named, ("floor", floor_ink())] if self._floor is not None else named

    def on_paper(self) -> "LadderPlot":
        """Return the same without its title, and without what is looked at."""
        made = LadderPlot("", self._up, self.across, self._unit)
        made.show_rungs(self.rungs, self._floor, None)
        return made

    def show_rungs(
        self, rungs: Sequence[Rung], floor: tuple[float, float] | None, at: float | None
    ) -> None:
        """Show methods, the floor with its spread, and the calls that are looked at."""
        self.rungs, self._floor, self._at = rungs, floor, at
        self.redraw()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return all calls and values, as powers of ten."""
        calls = [c for rung in self.rungs for c in rung.calls]
        values = [v for rung in self.rungs for v in rung.values if v > 0]
        if self._floor is not None and self._floor[0] > 0:
            # What is far off would press all that matters onto the floor.
            floor = self._floor[0]
            values = [*(v for v in values if v <= MOST * floor), floor]
        if not calls or not values:
            return super().full_range(plane)
        return _around(np.log10(calls)), _around(np.log10(values))

    def chose(self, at: QPointF) -> None:
        """Tell which calls were clicked."""
        self.chosen_at.emit(10.0 ** at.x())

    def restyle(self) -> None:
        """Take on the colours of the theme."""
        self._cursor.setPen(pen(colour(self.style_.text, 0.6)))
        super().restyle()

    def items(self) -> Iterator[QGraphicsItem]:
        """Yield the floor and a curve of each method, and move the cursor."""
        self._cursor.setVisible(self._at is not None)
        if self._at is not None:
            self._cursor.setValue(np.log10(self._at))
        style = self.style_
        if self.rungs and self._floor is not None and self._floor[0] > 0:
            yield from _floor(self._floor, self.full_range(self.plane)[0], style)
        for rung in self.rungs:
            x, y, shade = np.log10(rung.calls), np.log10(rung.values), ink(rung.place)
            yield Line(x, y, shade)
            if rung.varies:
                low = np.log10(np.maximum(rung.values - rung.spread, 1e-3 * rung.values))
                high = np.log10(rung.values + rung.spread)
                bars = pen(QColor(shade.color()), 1.0)
                yield pg.ErrorBarItem(x=x, y=y, top=high - y, bottom=y - low, pen=bars)
            symbol = MARKS[rung.place % len(MARKS)]
            yield dots(x, y, 7, shade.color(), pen(style.background), symbol)

    def write_heading(self) -> None:
        """Write the title, or the value that is nearest to the mouse."""
        text, at = self._title, self._under
        if at is not None and self.rungs:
            (x0, x1), (y0, y1) = self.plane.seen
            wide, high = max(x1 - x0, 1e-9), max(y1 - y0, 1e-9)
            near = min(
                (
                    (abs(np.log10(c) - at.x()) / wide + abs(np.log10(v) - at.y()) / high, r, c, v)
                    for r in self.rungs
                    for c, v in zip(r.calls, r.values, strict=True)
                ),
                key=lambda each: each[0],
            )
            where = f"{number_format.figure(float(near[2]))} {self._unit}"
            text = f"{near[1].title}, {where}: {number_format.figure(float(near[3]))}"
        self.plane.heading.tell(text, [])


def _around(values: Doubles) -> Range:
    low, high = float(values.min()), float(values.max())
    room = ROOM * max(high - low, 0.1)
    return low - room, high + room


def _floor(
    floor: tuple[float, float], across: Range, style: CanvasStyle
) -> Iterator[QGraphicsItem]:
    """Draw the floor with two spreads on either side."""
    mean, spread = floor
    low, high = max(mean - 2 * spread, 0.05 * mean), mean + 2 * spread
    shade = colour(style.good, 0.14)
    yield pg.LinearRegionItem(
        (np.log10(low), np.log10(high)), orientation="horizontal", movable=False, brush=shade,
        pen=pg.mkPen(None),
    )  # fmt: skip
    yield Line(np.array(across), np.full(2, np.log10(mean)), floor_ink())
