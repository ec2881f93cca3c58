"""What one figure costs of another: a path over two axes, each stop of it with its setting."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem, QWidget

from pushforward.studio.app.charts.axis import marks_within
from pushforward.studio.app.charts.chart import Chart
from pushforward.studio.app.charts.cost_chart import ink
from pushforward.studio.app.charts.interactive_plot import Range
from pushforward.studio.app.charts.plot_plane import Line, Plane, dots, pen, word
from pushforward.studio.app.text import number_format

__all__ = ["SHARE", "SIZE", "Stop", "TradeoffPlot"]

Doubles = NDArray[np.float64]
Three = tuple[float, float, float]
SHARE: Range = (0.0, 1.0)
SIZE: Range = (0.0, math.inf)
"""Between what a share can be, and what has no upper end."""
ROOM = 0.08  # of an axis around what is drawn
LEAST = 0.2  # of an axis that is seen at least: less is no difference


@dataclass(frozen=True)
class Stop:
    """A setting with its two metrics: value, low and high; the value three times if the interval is
    unknown.
    """

    setting: float
    across: Three
    up: Three


class TradeoffPlot(Chart):
    """Shows stops in the order of their settings, the one that is looked at, and where real data
    are, by as much of that as is known.

    Signals:
        chosen_at: the setting of the stop that is nearest to a click.
    """

    chosen_at = Signal(float)

    def __init__(
        self,
        title: str,
        setting: str,
        across: str,
        up: str,
        within: tuple[Range, Range] = (SIZE, SIZE),
        parent: QWidget | None = None,
    ) -> None:
        """``setting`` is what changes from stop to stop; ``within`` between what figures across and
        up can be.
        """
        marks = marks_within(*within[0]), marks_within(*within[1])
        super().__init__(title, across, up, marks=marks, parent=parent)
        self._setting = setting
        self._names = across, up
        self.stops: Sequence[Stop] = ()
        self._real: tuple[float | None, float | None] = (None, None)
        self._at: float | None = None
        self._within = within
        self.restyle()

    def show_stops(
        self,
        stops: Sequence[Stop],
        at: float | None = None,
        real: tuple[float | None, float | None] = (None, None),
    ) -> None:
        """Show stops of rising settings, the setting that is looked at, and real data, across and
        up.
        """
        self.stops, self._at, self._real = stops, at, real
        self.redraw()

    def full_range(self, plane: Plane) -> tuple[Range, Range]:
        """Return all values there are, those of real data too."""
        if not self.stops:
            return super().full_range(plane)
        places = self._places()
        ends = [
            np.append(values, [] if real is None else [real])
            for values, real in zip(places, self._real, strict=True)
        ]
        across, up = (_around(*each) for each in zip(ends, self._within, strict=True))
        return across, up

    def chose(self, at: QPointF) -> None:
        """Tell which stop is nearest to the click."""
        if self.stops:
            self.chosen_at.emit(self._nearest(at).setting)

    def _places(self) -> tuple[Doubles, Doubles]:
        across = np.array([stop.across[0] for stop in self.stops])
        return across, np.array([stop.up[0] for stop in self.stops])

    def items(self) -> Iterator[QGraphicsItem]:
        """Yield the path, its stops with their names, and the values of real data."""
        if not self.stops:
            return
        style, shade = self.style_, ink(0)
        real = pen(style.good, 1.2, Qt.PenStyle.DotLine)
        for value, angle in zip(self._real, (90, 0), strict=True):
            if value is not None:
                yield pg.InfiniteLine(value, angle=angle, pen=real)
        x, y = self._places()
        low, high = (
            np.array([(stop.across[end], stop.up[end]) for stop in self.stops]) for end in (1, 2)
        )
        yield pg.ErrorBarItem(
            x=x, y=y, left=x - low[:, 0], right=high[:, 0] - x, bottom=y - low[:, 1],
            top=high[:, 1] - y, pen=pen(style.muted, 1.0),
        )  # fmt: skip
        yield Line(x, y, shade)
        seen = np.array([stop.setting == self._at for stop in self.stops])
        fills = [QColor(style.text if one else shade.color()) for one in seen]
        marks = dots(x, y, np.where(seen, 11, 7), fills, pen(style.background))
        marks.setZValue(30)  # over the ground of a name
        yield marks
        yield from self._named(x, y, seen)

    def _named(self, x: Doubles, y: Doubles, seen: NDArray[np.bool_]) -> Iterator[QGraphicsItem]:
        """Label the stops, the active one first, without overlaps."""
        (x0, x1), (y0, y1) = self.plane.seen
        wide, high = self.plane.size
        places = np.stack([(x - x0) / (x1 - x0) * wide, (y - y0) / (y1 - y0) * high], axis=1)
        taken: list[QRectF] = []
        for k in sorted(range(len(x)), key=lambda k: (not seen[k], k)):
            text = number_format.figure(self.stops[k].setting)
            # To the inner side, where an edge cuts nothing off.
            anchor = 1.1 if places[k, 0] > wide / 2 else -0.1, 1.0 if places[k, 1] < 30 else -0.1
            shade = self.style_.text if seen[k] else self.style_.muted
            ground = QColor(self.style_.background)
            made = word(text, shade, (float(x[k]), float(y[k])), anchor, ground)
            room = made.textItem.boundingRect()
            room.moveTo(
                places[k, 0] - anchor[0] * room.width(),
                high - places[k, 1] - anchor[1] * room.height(),
            )
            if not any(room.intersects(other) for other in taken):
                taken.append(room)
                yield made

    def _nearest(self, at: QPointF) -> Stop:
        (x0, x1), (y0, y1) = self.plane.seen
        x, y = self._places()
        away = np.hypot((x - at.x()) / (x1 - x0), (y - at.y()) / (y1 - y0))
        return self.stops[int(away.argmin())]

    def write_heading(self) -> None:
        """Write the title, or the values of the stop that is nearest to the mouse."""
        real = pen(self.style_.good, 1.2, Qt.PenStyle.DotLine)
        key = [("real data", real)] if self.stops and self._real != (None, None) else []
        if self._under is None or not self.stops:
            self.plane.heading.tell(self._title, key)
            return
        near = self._nearest(self._under)
        across, up = self._names
        text = (
            f"{self._setting} {number_format.figure(near.setting)}: "
            f"{up} {number_format.figure(near.up[0])}, "
            f"{across} {number_format.figure(near.across[0])}"
        )
        self.plane.heading.say(text, names=False)


def _around(values: Doubles, within: Range) -> Range:
    """Return what is seen of an axis: all values, at least `LEAST`, and room for the dots at its
    ends.
    """
    low, high = float(values.min()), float(values.max())
    lack = max(0.0, LEAST - (high - low)) / 2
    low, high = low - lack, high + lack
    if high > within[1]:
        low, high = low - (high - within[1]), within[1]
    if low < within[0]:
        low, high = within[0], high + (within[0] - low)
    room = ROOM * (high - low)
    return low - room, high + room
